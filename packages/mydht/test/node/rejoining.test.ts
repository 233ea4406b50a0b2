/** A node that starts again finds its network from the peers that it kept: also when they were away, when their records are dead, and when all start at once. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { NodeConfig } from '../../src/node/config.ts'
import { seededRandom } from '../../src/random.ts'
import { kademlia } from '../../src/routes/kademlia.ts'
import { createMemoryStore } from '../../src/stores/memory.ts'
import type { StorePart } from '../../src/stores/store.ts'
import { virtualClock, type VirtualClock } from '../../src/testing/virtual-clock.ts'
import { memory, memoryNetwork, type MemoryNetwork } from '../../src/transports/memory.ts'
import { driven, makeNode, offline, online, reachable, value, type TestNode } from './rig.ts'

/** A store that outlives those who close it, as a disk does. */
function disk(clock?: VirtualClock): StorePart {
  const store = createMemoryStore({})({ clock: clock ?? virtualClock() })
  return value(() => ({ ...store, close: () => Promise.resolve() }))
}

/** Starts one and the same node: a number, an identity and a name. */
function starter(t: TestContext, network: MemoryNetwork, common: Partial<NodeConfig> = {}) {
  return (index: number, config: Partial<NodeConfig> = {}): Promise<TestNode> =>
    makeNode(t, memory({ network, name: `node-${index}` }), {
      seed: seededRandom(index).bytes(32),
      ...common,
      ...config,
      limits: { ...common.limits, ...config.limits },
    })
}

/** Two nodes that met and ended. */
async function met(
  start: ReturnType<typeof starter>,
  store: StorePart,
  drive = <T>(wait: Promise<T>) => wait
): Promise<string> {
  const other = await drive(start(2))
  const one = await drive(start(1, { peerStore: { store } }))
  await drive(one.connect(other.address))
  await drive(one.events.first(reachable(other.id)))
  await drive(one.close())
  await drive(other.close())
  return other.id
}

test('who was away when a node looked for it is not forgotten, in this run nor in the next', async (t) => {
  const start = starter(t, memoryNetwork(), { limits: { backOffFirstMs: 1, backOffMaxMs: 20 } })
  const store = disk()
  const id = await met(start, store)
  const config = { peerStore: { store }, wantedConnections: 1 }
  for (let run = 0; run < 2; run++) {
    const alone = await start(1, config)
    while ((await alone.stats()).counters.dials < 2) await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(await alone.peers.known(), [], 'who does not answer is named to nobody')
    assert.equal((await alone.peers.stats()).former, 1)
    await alone.close()
  }
  const again = await start(1, config)
  while ((await again.stats()).counters.dials < 1) await new Promise((resolve) => setImmediate(resolve))
  await start(2)
  await again.events.first(online(id))
  assert.equal((await again.peers.stats()).former, 0)
})

test('the only peer of a node goes away and comes back: it is dialled again, without a store and without being told', async (t) => {
  const start = starter(t, memoryNetwork(), { limits: { backOffFirstMs: 1, backOffMaxMs: 20 } })
  const other = await start(2)
  const one = await start(1, { join: [other.address], wantedConnections: 1 })
  await one.events.first(reachable(other.id))
  await other.close()
  await one.events.first(offline(other.id))
  while ((await one.peers.stats()).former === 0) await new Promise((resolve) => setImmediate(resolve))
  await start(2)
  await one.events.atLeast(2, online(other.id))
})

test('a node that was off for a week finds those that it knew, though their records are dead; after the time to remember it does not', async (t) => {
  for (const [days, finds] of [
    [7, true],
    [40, false],
  ] as const) {
    const clock = virtualClock()
    const drive = <T>(wait: Promise<T>): Promise<T> => driven(clock, wait)
    const start = starter(t, memoryNetwork(), { clock, limits: { upkeepMs: 1000 } })
    const store = disk(clock)
    const id = await met(start, store, drive)
    await clock.advance(days * 86_400_000)
    const other = await drive(start(2))
    const again = await drive(start(1, { peerStore: { store }, wantedConnections: 1 }))
    if (finds) await drive(again.events.first(online(id)))
    else await clock.advance(60_000)
    assert.equal((await drive(again.peers.connected())).length, finds ? 1 : 0)
    assert.equal((await drive(again.stats())).counters.dials, finds ? 1 : 0)
    for (const node of [again, other]) await drive(node.close())
  }
})

test('of peers that stay connected longer than a record lives the newest record is kept, and named to others', async (t) => {
  const clock = virtualClock()
  const drive = <T>(wait: Promise<T>): Promise<T> => driven(clock, wait)
  const limits = { upkeepMs: 1000, recordLifetimeMs: 60_000, recordRenewMs: 15_000 }
  const start = starter(t, memoryNetwork(), { clock, limits, route: kademlia() })
  const store = disk(clock)
  const other = await drive(start(2))
  const one = await drive(start(1, { peerStore: { store, rememberMs: 1 }, join: [other.address] }))
  await drive(one.events.first(reachable(other.id)))
  await clock.advance(150_000)
  assert.deepEqual(
    (await drive(one.peers.known())).map(({ id }) => id),
    [other.id]
  )
  // The route names it by a record that is alive, too.
  const third = await drive(start(3, { join: [one.address] }))
  await drive(third.events.first(online(other.id)))
  await drive(one.close())
  const again = await drive(start(1, { peerStore: { store, rememberMs: 1 } }))
  await drive(again.events.first(online(other.id)))
  for (const node of [again, third, other]) await drive(node.close())
})

test('a node whose only join address is dead starts all the same if it knows others, and not if it knows none', async (t) => {
  const start = starter(t, memoryNetwork())
  const store = disk()
  const id = await met(start, store)
  await start(2)
  const join = ['memory://nobody-here']
  await assert.rejects(start(1, { peerStore: { store: disk() }, join, wantedConnections: 1 }))
  const again = await start(1, { peerStore: { store }, join, wantedConnections: 1 })
  await again.events.first(online(id))
})

test('with a table of contacts all that were kept are looked after, not only the few that a node connects to first', async (t) => {
  const start = starter(t, memoryNetwork(), { route: kademlia({ lookups: false }) })
  const store = disk()
  const others = await Promise.all(Array.from({ length: 12 }, (_, i) => start(i + 2)))
  const one = await start(1, { peerStore: { store } })
  for (const other of others) {
    await one.connect(other.address)
    await one.events.first(reachable(other.id))
  }
  await one.close()
  for (const other of others) await other.events.first(offline(one.id))
  const again = await start(1, { peerStore: { store } })
  while ((await again.peers.connected()).length + (await again.stats()).counters.probes < others.length)
    await new Promise((resolve) => setImmediate(resolve))
})
