import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  FrameWriter,
  HEAD_BYTES,
  LENGTH_BYTES,
  lengthAt,
  numberAt,
  readBatch,
  restAfter,
} from '../../../src/service/channels/frames.ts'
import type { Codec } from '../../../src/service/service.ts'

/** Writes as many bytes as the number says, straight into the batch, and counts how. */
function filler(): Codec<number> & { tries: number; arrays: number } {
  return {
    tries: 0,
    arrays: 0,
    encode(size) {
      this.arrays++
      return new Uint8Array(size).fill(size)
    },
    decode: (bytes) => bytes.length,
    encodeInto(size, into, at) {
      this.tries++
      // As a codec may: what it has written when the room ends stays written.
      into.fill(size, at, at + size)
      return at + size <= into.length ? at + size : undefined
    },
  }
}

function framesOf(writer: FrameWriter): (readonly [number, number, Uint8Array])[] {
  const frames: (readonly [number, number, Uint8Array])[] = []
  readBatch(writer.take(), (instance, kind, batch, from, to) => {
    for (let at = from; at < to;) {
      const end = at + LENGTH_BYTES + lengthAt(batch, at)
      frames.push([instance, kind, batch.subarray(at + LENGTH_BYTES, end)])
      at = end
    }
  })
  return frames
}

test('a codec that throws adds nothing, and the frames around it are whole', () => {
  const writer = new FrameWriter()
  const failing: Codec<number> = {
    ...filler(),
    encodeInto: (_value, into, at) => {
      into.fill(255, at, at + 100)
      throw new TypeError('no such value')
    },
  }
  writer.put(1, 2, Uint8Array.of(3))
  assert.throws(() => writer.putValue(9, 9, failing, 1), TypeError)
  assert.throws(
    () =>
      writer.putValue(
        9,
        9,
        {
          encode: () => {
            throw new TypeError('nor this')
          },
          decode: () => 0,
        },
        1
      ),
    TypeError
  )
  writer.put(4, 5, Uint8Array.of(6))
  assert.deepEqual(framesOf(writer), [
    [1, 2, Uint8Array.of(3)],
    [4, 5, Uint8Array.of(6)],
  ])
})

test('an end that cannot be is the codec’s mistake', () => {
  for (const end of [-1, Number.NaN, 2 ** 40]) {
    const writer = new FrameWriter()
    assert.throws(() => writer.putValue(1, 1, { ...filler(), encodeInto: () => end }, 1), /encodeInto gave/)
    assert.equal(writer.length, 0)
  }
})

test('a value without room is written again where there is more, and one that finds none comes by encode', () => {
  const codec = filler()
  const writer = new FrameWriter()
  const sizes = [10, 5000, 60_000, 0, 3_000_000]
  for (const size of sizes) writer.putValue(7, 8, codec, size)
  assert.equal(codec.arrays, 1, 'only the largest is worth an array of its own')
  const frames = framesOf(writer)
  assert.deepEqual(
    frames.map(([instance, kind, { length }]) => [instance, kind, length]),
    sizes.map((size) => [7, 8, size])
  )
  for (const [, , payload] of frames) assert.ok(payload.every((byte) => byte === (payload.length & 255)))
})

test('encodeInto and encode give the same frame, with a number before the value too', () => {
  for (const before of [undefined, 2 ** 33 + 1]) {
    const [straight, copied] = [new FrameWriter(), new FrameWriter()]
    const slow = filler()
    straight.putValue(1, 2, filler(), 300, before)
    copied.putValue(1, 2, { encode: (size) => slow.encode(size), decode: slow.decode.bind(slow) }, 300, before)
    assert.equal(straight.length, HEAD_BYTES + LENGTH_BYTES + 300 + (before === undefined ? 0 : 8))
    const [frame] = framesOf(straight)
    assert.deepEqual([frame], framesOf(copied))
    if (before !== undefined && frame !== undefined) {
      assert.equal(numberAt(frame[2], 0), before)
      assert.equal(restAfter(frame[2], 1).length, 300)
    }
  }
})

test('frames of one kind for one instance share a head, others do not, and a new batch begins with a head of its own', () => {
  const writer = new FrameWriter()
  const heads: (readonly [number, number])[] = []
  const series = (): void => readBatch(writer.take(), (instance, kind) => heads.push([instance, kind]))
  for (const [instance, kind] of [
    [1, 2],
    [1, 2],
    [1, 3],
    [2, 3],
    [1, 2],
  ] as const)
    writer.put(instance, kind, Uint8Array.of(9))
  series()
  writer.put(1, 2, Uint8Array.of(9))
  series()
  assert.deepEqual(heads, [
    [1, 2],
    [1, 3],
    [2, 3],
    [1, 2],
    [1, 2],
  ])
})

test('a batch that was taken is not touched by the frames of the next one', () => {
  for (const size of [10, 50_000]) {
    const writer = new FrameWriter()
    writer.put(1, 1, new Uint8Array(size).fill(1))
    const first = writer.take()
    const before = first.slice()
    writer.put(2, 2, new Uint8Array(size).fill(2))
    assert.deepEqual(first, before)
    assert.ok(first.buffer !== writer.take().buffer)
  }
})

test('numbers of any size come back as they were, to the last bit', () => {
  const numbers = [0, -1, 2 ** 53, 0.1, 1e-300, Infinity]
  const writer = new FrameWriter()
  writer.putNumbers(1, 1, numbers, Uint8Array.of(7))
  const [frame] = framesOf(writer)
  assert.ok(frame !== undefined)
  assert.deepEqual(
    numbers.map((_, i) => numberAt(frame[2], i)),
    numbers
  )
  assert.deepEqual(restAfter(frame[2], numbers.length), Uint8Array.of(7))
})
