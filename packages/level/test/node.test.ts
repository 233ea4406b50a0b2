/** @module test/node: nodes whose values and peers lie on disk. */
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { createNode, MyDhtError, part, realise, type Store, type StorePart } from 'mydht'
import { kv, type KvOptions } from 'mydht/apps/kv'
import { process as childProcess } from 'mydht/service/process'
import { thread } from 'mydht/service/thread'
import { memory } from 'mydht/transports/memory'
import { level, type Database } from 'mydht-level'
import { changed, freshFolder, open } from './folder.ts'

function nodeOn(options: KvOptions) {
  return createNode({ transport: memory(), apps: { kv: kv(options) } })
}

const has =
  (code: string) =>
  (error: unknown): boolean =>
    MyDhtError.is(error) && error.code === code

interface Write {
  readonly puts: number
  settle(error?: Error): void
}

/** A backend whose durable writes wait for the test, one after the other. */
function gatedWrites() {
  const writes: Write[] = []
  let isOpen = false
  let arrived: () => void = () => {}
  const gated = (database: Database): Database => ({
    ...database,
    async write(operations, durable) {
      if (durable && !isOpen) {
        await new Promise<void>((resolve, reject) => {
          writes.push({ puts: operations.length - 1, settle: (error) => (error ? reject(error) : resolve()) })
          arrived()
        })
      }
      await database.write(operations, durable)
    },
  })
  return {
    backend: changed(gated),
    async next(): Promise<Write> {
      for (;;) {
        const write = writes.shift()
        if (write) return write
        await new Promise<void>((resolve) => (arrived = resolve))
      }
    },
    open() {
      isOpen = true
    },
  }
}

test('a node does not start on a folder that is locked, damaged, or somebody else’s: createNode says which', async () => {
  const folder = freshFolder()
  const store = level({ folder, lockWaitMs: 0 })
  const holder = await open({ folder })
  await assert.rejects(nodeOn({ store }), has('MYDHT_STORE_LOCKED'))
  holder.put('a', Uint8Array.of(1), Infinity)
  await holder.close()
  rmSync(path.join(folder, 'records', 'CURRENT'))
  await assert.rejects(nodeOn({ store }), has('MYDHT_STORE_DAMAGED'))
  await assert.rejects(
    createNode({ transport: memory(), peerStore: { store: level({ folder, lockWaitMs: 0 }) } }),
    has('MYDHT_STORE_DAMAGED')
  )
})

test('an unknown meaning of acknowledged is refused at once', () => {
  const options = { acknowledged: 'tape' } as unknown as KvOptions
  assert.throws(() => kv(options), has('MYDHT_BAD_CONFIG'))
})

test('values outlive the node, whatever acknowledged means; removed ones stay removed', async () => {
  for (const acknowledged of ['memory', 'disk'] as const) {
    const options = { store: level({ folder: freshFolder() }), acknowledged }
    const node = await nodeOn(options)
    const { key } = await node.kv.put('on disk')
    const { key: gone } = await node.kv.put('not for long')
    await node.kv.remove(gone)
    await node.close()
    await using again = await nodeOn(options)
    assert.equal(await again.kv.getText(key), 'on disk')
    assert.equal(await again.kv.get(gone), undefined)
  }
})

test('acknowledged on disk: puts settle with the durable write that they share, and reject when the disk refuses', async () => {
  const gate = gatedWrites()
  const node = await nodeOn({ store: level({ folder: freshFolder(), backend: gate.backend }), acknowledged: 'disk' })
  let settled = 0
  const puts = Array.from({ length: 20 }, (_, i) => node.kv.put(`value ${i}`).then(() => settled++))
  const first = await gate.next()
  // Asked behind all of them, and answered before any.
  assert.equal((await node.kv.stats()).records, 20)
  assert.equal(settled, 0)
  // The first batch began when the first put waited; at most one more holds what came behind it.
  first.settle()
  if (first.puts < 20) (await gate.next()).settle()
  await Promise.all(puts)

  const refused = assert.rejects(node.kv.put('too much'), has('MYDHT_STORE_FAILED'))
  ;(await gate.next()).settle(new Error('no space left'))
  await refused
  gate.open()
  await node.close()
})

test('an app that fails opens its store again, and finds what it kept', async () => {
  const folder = freshFolder()
  let failures = 1
  const failing: StorePart = part(import.meta.url, 'failing', undefined, () => async (parts) => {
    const store: Store = await realise(level({ folder }))(parts)
    return {
      ...store,
      get(key: string) {
        if (failures-- > 0) throw new Error('once')
        return store.get(key)
      },
    }
  })
  await using node = await createNode({ transport: memory(), apps: { kv: kv({ store: failing }) } })
  failures = 0
  const { key } = await node.kv.put('kept')
  failures = 1
  await assert.rejects(node.kv.get(key), has('MYDHT_SERVICE_FAILED'))
  assert.equal(await node.kv.getText(key), 'kept')
})

test('peers that proved themselves outlive the node: it dials them again without being told', async () => {
  const folder = freshFolder()
  const store = level({ folder, namespace: 'peers' })
  await using other = await createNode({ transport: memory() })
  const first = await createNode({ transport: memory(), peerStore: { store }, join: [other.address] })
  assert.deepEqual(
    (await first.peers.known()).map(({ id }) => id),
    [other.id]
  )
  await first.close()

  let met: (peer: string) => void = () => {}
  const meeting = new Promise<string>((resolve) => (met = resolve))
  await using again = await createNode({
    transport: memory(),
    peerStore: { store },
    wantedConnections: 1,
    onEvent: (event) => event.type === 'peer-online' && met(event.peer),
  })
  assert.equal(await meeting, other.id)
  await again.close()
  await using stranger = await createNode({ transport: memory(), network: 'another', peerStore: { store } })
  assert.deepEqual(await stranger.peers.known(), [])
})

test('values and peers on disk, their services in a process and a thread of their own', async () => {
  const folder = freshFolder()
  const start = () =>
    createNode({
      transport: memory(),
      apps: { kv: kv({ store: level({ folder, lockWaitMs: 0 }), acknowledged: 'disk' }) },
      peerStore: { store: level({ folder, namespace: 'peers' }) },
      placement: { 'kv.global': childProcess(), peerStore: thread() },
    })
  const node = await start()
  const { key } = await node.kv.put('elsewhere')
  await assert.rejects(start(), has('MYDHT_STORE_LOCKED'))
  await node.close()
  await using again = await start()
  assert.equal(await again.kv.getText(key), 'elsewhere')
})
