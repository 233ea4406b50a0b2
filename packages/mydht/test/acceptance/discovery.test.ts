/** What the original left open or untested (BEHAVIOUR §10): anonymous peers, discovery. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kv } from '../../src/apps/kv/kv.ts'
import { createNode, type Node } from '../../src/node/node.ts'
import type { NodeConfig } from '../../src/node/config.ts'
import { memory } from '../../src/transports/memory.ts'
import { memoryNetwork } from '../../src/transports/memory-network.ts'
import { tcp } from '../../src/transports/tcp.ts'
import type { TransportPart } from '../../src/transports/transport.ts'

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
