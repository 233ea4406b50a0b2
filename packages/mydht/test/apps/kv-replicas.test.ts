/** Records that the nearest to their key hold, over real nodes with the route `kademlia`. */
import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { kv, type KvApi, type KvOptions } from '../../src/apps/kv/kv.ts'
import { keyToBytes, type Key } from '../../src/apps/kv/key.ts'
import { peerKey } from '../../src/identity/peer-key.ts'
import { createNode, type NodeCore } from '../../src/node/node.ts'
import { seededRandom } from '../../src/random.ts'
import { kademlia } from '../../src/routes/kademlia.ts'
import { compareDistance } from '../../src/routes/xor.ts'
import { memory, memoryNetwork } from '../../src/transports/memory.ts'

type KvNode = NodeCore & { readonly kv: KvApi }

const replicas = 4

/** `count` nodes that know each other as well as a search for oneself teaches. */
async function network(t: TestContext, count: number, options: KvOptions = {}, k = replicas): Promise<KvNode[]> {
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

const at = (nodes: readonly KvNode[], index: number): KvNode => {
  const node = nodes[index]
  assert.ok(node)
  return node
}

const byDistance = (nodes: readonly KvNode[], key: Key): KvNode[] =>
  nodes.toSorted((a, b) => compareDistance(keyToBytes(key), peerKey(a.id), peerKey(b.id)))

/** Whether a node holds a record itself, and which. */
const heldBy = (node: KvNode, key: Key): Promise<string | undefined> => node.kv.getText(key, { hops: 0 })

describe('put', () => {
  test('nobody to ask is no failure: the counts say so', async (t) => {
    const [alone] = await network(t, 1)
    assert.ok(alone)
    const { key, holders } = await alone.kv.put('alone')
    assert.deepEqual(holders, { asked: 0, acknowledged: 0, newer: 0, conflict: 0, full: 0, refused: 0, failed: 0 })
    assert.equal(await alone.kv.getText(key), 'alone')
  })

  test('the nearest hold it, and are counted; others find it when its publisher is gone', async (t) => {
    const nodes = await network(t, 12)
    const publisher = at(nodes, 5)
    const { key, holders } = await publisher.kv.put('everywhere it should be')
    assert.deepEqual([holders?.asked, holders?.acknowledged], [replicas, replicas])
    const others = nodes.filter((node) => node !== publisher)
    const nearest = byDistance(others, key).slice(0, replicas)
    for (const node of others)
      assert.equal(await heldBy(node, key), nearest.includes(node) ? 'everywhere it should be' : undefined)
    await publisher.close()
    for (const node of others) assert.equal(await node.kv.getText(key), 'everywhere it should be')
  })

  test('a holder that is full, has a newer one, or does not like it is counted as that', async (t) => {
    const nodes = await network(t, 6, { keepSpread: { maxRecords: 1 } })
    const publisher = at(nodes, 0)
    const first = await publisher.kv.putOpen('a', 'first')
    assert.equal(first.holders?.acknowledged, replicas)
    const second = await publisher.kv.putOpen('b', 'second')
    assert.ok((second.holders?.full ?? 0) > 0)
    assert.equal((second.holders?.full ?? 0) + (second.holders?.acknowledged ?? 0), replicas)
    // Another writes a newer one under the same name; the first does not know and writes his again.
    const newest = await at(nodes, 1).kv.putOpen('a', 'newest')
    assert.equal(newest.holders?.acknowledged, replicas)
  })

  test('compare and swap holds at each holder by itself, and is counted', async (t) => {
    const nodes = await network(t, 6)
    const publisher = at(nodes, 0)
    const one = await publisher.kv.publish('n', 'one', { ifSequence: 0 })
    assert.equal(one.holders?.acknowledged, replicas)
    // This holder is told of a version that the publisher's store forgets.
    const two = await publisher.kv.publish('n', 'two')
    await publisher.kv.remove(two.key)
    const three = await publisher.kv.publish('n', 'three', { ifSequence: 0 })
    assert.deepEqual([three.holders?.conflict, three.holders?.acknowledged], [replicas, 0])
    assert.deepEqual((await at(nodes, 3).kv.resolve(publisher.id, 'n'))?.sequence, two.sequence)
    const four = await publisher.kv.publish('n', 'four', { ifSequence: three.sequence, sequence: three.sequence + 1 })
    assert.equal(four.holders?.conflict, replicas)
  })

  test('none are asked where the put says so', async (t) => {
    const nodes = await network(t, 3)
    const { key, holders } = await at(nodes, 0).kv.put('mine', { replicas: 0 })
    assert.equal(holders, undefined)
    for (const node of nodes.slice(1)) assert.equal(await heldBy(node, key), undefined)
  })
})

describe('get', () => {
  test('a quorum waits for several holders, the newest wins, and those behind are repaired', async (t) => {
    const nodes = await network(t, 10)
    const publisher = at(nodes, 0)
    const { key } = await publisher.kv.publish('n', 'old')
    const holders = byDistance(
      nodes.filter((node) => node !== publisher),
      key
    ).slice(0, replicas)
    // One holder alone hears of the new version: it published it, in a manner of speaking.
    const { key: again } = await publisher.kv.publish('n', 'new', { replicas: 1 })
    assert.equal(again, key)
    const before = await Promise.all(holders.map((node) => heldBy(node, key)))
    assert.deepEqual(
      [before.filter((text) => text === 'new').length, before.filter((text) => text === 'old').length],
      [1, 3]
    )
    await publisher.close()
    const reader = nodes.find((node) => node !== publisher && !holders.includes(node))
    assert.ok(reader)
    assert.equal(await reader.kv.getText(key, { quorum: replicas }), 'new')
    for (const node of holders) {
      while ((await heldBy(node, key)) !== 'new') await new Promise((resolve) => setImmediate(resolve))
    }
  })

  test('a read has the nearest that had none cache it, which does not count for a quorum', async (t) => {
    const nodes = await network(t, 24, {}, 2)
    const publisher = at(nodes, 0)
    const { key } = await publisher.kv.put('read often')
    const holders = byDistance(
      nodes.filter((node) => node !== publisher),
      key
    ).slice(0, 2)
    const others = nodes.filter((node) => node !== publisher && !holders.includes(node))
    for (const reader of others) assert.equal(await reader.kv.getText(key, { fanOut: 1 }), 'read often')
    const records = await Promise.all(others.map(async (node) => (await node.kv.stats()).records))
    const caching = others.filter((_, i) => records[i] === 1)
    assert.ok(caching.length > 0)
    const [cacher] = caching
    assert.ok(cacher)
    assert.equal(await heldBy(cacher, key), 'read often')
    assert.equal(await cacher.kv.getText(key, { hops: 0, quorum: 2 }), undefined)
    const reader = others.find((node) => !caching.includes(node)) ?? cacher
    await publisher.close()
    for (const node of holders) await node.close()
    // Cached copies serve a plain read, and no quorum.
    assert.equal(await reader.kv.getText(key, { quorum: 2 }), undefined)
  })
})
