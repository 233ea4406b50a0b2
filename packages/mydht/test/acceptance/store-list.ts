/**
 * @module test/acceptance/store-list
 * What the original left open or untested (BEHAVIOUR §10) about what is kept: storing on the way, expiry, partial results.
 */
import assert from 'node:assert/strict'
import { test as everyTest } from 'node:test'
import { MyDhtError } from '../../src/errors.ts'
import { at, withNetwork, type Combination, type Register } from './network.ts'

const line = [[2], [3], [4], []]

/** Registers the tests of what is kept for one combination. */
export function storeTests(combination: Combination, test: Register = everyTest): void {
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
}
