/** @module test/stores/memory: the conformance suite over the store in memory, and its heap. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { realise } from '../../src/part.ts'
import { seededRandom } from '../../src/random.ts'
import { createExpiryHeap } from '../../src/stores/expiry-heap.ts'
import { memory } from '../../src/stores/memory.ts'
import { storeSuite } from '../../src/testing/store-suite.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'

storeSuite({ test, name: 'memory', create: (clock, bounds) => realise(memory(bounds))({ clock }) })

test('the heap gives what dies in order, and only what is current', () => {
  const random = seededRandom(5)
  const current = new Map<string, { readonly key: string; readonly expiresAtMs: number }>()
  const heap = createExpiryHeap<{ readonly key: string; readonly expiresAtMs: number }>(
    (one) => current.get(one.key) === one
  )
  // Many replacements of few keys: stale ones must go, or the heap would grow without bound.
  for (let i = 0; i < 20_000; i++) {
    const one = { key: `k${random.below(200)}`, expiresAtMs: random.below(1000) }
    current.set(one.key, one)
    heap.add(one, current.size)
  }
  const died: number[] = []
  for (let one = heap.next(500); one; one = heap.next(500)) {
    died.push(one.expiresAtMs)
    current.delete(one.key)
  }
  assert.deepEqual(
    died,
    died.toSorted((a, b) => a - b)
  )
  assert.ok(died.every((end) => end <= 500))
  assert.ok([...current.values()].every(({ expiresAtMs }) => expiresAtMs > 500))
})

test('a store that is written for ever under one key does not grow', async () => {
  const clock = virtualClock()
  const store = realise(memory({ maxRecords: 2, maxBytes: 100 }))({ clock })
  for (let i = 0; i < 10_000; i++) assert.equal(store.put('a', new Uint8Array(50), clock.now() + 1000 + i), 'stored')
  assert.deepEqual(store.size(), { records: 1, bytes: 51 })
  await store.close()
})
