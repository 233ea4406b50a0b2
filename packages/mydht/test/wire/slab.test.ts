/** @module test/wire/slab — a pool hands a slab to one owner at a time and keeps a bounded number. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSlabPool } from '../../src/wire/slab.ts'

test('a slab given back twice, or not of this pool, is refused', () => {
  const pool = createSlabPool()
  const slab = pool.take()
  pool.give(slab)
  assert.throws(() => pool.give(slab), TypeError)
  assert.throws(() => pool.give(new Uint8Array(10)), TypeError)
  assert.throws(() => pool.give(slab.subarray(1)), TypeError)
})

test('a pool of slabs that hold no record cannot be made', () => {
  for (const slabBytes of [0, 63, 65_537, 100.5, Number.NaN])
    assert.throws(() => createSlabPool({ slabBytes }), TypeError)
})

test('free slabs are used again, and no more than maxFree are kept', () => {
  const pool = createSlabPool({ maxFree: 2 })
  const taken = [pool.take(), pool.take(), pool.take()]
  assert.equal(new Set(taken).size, 3)
  for (const slab of taken) pool.give(slab)
  assert.equal(pool.free, 2)
  assert.ok(taken.includes(pool.take()))
})
