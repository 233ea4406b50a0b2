/** @module test/apps/app-store: calls that wait for a store to open, and changes that wait for the disk. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openAppStore, type AppStore } from '../../src/apps/app-store.ts'
import { MyDhtError } from '../../src/errors.ts'
import { part } from '../../src/part.ts'
import { createMemoryStore } from '../../src/stores/memory.ts'
import type { Store } from '../../src/stores/store.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'

/** An app's store whose opening and flushes the test settles; what happens is written down. `room`: how often the service's queue takes a command. */
function rig(room: () => boolean = () => true) {
  const clock = virtualClock()
  const said: string[] = []
  let waiting = 0
  let open: (store: Store) => void = () => {}
  let refuse: (error: unknown) => void = () => {}
  const opening = new Promise<Store>((resolve, reject) => {
    open = resolve
    refuse = reject
  })
  const app: AppStore = openAppStore({
    part: part(import.meta.url, 'none', undefined, () => () => opening),
    clock,
    log: () => {},
    self() {
      if (!room()) return false
      waiting++
      return true
    },
    opened: () => said.push('opened'),
    fail: (call, code) => said.push(`${call} ${code}`),
  })
  return {
    app,
    said,
    clock,
    memory: (change: Partial<Store> = {}): Store => ({ ...createMemoryStore({})({ clock }), ...change }),
    open: (store: Store): void => open(store),
    refuse: (error: unknown): void => refuse(error),
    /** Settles promises and the clock, then handles the commands that came. */
    handle: async (): Promise<void> => {
      await clock.advance(0)
      for (; waiting > 0; waiting--) app.settled()
    },
  }
}

const noop = new Uint8Array(1)

test('a store that does not open fails the calls that wait with its own code, and throws, so that the service is restarted', async () => {
  const { app, said, refuse, handle } = rig()
  app.whenOpen(1, () => said.push('1 ran'))
  app.whenOpen(2, () => said.push('2 ran'))
  app.cancel(2)
  refuse(new MyDhtError('MYDHT_STORE_LOCKED', 'somebody has it'))
  await assert.rejects(handle(), (error) => MyDhtError.is(error, 'MYDHT_STORE_LOCKED'))
  assert.deepEqual(said, ['1 MYDHT_STORE_LOCKED'])
  await app.close()
})

test('one that opens and is damaged fails them too', async () => {
  const { app, said, memory, open, handle } = rig()
  app.whenOpen(1, () => said.push('1 ran'))
  open(memory({ loaded: Promise.reject(new MyDhtError('MYDHT_STORE_DAMAGED', 'a hole')) }))
  await assert.rejects(handle(), (error) => MyDhtError.is(error, 'MYDHT_STORE_DAMAGED'))
  assert.deepEqual(said, ['1 MYDHT_STORE_DAMAGED'])
})

test('until it is open the store is empty and takes nothing; then the calls that waited run, in order', async () => {
  const { app, said, memory, open, handle } = rig()
  for (const call of [1, 2, 3]) app.whenOpen(call, () => said.push(`${call} ran`))
  app.cancel(2)
  assert.equal(app.store.put('a', noop, Infinity), 'busy')
  assert.deepEqual([app.store.get('a'), app.store.delete('a'), [...app.store.entries()]], [undefined, false, []])
  open(memory())
  await handle()
  assert.deepEqual(said, ['opened', '1 ran', '3 ran'])
  assert.equal(app.store.put('a', noop, Infinity), 'stored')
  app.whenOpen(4, () => said.push('4 ran'))
  assert.equal(said.at(-1), '4 ran')
})

test('while the service’s queue is full the news is tried again each turn', async () => {
  let tries = 0
  const { app, said, memory, open, handle } = rig(() => ++tries > 3)
  app.whenOpen(1, () => said.push('1 ran'))
  open(memory())
  await handle()
  assert.equal(tries, 4)
  assert.deepEqual(said, ['opened', '1 ran'])
})

test('what waits for the disk runs when it has it, and fails when it refuses', async () => {
  const { app, said, memory, open, handle } = rig()
  let flushed: () => void = () => {}
  let isBroken = false
  open(
    memory({
      flush: () => (isBroken ? Promise.reject(new Error('no space')) : new Promise((resolve) => (flushed = resolve))),
    })
  )
  await handle()
  app.whenDurable(1, () => said.push('1 durable'))
  await handle()
  assert.deepEqual(said, ['opened'])
  flushed()
  await handle()
  isBroken = true
  app.whenDurable(2, () => said.push('2 durable'))
  await handle()
  assert.deepEqual(said, ['opened', '1 durable', '2 MYDHT_STORE_FAILED'])
})

test('a service that has closed is not sent to itself any more, and a store that opens later is closed', async () => {
  const { app, said, memory, open, handle } = rig()
  let isClosed = false
  const store = memory({
    close: async () => {
      isClosed = true
    },
  })
  app.whenOpen(1, () => said.push('1 ran'))
  const closing = app.close()
  open(store)
  await closing
  await handle()
  assert.equal(isClosed, true)
  assert.deepEqual(said, [])
})
