/** What the original left open or untested (BEHAVIOUR §10): storing on the way, expiry, partial results, discovery, anonymous peers. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { kv } from '../../src/apps/kv/kv.ts'
import { MyDhtError } from '../../src/errors.ts'
import { createNode, type Node } from '../../src/node/node.ts'
import type { NodeConfig } from '../../src/node/config.ts'
import { memory } from '../../src/transports/memory.ts'
import { memoryNetwork } from '../../src/transports/memory-network.ts'
import { tcp } from '../../src/transports/tcp.ts'
import type { TransportPart } from '../../src/transports/transport.ts'
import { at, combinations, withNetwork } from './network.ts'

const quick = combinations.filter(({ name }) => name === 'memory, noise, binary' || name === 'tcp, noise, binary')
const line = [[2], [3], [4], []]

for (const combination of quick) {
  describe(combination.name, () => {
    test('a relay keeps what passes only where it was told to', () =>
      withNetwork(combination, line, { kv: { cachePassing: true }, reachable: false }, async (nodes) => {
        const { key } = await at(nodes, 4).kv.put('passing by')
        assert.equal(await at(nodes, 1).kv.getText(key, { hops: 3 }), 'passing by')
        assert.equal(await at(nodes, 2).kv.getText(key, { hops: 0 }), 'passing by')
      }))

    test('a relay keeps nothing by default', () =>
      withNetwork(combination, line, { reachable: false }, async (nodes) => {
        const { key } = await at(nodes, 4).kv.put('passing by')
        assert.equal(await at(nodes, 1).kv.getText(key, { hops: 3 }), 'passing by')
        assert.equal(await at(nodes, 2).kv.getText(key, { hops: 0 }), undefined)
      }))

    test('a value that is spread outlives its publisher as far as it was spread', () =>
      withNetwork(combination, line, { reachable: false }, async (nodes) => {
        const { key, spread } = await at(nodes, 4).kv.put('spread', { spread: 1 })
        assert.deepEqual(spread, { hops: 1, sent: 1 })
        // A later message on the same connection tells that the spread value was handled.
        await at(nodes, 4).touch.touch(at(nodes, 3).id)
        await at(nodes, 4).close()
        assert.equal(await at(nodes, 3).kv.getText(key, { hops: 0 }), 'spread')
        assert.equal(await at(nodes, 2).kv.getText(key, { hops: 0 }), undefined)
        assert.equal(await at(nodes, 1).kv.getText(key, { hops: 3 }), 'spread')
      }))

    test('the newest of several versions wins, wherever the older ones are', () =>
      withNetwork(combination, line, { reachable: false }, async (nodes) => {
        const publisher = at(nodes, 4)
        await publisher.kv.publish('status', 'old', { spread: 2 })
        await publisher.touch.touch(at(nodes, 3).id)
        await publisher.kv.publish('status', 'new')
        const found = await at(nodes, 1).kv.resolve(publisher.id, 'status')
        assert.equal(found && new TextDecoder().decode(found.value), 'new')
      }))

    test('open records are kept only on networks that allow them', async () => {
      await withNetwork(combination, [[2], []], { reachable: false }, async (nodes) => {
        const { key } = await at(nodes, 1).kv.putOpen('board', 'for all')
        assert.equal(await at(nodes, 2).kv.getText(key), 'for all')
      })
      await withNetwork(combination, [[2], []], { kv: { open: false }, reachable: false }, async (nodes) => {
        await assert.rejects(at(nodes, 1).kv.putOpen('board', 'for all'), (error) => MyDhtError.is(error))
      })
    })

    test('a question ends with what came when fewer answers exist than were wanted', () =>
      withNetwork(combination, line, { reachable: false }, async (nodes) => {
        const { key } = await at(nodes, 3).kv.put('twice')
        await at(nodes, 4).kv.put('twice')
        const from: unknown[] = []
        for await (const hit of at(nodes, 1).kv.find(key, { results: 10, hops: 3 })) from.push(hit.from)
        assert.deepEqual(from, [at(nodes, 3).id, at(nodes, 4).id])
      }))

    test('leaving the loop early ends the question everywhere', () =>
      withNetwork(combination, line, { reachable: false }, async (nodes) => {
        const { key } = await at(nodes, 2).kv.put('first')
        for await (const _hit of at(nodes, 1).kv.find(key, { results: 10, hops: 3 })) break
        assert.equal((await at(nodes, 1).kv.stats()).engine.pending, 0)
      }))
  })
}

type KvNode = Node<{ kv: ReturnType<typeof kv> }>

async function withNodes(
  transports: readonly TransportPart[],
  config: Partial<Omit<NodeConfig, 'apps'>>,
  use: (nodes: readonly KvNode[]) => Promise<void>
): Promise<void> {
  const nodes: KvNode[] = []
  try {
    for (const transport of transports) nodes.push(await createNode({ ...config, transport, apps: { kv: kv() } }))
    await use(nodes)
  } finally {
    await Promise.all(nodes.map((node) => node.close()))
  }
}

for (const [name, transports] of [
  ['memory', (): TransportPart[] => ((network) => [0, 1, 2].map(() => memory({ network })))(memoryNetwork())],
  ['tcp', (): TransportPart[] => [0, 1, 2].map(() => tcp())],
] as const) {
  test(`${name}: anonymous peers find values across hops, and nobody has a name`, () =>
    withNodes(transports(), { mode: 'anonymous' }, async ([a, b, c]) => {
      if (!a || !b || !c) throw new TypeError('three nodes are needed')
      await a.connect(b.address)
      await b.connect(c.address)
      const { key } = await c.kv.put('by nobody')
      const hits = []
      for await (const hit of a.kv.find(key, { hops: 2, mode: 'direct' })) hits.push(hit)
      assert.equal(hits.length, 1)
      assert.equal(hits[0]?.from, undefined)
      await c.kv.publish('status', 'signed all the same')
      const found = await a.kv.resolve(c.id, 'status', { hops: 2 })
      assert.equal(found && new TextDecoder().decode(found.value), 'signed all the same')
      for (const peer of await b.peers.connected()) assert.ok(peer.id !== a.id && peer.id !== c.id)
    }))

  test(`${name}: a question with discover dials a known peer when too few are connected`, () =>
    withNodes(transports(), { limits: { probeDelayMs: 1, upkeepMs: 10 } }, async ([a, b, c]) => {
      if (!a || !b || !c) throw new TypeError('three nodes are needed')
      await a.connect(b.address)
      await b.connect(c.address)
      // a learns c's address by asking for it, but is not connected to it.
      assert.equal((await a.peers.find(c.id, { hops: 1 }))?.id, c.id)
      const { key } = await c.kv.put('out of reach')
      assert.equal(await a.kv.getText(key, { hops: 0 }), undefined)
      await b.close()
      assert.equal(await a.kv.getText(key, { hops: 1, discover: true }), 'out of reach')
      assert.deepEqual(
        (await a.peers.connected()).map((peer) => peer.id),
        [c.id]
      )
    }))
}
