/** @module test/apps/kv-net — real nodes with kv over the route `kademlia`, few enough holders that a dozen nodes are a large network. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { kv, type KvApi, type KvOptions } from '../../src/apps/kv/kv.ts'
import { keyToBytes, type Key } from '../../src/apps/kv/key.ts'
import { peerKey } from '../../src/identity/peer-key.ts'
import { createNode, type NodeCore } from '../../src/node/node.ts'
import { seededRandom } from '../../src/random.ts'
import { kademlia } from '../../src/routes/kademlia.ts'
import { compareDistance } from '../../src/routes/xor.ts'
import { memory, memoryNetwork } from '../../src/transports/memory.ts'

export type KvNode = NodeCore & { readonly kv: KvApi }

/** Holders of each record. */
export const replicas = 4

/** `count` nodes that know each other as well as a search for oneself teaches. */
export async function network(t: TestContext, count: number, options: KvOptions = {}, k = replicas): Promise<KvNode[]> {
  const wire = memoryNetwork()
  const random = seededRandom(11)
  const nodes: KvNode[] = []
  for (let i = 0; i < count; i++) {
    const [first] = nodes
    const node: KvNode = await createNode({
      transport: memory({ network: wire }),
      route: kademlia({ k, maxWaiting: k }),
      peerStore: { limits: { searchWidth: k } },
      seed: random.bytes(32),
      apps: { kv: kv({ replicas: k, limits: { searchWidth: k }, open: true, ...options }) },
      join: first ? [first.address] : [],
      limits: { upkeepMs: 10, closeMs: 200 },
    })
    t.after(() => node.close())
    nodes.push(node)
    if (!first) continue
    while ((await node.peers.stats()).engine.asked === 0 || (await node.peers.stats()).engine.pending > 0)
      await new Promise((resolve) => setImmediate(resolve))
  }
  return nodes
}

export const at = (nodes: readonly KvNode[], index: number): KvNode => {
  const node = nodes[index]
  assert.ok(node)
  return node
}

export const byDistance = (nodes: readonly KvNode[], key: Key): KvNode[] =>
  nodes.toSorted((a, b) => compareDistance(keyToBytes(key), peerKey(a.id), peerKey(b.id)))
