/** Real nodes over the route `kademlia`, joined through any one peer. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { QueryMode } from '../../src/queries/query.ts'
import { seededRandom } from '../../src/random.ts'
import { kademlia } from '../../src/routes/kademlia.ts'
import { memoryNetwork } from '../../src/transports/memory.ts'
import { deafAt, kinds, makeNode, meeting, reachable, watched, type TestNode } from './rig.ts'

const modes: readonly QueryMode[] = ['proxied', 'direct', { type: 'mixed', proxiedHops: 1 }, 'iterative']

for (const kind of ['memory', 'tcp'] as const) {
  describe(kind, () => {
    test('three nodes find what each other has at once, in every mode', async (t) => {
      const transport = kinds[kind]()
      const route = kademlia()
      const a = await makeNode(t, transport(), { route })
      const b = await makeNode(t, transport(), { route, join: [a.address] })
      const { key } = await a.kv.put('of a')
      for (const mode of modes) {
        // Each asker is new: nothing was learnt from the question before.
        const c = await makeNode(t, transport(), { route, join: [b.address] })
        assert.equal(await c.kv.getText(key, { mode, local: false }), 'of a')
        assert.equal((await c.peers.find(a.id, { mode }))?.id, a.id)
        await c.close()
      }
    })

    test('who asks iteratively has met those who answered, and they him', async (t) => {
      const transport = kinds[kind]()
      const route = kademlia({ lookups: false })
      const a = await makeNode(t, transport(), { route })
      const b = await makeNode(t, transport(), { route, join: [a.address] })
      const c = await makeNode(t, transport(), { route, join: [b.address] })
      const { key } = await a.kv.put('of a')
      assert.equal(await c.kv.getText(key, { mode: 'iterative' }), 'of a')
      assert.ok((await c.peers.connected()).some(({ id }) => id === a.id))
      await a.events.first(reachable(c.id))
    })
  })
}

test('in a network of many hops everybody finds everybody, whoever he joined through', async (t) => {
  const transport = kinds.memory()
  const random = seededRandom(7)
  // Small buckets and searches make a small network a deep one.
  const route = kademlia({ k: 4, maxWaiting: 4 })
  const config = { route, peerStore: { limits: { searchWidth: 4 } } }
  const nodes: TestNode[] = [await makeNode(t, transport(), config)]
  const any = (): TestNode => {
    const one = nodes[random.below(nodes.length)]
    assert.ok(one)
    return one
  }
  for (let i = 1; i < 30; i++) {
    const node = await makeNode(t, transport(), {
      ...config,
      join: [any().address],
      limits: { maxIdleConnections: 6, idleMs: 20 },
    })
    nodes.push(node)
    // It looks for itself, and so meets its neighbours.
    while ((await node.peers.stats()).engine.asked === 0 || (await node.peers.stats()).engine.pending > 0)
      await new Promise((resolve) => setImmediate(resolve))
  }
  for (let i = 0; i < 40; i++) {
    const [asker, wanted] = [any(), any()]
    if (asker === wanted) continue
    const found = await asker.peers.find(wanted.id, { mode: 'iterative', local: false })
    assert.equal(found?.id, wanted.id, `question ${i}`)
  }
})

test('an address of `join` where nobody ever answers holds up no start that another has answered', async (t) => {
  const network = memoryNetwork()
  const silent = watched<string>()
  const transport = deafAt(network, 'memory://silent', silent.push)
  const a = await makeNode(t, meeting(network)())
  const limits = { connectTimeoutMs: 3_600_000, callTimeoutMs: 3_600_000, joinRestMs: 5 }
  const b = await makeNode(t, transport, { join: ['memory://silent', a.address], limits })
  assert.deepEqual(silent.all, ['memory://silent'])
  assert.deepEqual(
    (await b.peers.connected()).map(({ id }) => id),
    [a.id]
  )
  // It is dialled on.
  assert.equal((await b.stats()).dialling, 1)
})
