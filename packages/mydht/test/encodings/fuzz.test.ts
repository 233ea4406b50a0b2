/**
 * @module test/encodings/fuzz — a million mutated frames per encoding: no throw, no hang, no growth; what decodes in binary is its one encoding.
 * MYDHT_FUZZ_FRAMES sets the number, MYDHT_FUZZ_SEED another walk.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { equalBytes } from '../../src/bytes.ts'
import { createBinary } from '../../src/encodings/binary.ts'
import type { Encoding } from '../../src/encodings/encoding.ts'
import { createJson } from '../../src/encodings/json.ts'
import { seededRandom } from '../../src/random.ts'
import { sampleMessages } from '../../src/testing/sample-messages.ts'

const frames = Number(process.env['MYDHT_FUZZ_FRAMES'] ?? 1_000_000)
const seed = Number(process.env['MYDHT_FUZZ_SEED'] ?? 17)

/** xorshift32 (Marsaglia 2003): a million frames need chance that costs nothing. */
function dice(from: number): (bound: number) => number {
  let state = from | 1
  return (bound) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % bound
  }
}

/** Changes one to three places: a bit, a byte, a telling byte, a piece from elsewhere, a cut, or more bytes. Gives the new length. */
function mutate(bytes: Uint8Array, length: number, roll: (bound: number) => number): number {
  const telling = [0, 1, 0x7f, 0x80, 0xff, 0x22, 0x7b, 0x5b]
  let end = length
  for (let times = 1 + roll(3); times > 0; times--) {
    const at = roll(Math.max(end, 1))
    switch (roll(6)) {
      case 0:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << roll(8))
        break
      case 1:
        bytes[at] = roll(256)
        break
      case 2:
        bytes[at] = telling[roll(telling.length)] ?? 0
        break
      case 3:
        bytes.copyWithin(at, roll(Math.max(end, 1)), end)
        break
      case 4:
        end = at
        break
      default:
        end = Math.min(bytes.length, end + 1 + roll(8))
    }
  }
  return end
}

/**
 * What the heap holds without its garbage: how much of that waits to be collected depends on the machine's mood. A collection that is under
 * way already keeps all that was made since it began, tens of megabytes on a busy machine: the second one finds what it left.
 */
function liveBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  collect()
  collect()
  return process.memoryUsage().heapUsed
}

function fuzz(encoding: Encoding, check: (bytes: Uint8Array) => boolean): void {
  const seeds = sampleMessages(700, seededRandom(seed), { maxBodyBytes: 60, maxItems: 2 }).map((message) => {
    const target = new Uint8Array(encoding.sizeBound(message))
    return target.slice(0, encoding.encode(message, target, 0))
  })
  const roll = dice(seed)
  const scratch = new Uint8Array(4096)
  let good = 0
  let before = 0
  for (let i = 0; i < frames; i++) {
    const from = seeds[i % seeds.length] ?? scratch
    scratch.set(from)
    const length = mutate(scratch, from.length, roll)
    if (check(scratch.subarray(0, length))) good++
    if (i === frames >> 1) before = liveBytes()
  }
  // Both kinds must have been there, or the walk tests nothing.
  assert.ok(good > frames / 100 && good < frames * 0.99, `${good} of ${frames} decoded`)
  // A leak of 20 bytes a frame would be 10 MB in half a million.
  const grown = liveBytes() - before
  assert.ok(grown < 10_000_000, `the heap grew by ${grown} bytes in the second half`)
}

test(`binary: ${frames} mutated frames`, () => {
  const encoding = createBinary()
  const again = new Uint8Array(8192)
  fuzz(encoding, (bytes) => {
    const decoded = encoding.decode(bytes)
    if (!decoded.ok) {
      assert.ok(decoded.at >= 0 && decoded.at <= bytes.length)
      return false
    }
    const end = encoding.encode(decoded.value, again, 0)
    if (!equalBytes(again.subarray(0, end), bytes)) assert.deepEqual(again.slice(0, end), bytes, 'not the one encoding')
    return true
  })
})

test(`json: ${frames} mutated frames`, () => {
  const encoding = createJson()
  const again = new Uint8Array(8192)
  let count = 0
  fuzz(encoding, (bytes) => {
    const decoded = encoding.decode(bytes)
    if (!decoded.ok) return false
    // White space and order are free in JSON, so only the message can be compared; a sample of them is enough.
    if (count++ % 64 === 0) {
      const end = encoding.encode(decoded.value, again, 0)
      assert.deepEqual(encoding.decode(again.slice(0, end)), decoded)
    }
    return true
  })
})
