/** Records that the nearest to their key hold, over real nodes with the route `kademlia`. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Key } from '../../src/apps/kv/key.ts'
import { at, byDistance, network, replicas, type KvNode } from './kv-net.ts'

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
})

describe('in the long run', () => {
  test('when half of the nodes leave at once, the next round gives a record all of its holders again', async (t) => {
    const nodes = await network(t, 14, { replicateMs: 150, replicas }, 20)
    const publisher = at(nodes, 0)
    const { key } = await publisher.kv.put('survives')
    const others = nodes.slice(1)
    const [survivor, ...fallen] = byDistance(others, key).slice(0, replicas)
    assert.ok(survivor)
    const leaving = [
      publisher,
      ...fallen,
      ...others.filter((node) => node !== survivor && !fallen.includes(node)).slice(0, 3),
    ]
    await Promise.all(leaving.map((node) => node.close()))
    const left = nodes.filter((node) => !leaving.includes(node))
    const holders = byDistance(left, key).slice(0, replicas)
    // The network lives: others look for something around there, and so meet the one who still holds it.
    const isWhole = async (): Promise<boolean> => {
      const found = await Promise.all(holders.map((node) => heldBy(node, key)))
      return found.every((text) => text === 'survives')
    }
    while (!(await isWhole())) for (const node of left) await node.kv.getText(key, { local: false })
    for (const node of left) assert.equal(await node.kv.getText(key), 'survives')
  })

  test('who provides something is found by everybody, and the data stays where it is', async (t) => {
    const nodes = await network(t, 10)
    const [one, two, reader] = [at(nodes, 2), at(nodes, 7), at(nodes, 9)]
    const { key } = await at(nodes, 0).kv.put('a key of something', { replicas: 0 })
    const { spread } = await one.kv.provide(key)
    assert.equal(spread?.sent, replicas)
    await two.kv.provide(key)
    await one.close()
    const found = new Set<string>()
    for await (const { provider } of reader.kv.providers(key, { results: 20 })) found.add(provider)
    assert.deepEqual(found, new Set([one.id, two.id]))
  })
})
