/** @module test/sorted-index: the index of what lies on disk, against a map; and a store whose keys another language would put in another order. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { virtualClock } from 'mydht/testing'
import { createSortedIndex } from '../src/sorted-index.ts'
import { freshFolder, keysOf, open } from './folder.ts'

test('a key that does not come after the one before is not taken', () => {
  const index = createSortedIndex(0)
  assert.equal(index.push('b', 1, 1, Infinity), true)
  for (const key of ['a', 'b']) assert.equal(index.push(key, 1, 1, Infinity), false)
  assert.deepEqual(index.keys(), ['b'])
})

test('finds, removes, and says who dies next, as a map would, however many go and whenever', () => {
  const keys = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), { maxLength: 40 })
  fc.assert(
    fc.property(
      keys,
      fc.array(fc.nat(60), { maxLength: 60 }),
      fc.nat(40),
      fc.nat(50),
      (given, steps, early, expected) => {
        const model = new Map<string, number>()
        const index = createSortedIndex(expected)
        const sorted = given.toSorted((a, b) => (a < b ? -1 : 1))
        const remove = (key: string): void => assert.equal(index.remove(key), model.delete(key))
        for (const [i, key] of sorted.entries()) {
          const end = i % 5 === 4 ? Infinity : (i * 7) % 20
          model.set(key, end)
          assert.equal(index.push(key, i, i + 1, end), true)
          if (i === early) remove(key)
        }
        index.seal()
        for (const step of steps) {
          const key = sorted[step]
          if (key !== undefined) remove(key)
          const now = step % 20
          const dead = index.dead(now)
          const soonest = Math.min(...model.values())
          assert.equal(dead?.expiresAtMs, soonest <= now ? soonest : undefined)
          if (dead && step % 3 === 0) remove(dead.key)
        }
        for (const key of sorted) assert.equal(index.find(key)?.expiresAtMs, model.get(key))
        assert.deepEqual(index.keys(), [...model.keys()])
      }
    )
  )
})

test('lets go of what was removed when that is most of it, and goes on with the rest', () => {
  const index = createSortedIndex(10)
  const keys = keysOf(5000).toSorted()
  for (const [i, key] of keys.entries()) index.push(key, i, i, 5000 - i)
  index.seal()
  for (const key of keys.slice(0, 4000)) assert.equal(index.remove(key), true)
  assert.deepEqual(index.keys(), keys.slice(4000))
  assert.equal(index.find(keys[4321] ?? '')?.bytes, 4321)
  assert.equal(index.find(keys[1] ?? ''), undefined)
  assert.equal(index.remove(keys[1] ?? ''), false)
  assert.equal(index.dead(10_000)?.key, keys[4999])
  index.clear()
  assert.deepEqual([index.keys(), index.find(keys[4999] ?? ''), index.dead(10_000)], [[], undefined, undefined])
})

test('keys in an order that is ours but not the disk’s are all there again, replaced, deleted and dead as they should be', async () => {
  const folder = freshFolder()
  const clock = virtualClock()
  // UTF-8 puts U+FF5E before U+1F600, this language the other way round.
  const keys = ['a', '\u{1F600}', '\uff5e', 'b', '\u{1F601}x', 'é']
  const store = await open({ folder }, clock)
  for (const [i, key] of keys.entries()) store.put(key, Uint8Array.of(i), clock.now() + (i + 1) * 1000)
  await store.close()
  const again = await open({ folder }, clock)
  await again.loaded
  for (const [i, key] of keys.entries()) assert.equal(again.get(key)?.bytes[0], i)
  assert.equal(again.put('\u{1F600}', Uint8Array.of(9), Infinity), 'stored')
  assert.equal(again.delete('b'), true)
  await clock.advance(3000)
  assert.equal(again.size().records, 3)
  assert.deepEqual(new Set([...again.entries()].map(([key]) => key)), new Set(['\u{1F600}', '\u{1F601}x', 'é']))
  await again.close()
})
