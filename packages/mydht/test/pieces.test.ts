/**
 * @module pieces.test
 * Pieces share memory and must never overlap.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { copyOf, piece } from '../src/pieces.ts'

test('gives zeros that no other piece writes to, across the ends of blocks', () => {
  const pieces = Array.from({ length: 300 }, (_, i) => piece((i * 37) % 1200))
  for (const [i, one] of pieces.entries()) {
    assert.equal(one.length, (i * 37) % 1200)
    assert.ok(one.every((byte) => byte === 0))
    one.fill(1 + (i % 255))
  }
  for (const [i, one] of pieces.entries()) assert.ok(one.every((byte) => byte === 1 + (i % 255)))
})

test('copies from an offset on, and the copy keeps its bytes when the original changes', () => {
  const original = Uint8Array.of(1, 2, 3, 4)
  const [all, tail, none] = [copyOf(original), copyOf(original, 1), copyOf(original, 4)]
  original.fill(9)
  assert.deepEqual(all, Uint8Array.of(1, 2, 3, 4))
  assert.deepEqual(tail, Uint8Array.of(2, 3, 4))
  assert.equal(none.length, 0)
})
