import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MyDhtError } from '../../src/errors.ts'
import { define } from '../../src/service/define.ts'
import type { Ended, Handle } from '../../src/service/handle.ts'
import type { Service } from '../../src/service/service.ts'
import { coroutine } from '../../src/service/spawners/coroutine.ts'
import { inline } from '../../src/service/spawners/inline.ts'
import { restart } from '../../src/service/spawners/restart.ts'
import { supervise, type SuperviseOptions } from '../../src/service/supervisor.ts'
import type { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { world } from './world.ts'

/** Sums up; a negative number makes it throw. */
const sum = define({
  name: 'sum',
  module: import.meta.url,
  sync: true,
  restartable: true,
  create: (_: undefined, _parts, saved?: number): Service<number, number, number> => {
    let total = saved ?? 0
    return {
      handle: (value, emit) => {
        if (value < 0) throw new Error(`told ${value}`)
        total += value
        emit(total)
      },
      save: () => total,
    }
  },
})

interface Bench {
  readonly clock: VirtualClock
  readonly seen: number[]
  readonly spawns: number[]
  readonly handle: Handle<number, number, number>
}

function bench(
  spawner: typeof inline | typeof coroutine | typeof restart,
  options: SuperviseOptions<number, number> = {},
  bounds: { readonly queueLimit?: number } = {}
): Bench {
  const { clock, parts } = world()
  const seen: number[] = []
  const spawns: number[] = []
  const destination = { send: (total: number) => seen.push(total) > 0 }
  const spawn = (saved: number | undefined): Handle<number, number, number> => {
    spawns.push(clock.monotonicMs())
    return spawner(bounds).spawn(sum, undefined, parts, destination, saved)
  }
  return { clock, seen, spawns, handle: supervise(spawn, parts, { name: 'sum', ...options }) }
}

test('what the first spawn throws is thrown by supervise', () => {
  const { parts } = world()
  const spawn = (): Handle<number, number> => {
    throw new Error('no such thing')
  }
  assert.throws(() => supervise(spawn, parts), /no such thing/)
})

test('a failed service is restarted with growing delays, and a service that keeps failing is given up with the reason', async () => {
  const reasons: string[] = []
  const delays: (number | undefined)[] = []
  const options = {
    firstDelayMs: 10,
    maxDelayMs: 30,
    maxRestarts: 3,
    onGiveUp: (reason: MyDhtError) => reasons.push(reason.message),
    onFailure: (_: Ended<number, number>, delayMs: number | undefined) => delays.push(delayMs),
  }
  const { clock, handle, spawns } = bench(inline, options)
  for (let i = 0; i < 4; i++) {
    handle.send(-1)
    await clock.advance(100)
  }
  assert.deepEqual(spawns, [0, 10, 120, 230])
  assert.deepEqual(delays, [10, 20, 30, undefined])
  assert.equal(reasons.length, 1)
  assert.match(reasons[0] ?? '', /told -1/)
  assert.equal(handle.state, 'failed')
  assert.equal(handle.send(1), false)
  await assert.rejects(handle.call(1), (error) => MyDhtError.is(error, 'MYDHT_SERVICE_FAILED'))
  await assert.rejects(handle.drained(new AbortController().signal), (error) =>
    MyDhtError.is(error, 'MYDHT_SERVICE_FAILED')
  )
})

test('failures that are further apart than the window do not add up', async () => {
  const { clock, handle } = bench(inline, { firstDelayMs: 10, maxRestarts: 1, windowMs: 1000 })
  for (let i = 0; i < 5; i++) {
    handle.send(-1)
    await clock.advance(1001)
  }
  assert.equal(handle.state, 'running')
  assert.equal(handle.stats().restarts, 5)
})

test('calls under way and calls while it is down are rejected at once', async () => {
  const { clock, handle } = bench(coroutine)
  const calls = Promise.allSettled([handle.call(-1), handle.call(1)])
  await clock.advance(0)
  for (const result of await calls) {
    assert.equal(result.status === 'rejected' && MyDhtError.is(result.reason, 'MYDHT_SERVICE_FAILED'), true)
  }
  assert.equal(handle.state, 'suspended')
  await assert.rejects(handle.call(1), (error) => MyDhtError.is(error, 'MYDHT_SERVICE_FAILED'))
})

test('commands that waited come first after the restart, in order, and the one that failed is not tried again', async () => {
  const { clock, handle, seen } = bench(coroutine, { firstDelayMs: 10 })
  for (const value of [1, -1, 2, 3]) handle.send(value)
  await clock.advance(0)
  assert.equal(handle.send(4), true)
  assert.equal(handle.stats().queued, 3)
  await clock.advance(10)
  handle.send(5)
  await clock.advance(0)
  assert.deepEqual(seen, [1, 2, 5, 9, 14])
  assert.equal(handle.stats().handled, 5)
})

test('what waited for a restart arrives in order through a smaller queue', async () => {
  const { clock, handle, seen } = bench(coroutine, { firstDelayMs: 10, queueLimit: 20 }, { queueLimit: 2 })
  handle.send(-1)
  await clock.advance(0)
  for (let i = 0; i < 20; i++) assert.equal(handle.send(1), true)
  assert.equal(handle.send(1), false)
  const room = handle.drained(new AbortController().signal)
  await clock.advance(10)
  await room
  assert.deepEqual(
    seen,
    Array.from({ length: 20 }, (_, i) => i + 1)
  )
})

test('repeated failures never let more commands wait than the bounds together', async () => {
  const { clock, handle } = bench(coroutine, { firstDelayMs: 10, maxRestarts: 50, queueLimit: 5 }, { queueLimit: 5 })
  for (let i = 0; i < 20; i++) {
    while (handle.send(-1));
    assert.ok(handle.stats().queued <= 10, `${handle.stats().queued} wait`)
    await clock.advance(10)
  }
})

test('a saved state outlives the failure, where the spawner saves', async () => {
  const { clock, handle, seen } = bench(restart, { firstDelayMs: 10 })
  handle.send(40)
  await clock.advance(0)
  handle.send(-1)
  await clock.advance(10)
  handle.send(2)
  await clock.advance(0)
  assert.deepEqual(seen, [40, 42])
})

test('a restart that cannot be made counts as a failure', async () => {
  const { clock, parts } = world()
  let spawns = 0
  const reasons: MyDhtError[] = []
  const spawn = (): Handle<number, number, number> => {
    if (spawns++ > 0) throw new Error('gone')
    return inline().spawn(sum, undefined, parts, { send: () => true })
  }
  const handle = supervise(spawn, parts, { maxRestarts: 2, onGiveUp: (reason) => reasons.push(reason) })
  handle.send(-1)
  handle.send(1)
  await clock.runUntilIdle()
  assert.equal(spawns, 3)
  assert.match(reasons[0]?.message ?? '', /could not be restarted: gone/)
  assert.deepEqual((await handle.close()).notSent, [1])
})

test('closing while it is down ends the restarts and gives back what waited', async () => {
  const { clock, handle, spawns } = bench(coroutine, { firstDelayMs: 10 })
  for (const value of [-1, 1]) handle.send(value)
  await clock.advance(0)
  handle.send(2)
  const closed = handle.close()
  assert.equal(handle.close(), closed)
  assert.deepEqual((await closed).notSent, [1, 2])
  assert.equal(handle.state, 'ended')
  await clock.runUntilIdle()
  assert.equal(spawns.length, 1)
  assert.equal(handle.send(3), false)
})

test('closing while it runs closes the service', async () => {
  const { clock, handle } = bench(coroutine)
  handle.send(1)
  await clock.advance(0)
  handle.send(2)
  assert.deepEqual(await handle.close(), { saved: 1, notSent: [2], failedOn: [], maybeHandled: [], failure: undefined })
  await assert.rejects(handle.call(1), (error) => MyDhtError.is(error, 'MYDHT_SERVICE_ENDED'))
})

test('a sender that waits for a full service goes on waiting through its failure', async () => {
  const { clock, handle } = bench(coroutine, { firstDelayMs: 10, queueLimit: 1 }, { queueLimit: 1 })
  handle.send(-1)
  let settled = false
  const room = handle.drained(new AbortController().signal).then(() => (settled = true))
  await clock.advance(0)
  assert.equal(handle.state, 'suspended')
  await room
  assert.equal(settled, true)
})
