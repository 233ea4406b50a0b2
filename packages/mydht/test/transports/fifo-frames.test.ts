/** @module Tests of the fifo transport's frames: they come out as they went in, however they are cut, and a hole in them is never taken for bytes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat } from '../../src/bytes.ts'
import { seededRandom } from '../../src/random.ts'
import { createUnframer, encodeFrame, maxPayloadBytes } from '../../src/transports/fifo-frames.ts'

/** Everything that comes out of `bytes`, given in pieces of at most `piece`. */
function unframed(bytes: Uint8Array, piece: number): { readonly got: Uint8Array; readonly state: string } {
  const unframer = createUnframer()
  const got: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += piece) {
    const { payloads, state } = unframer.push(bytes.subarray(at, at + piece))
    got.push(...payloads)
    if (state !== 'open') return { got: concat(got), state }
  }
  return { got: concat(got), state: 'open' }
}

const random = seededRandom(11)
const payloads = [1, 7, 4000, 8, maxPayloadBytes, 300].map((length) => random.bytes(length))
const stream = concat([...payloads.map((each, number) => encodeFrame(number, each)), encodeFrame(6, new Uint8Array(0))])
const given = concat(payloads)

test('a hole of any length at any place is noticed, and nothing behind it comes out', () => {
  for (let i = 0; i < 400; i++) {
    const from = random.below(stream.length)
    const length = 1 + random.below(Math.min(70_000, stream.length - from))
    const { got, state } = unframed(concat([stream.subarray(0, from), stream.subarray(from + length)]), 65_536)
    assert.notEqual(state, 'ended', `hole of ${length} at ${from}`)
    assert.deepEqual(got, given.subarray(0, got.length), `hole of ${length} at ${from}`)
  }
})

test('a changed byte, a length past the longest, a frame that comes twice or in another order is broken', () => {
  const [one, two] = [encodeFrame(0, Uint8Array.of(1)), encodeFrame(1, Uint8Array.of(2))]
  const changed = Uint8Array.from(one)
  changed[8] = 9
  const long = new Uint8Array(8)
  long[0] = 1
  for (const bytes of [changed, long, concat([one, one]), two, concat([one, encodeFrame(2, Uint8Array.of(3))])])
    assert.equal(unframed(bytes, 100).state, 'broken')
})

test('frames come out whole and in order, however their bytes are cut', () => {
  for (const piece of [1, 3, 8, 9, 1000, 65_536, stream.length]) {
    assert.deepEqual(unframed(stream, piece), { got: given, state: 'ended' })
  }
})

test('a stream that stops between or inside frames is still open', () => {
  for (const length of [0, 5, 8, 9, 20, stream.length - 8]) {
    assert.equal(unframed(stream.subarray(0, length), 1000).state, 'open')
  }
})
