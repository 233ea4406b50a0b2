/** A route that keeps contacts, inside real nodes: dials on demand, and a bounded number of connections that nobody uses. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { flood } from '../../src/routes/flood.ts'
import { kademlia } from '../../src/routes/kademlia.ts'
import { kinds, makeNode, offline, online, reachable, type TestNode } from './rig.ts'

const route = kademlia({ lookups: false })

/** Two nodes that a third has dialled and forgotten to be connected to. */
async function lapsed(hub: TestNode, others: readonly TestNode[]): Promise<void> {
  for (const other of others) {
    await other.connect(hub.address)
    await hub.events.first(reachable(other.id))
    await hub.disconnect(other.id)
    await hub.events.first(offline(other.id))
  }
}

describe('dials on demand', () => {
  test('a contact that is gone for good is passed over, and a query that finds nobody ends', async (t) => {
    const transport = kinds.memory()
    const hub = await makeNode(t, transport(), { route })
    const [gone, holder] = [await makeNode(t, transport(), { route }), await makeNode(t, transport(), { route })]
    await lapsed(hub, [gone, holder])
    await gone.close()
    const asker = await makeNode(t, transport(), { route, join: [hub.address] })
    const { key } = await holder.kv.put('still here')
    assert.equal(await asker.kv.getText(key, { hops: 2 }), 'still here')
    const { key: nowhere } = await asker.kv.put('nowhere else')
    assert.equal(await asker.kv.getText(nowhere, { hops: 2, local: false }), undefined)
  })

  test('a query goes to contacts that are not connected; with a flood it does not', async (t) => {
    for (const [each, found] of [
      [route, 'far away'],
      [flood(), undefined],
    ] as const) {
      const transport = kinds.memory()
      const hub = await makeNode(t, transport(), { route: each })
      const holder = await makeNode(t, transport(), { route: each })
      await lapsed(hub, [holder])
      const asker = await makeNode(t, transport(), { route: each, join: [hub.address] })
      const { key } = await holder.kv.put('far away')
      for (const mode of ['proxied', 'direct'] as const)
        assert.equal(await asker.kv.getText(key, { mode, hops: 2 }), found)
    }
  })

  test('one question has limits.maxRouteDials contacts dialled, and no more', async (t) => {
    const transport = kinds.memory()
    const hub = await makeNode(t, transport(), { route, limits: { maxRouteDials: 2 } })
    const gone = await Promise.all([1, 2, 3, 4, 5].map(() => makeNode(t, transport(), { route })))
    await lapsed(hub, gone)
    await Promise.all(gone.map((node) => node.close()))
    const { counters } = await hub.stats()
    const { key } = await hub.kv.put('nobody else has it')
    assert.equal(await hub.kv.getText(key, { mode: 'proxied', local: false }), undefined)
    assert.equal((await hub.stats()).counters.dials - counters.dials, 2)
  })

  test('an asker dials what it knows itself', async (t) => {
    const transport = kinds.tcp()
    const asker = await makeNode(t, transport(), { route })
    const holder = await makeNode(t, transport(), { route })
    await lapsed(asker, [holder])
    const { key } = await holder.kv.put('one dial away')
    assert.equal(await asker.kv.getText(key), 'one dial away')
    assert.deepEqual(
      (await asker.peers.connected()).map(({ id }) => id),
      [holder.id]
    )
  })
})

describe('connections that nobody uses', () => {
  test('those too many are ended, the longest unused first; what the program asked for stays', async (t) => {
    const transport = kinds.memory()
    const hub = await makeNode(t, transport(), { route, limits: { maxIdleConnections: 3, idleMs: 30 } })
    const asked = await makeNode(t, transport(), { route })
    await hub.connect(asked.address)
    const others: TestNode[] = []
    for (let i = 0; i < 5; i++) {
      const other = await makeNode(t, transport(), { route })
      await other.connect(hub.address)
      await hub.events.first(reachable(other.id))
      others.push(other)
    }
    await hub.events.atLeast(3, ({ type }) => type === 'peer-offline')
    const leavers = hub.events.all.filter((event) => event.type === 'peer-offline')
    assert.equal(leavers.length, 3)
    const left = new Set((await hub.peers.connected()).map(({ id }) => id))
    assert.equal(left.size, 3)
    assert.ok(left.has(asked.id))
    assert.ok(leavers.every(({ code }) => code === ''))
    // Who was ended can be used again at once.
    const first = others.find(({ id }) => !left.has(id))
    assert.ok(first)
    const { key } = await first.kv.put('after the end')
    assert.equal(await hub.kv.getText(key, { fanOut: 6 }), 'after the end')
  })

  test('a flood keeps all of its connections', async (t) => {
    const transport = kinds.memory()
    const hub = await makeNode(t, transport(), { limits: { maxIdleConnections: 1, idleMs: 1 } })
    for (let i = 0; i < 3; i++) {
      const other = await makeNode(t, transport())
      await other.connect(hub.address)
      await hub.events.first(reachable(other.id))
    }
    assert.equal((await hub.peers.connected()).length, 3)
  })
})

test('a peer that comes back soon is not dialled back again', async (t) => {
  const transport = kinds.memory()
  const hub = await makeNode(t, transport(), { route })
  const guest = await makeNode(t, transport(), { route })
  for (const times of [1, 2, 3]) {
    await guest.connect(hub.address)
    await hub.events.atLeast(times, reachable(guest.id))
    await guest.disconnect(hub.id)
    await hub.events.atLeast(times, offline(guest.id))
    await guest.events.atLeast(times, online(hub.id))
    await guest.events.atLeast(times, offline(hub.id))
  }
  assert.equal((await hub.stats()).counters.probes, 1)
})
