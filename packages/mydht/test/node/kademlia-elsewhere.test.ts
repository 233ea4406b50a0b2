/** The route `kademlia`, whose searches and held records go between services, with these in other threads and processes. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { kv } from '../../src/apps/kv/kv.ts'
import type { NodeEvent } from '../../src/node/config.ts'
import { createNode } from '../../src/node/node.ts'
import { kademlia } from '../../src/routes/kademlia.ts'
import type { Spawner } from '../../src/service/spawner.ts'
import { pool } from '../../src/service/spawners/pool.ts'
import { process } from '../../src/service/spawners/process.ts'
import { thread } from '../../src/service/spawners/thread.ts'
import { tcp } from '../../src/transports/tcp.ts'
import { quick, reachable, watched } from './rig.ts'

const copies = 3

async function makePlaced(t: TestContext, placement: Readonly<Record<string, Spawner>>, join: readonly string[]) {
  const events = watched<NodeEvent>()
  const node = await createNode({
    transport: tcp(),
    route: kademlia(),
    apps: { kv: kv({ replicas: copies, limits: { searchWidth: copies } }) },
    limits: quick,
    placement,
    join,
    onEvent: events.push,
  })
  t.after(() => node.close())
  return { node, events }
}

function besideMain(spawner: Spawner): Readonly<Record<string, Spawner>> {
  return Object.fromEntries(['read', 'write', 'api', 'auth', 'peerStore', 'kv.global'].map((name) => [name, spawner]))
}

for (const [name, place] of [
  ['every service but main in threads', () => besideMain(thread({ lingerMs: 1000 }))],
  ['every service but main in a pool', () => besideMain(pool(2))],
  ['the whole node in a thread', () => ({ main: thread() })],
  ['the whole node in a process', () => ({ main: process() })],
] as const) {
  test(`${name}: nodes find those that nobody told them, and records are held, found and provided`, async (t) => {
    const first = await makePlaced(t, place(), [])
    const others = [1, 2, 3].map(() => makePlaced(t, place(), [first.node.address]))
    const all = [first, ...(await Promise.all(others))]
    // Who joined the first one only hears of the others by a search of its own, or is dialled by one that has.
    for (const { node, events } of all)
      for (const other of all) if (other.node !== node) await events.first(reachable(other.node.id))
    const { key, holders } = await first.node.kv.put('held elsewhere')
    assert.equal(holders?.acknowledged, copies)
    const last = all.at(-1)
    assert.ok(last)
    assert.equal(await last.node.kv.getText(key, { quorum: 2, local: false }), 'held elsewhere')
    await last.node.kv.provide(key)
    const found = []
    for await (const { provider } of first.node.kv.providers(key)) found.push(provider)
    assert.deepEqual(found, [last.node.id])
  })
}
