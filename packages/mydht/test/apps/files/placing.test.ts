/** Whole nodes over the route `kademlia`: the peers nearest to a file's id are told who has it, and a fetch finds its providers there. */
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { files, type FileId, type FilesApi } from '../../../src/apps/files/files.ts'
import { fileIdToBytes } from '../../../src/apps/files/manifest.ts'
import { peerKey } from '../../../src/identity/peer-key.ts'
import { createNode, type NodeCore } from '../../../src/node/node.ts'
import { seededRandom } from '../../../src/random.ts'
import { kademlia } from '../../../src/routes/kademlia.ts'
import { compareDistance } from '../../../src/routes/xor.ts'
import { memory } from '../../../src/transports/memory.ts'
import { memoryNetwork } from '../../../src/transports/memory-network.ts'
import { tcp } from '../../../src/transports/tcp.ts'
import type { TransportPart } from '../../../src/transports/transport.ts'
import { all, temporary } from './net.ts'

type Node = NodeCore & { readonly files: FilesApi }

const replicas = 3

/** Nodes that have looked for themselves, each with a folder. */
async function network(t: TestContext, count: number, transport: () => TransportPart): Promise<Node[]> {
  const random = seededRandom(5)
  const nodes: Node[] = []
  for (let i = 0; i < count; i++) {
    const [first] = nodes
    const limits = { searchWidth: replicas }
    const node: Node = await createNode({
      transport: transport(),
      route: kademlia({ k: replicas, maxWaiting: replicas }),
      peerStore: { limits },
      seed: random.bytes(32),
      apps: { files: files({ replicas, limits, into: await temporary(t) }) },
      join: first ? [first.address] : [],
      limits: { upkeepMs: 10, closeMs: 200 },
    })
    t.after(() => node.close())
    nodes.push(node)
    if (!first) continue
    while ((await node.peers.stats()).engine.asked === 0 || (await node.peers.stats()).engine.pending > 0) await turn()
  }
  return nodes
}

async function share(t: TestContext, node: Node, bytes: Uint8Array): Promise<FileId> {
  const file = path.join(await temporary(t), 'song')
  await writeFile(file, bytes)
  await node.files.share([file])
  const [listed] = await node.files.list()
  assert.ok(listed)
  return listed.id
}

const kept = async (nodes: readonly Node[]): Promise<number> => {
  const stats = await Promise.all(nodes.map((node) => node.files.stats()))
  return stats.reduce((sum, { providers }) => sum + providers.kept, 0)
}

for (const [name, transports] of [
  [
    'memory',
    () => {
      const wire = memoryNetwork()
      return () => memory({ network: wire })
    },
  ],
  ['tcp', () => () => tcp()],
] as const) {
  test(`${name}: the nearest to its id are told of a file, and whoever fetches it finds its providers there, though one is gone`, async (t) => {
    const nodes = await network(t, 10, transports())
    const bytes = seededRandom(3).bytes(1000)
    const [one, two, asker] = [nodes[2], nodes[6], nodes[9]]
    assert.ok(one && two && asker)
    const id = await share(t, one, bytes)
    while ((await kept(nodes)) < replicas) await turn()
    const nearest = nodes
      .filter((node) => node !== one)
      .toSorted((a, b) => compareDistance(fileIdToBytes(id), peerKey(a.id), peerKey(b.id)))
    assert.equal(await kept(nearest.slice(0, replicas)), replicas)
    await share(t, two, bytes)
    const others = nodes.filter((node) => node !== one && node !== two)
    while ((await kept(others)) < 2 * replicas - 1) await turn()
    const found = await all(asker.files.providers(id, { results: 2 }))
    assert.deepEqual(new Set(found.map(({ from }) => from)), new Set([one.id, two.id]))
    await one.close()
    const fetched = await asker.files.fetch(id)
    assert.equal(fetched.from, two.id)
    assert.deepEqual(new Uint8Array(await readFile(fetched.path)), bytes)
  })
}
