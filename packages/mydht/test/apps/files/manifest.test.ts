import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  chunkHash,
  chunkPowerOf,
  decodeManifest,
  encodeManifest,
  fileIdOf,
  isChunk,
  maxFileBytes,
  maxManifestBytes,
} from '../../../src/apps/files/manifest.ts'
import {
  decodeHolding,
  decodeQuestion,
  decodeRequest,
  encodeHolding,
  encodeQuestion,
} from '../../../src/apps/files/messages.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

test('vectors: the manifest and id of an empty file and of "abc"', () => {
  const empty = encodeManifest(0, [])
  assert.equal(hex(empty), '6d79646601120000000000000000')
  const abc = encodeManifest(3, [chunkHash(new TextEncoder().encode('abc'))])
  // BLAKE2b-256 of "abc", as in the appendix of many implementations.
  assert.equal(
    hex(abc),
    '6d79646601120000000000000003' + 'bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319'
  )
  assert.match(fileIdOf(empty), /^[a-z2-7]{52}$/)
  assert.notEqual(fileIdOf(empty), fileIdOf(abc))
})

test('the chunk size follows the length, and no manifest is longer than its bound', () => {
  const gibibyte = 2 ** 30
  assert.deepEqual(
    [0, 1, 4 * gibibyte, 4 * gibibyte + 1, 10 * gibibyte, maxFileBytes, maxFileBytes + 1].map(chunkPowerOf),
    [18, 18, 18, 19, 20, 24, undefined]
  )
  const hash = chunkHash(new Uint8Array(1))
  const ten = encodeManifest(
    10 * gibibyte,
    Array.from({ length: 10_240 }, () => hash)
  )
  assert.equal(ten.length, 14 + 10_240 * 32)
  assert.equal(
    encodeManifest(
      maxFileBytes,
      Array.from({ length: 16_384 }, () => hash)
    ).length,
    maxManifestBytes
  )
  assert.throws(() => encodeManifest(10, []), TypeError)
})

test('a manifest knows its chunks, and no other', () => {
  const chunk = new Uint8Array(100).fill(5)
  const decoded = decodeManifest(encodeManifest(100, [chunkHash(chunk)]))
  assert.ok(decoded.ok)
  assert.ok(isChunk(decoded.value, 0, chunk))
  assert.ok(!isChunk(decoded.value, 1, chunk))
  assert.ok(!isChunk(decoded.value, 0, chunk.subarray(1)))
  assert.ok(!isChunk(decoded.value, 0, new Uint8Array(100).fill(6)))
})

test('hostile manifests are refused, each with its code', () => {
  const good = encodeManifest(3, [chunkHash(new Uint8Array(3))])
  const changed = (at: number, value: number): Uint8Array => {
    const bytes = good.slice()
    bytes[at] = value
    return bytes
  }
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    ['nothing', new Uint8Array(0), 'too-short'],
    ['half a head', good.subarray(0, 13), 'too-short'],
    ['no hash', good.subarray(0, 14), 'too-short'],
    ['half a hash', good.subarray(0, 40), 'too-short'],
    ['one byte more', new Uint8Array([...good, 0]), 'trailing-bytes'],
    ['another magic', changed(0, 0), 'unknown-type'],
    ['another version', changed(4, 2), 'unknown-type'],
    ['another chunk size', changed(5, 19), 'not-canonical'],
    ['a chunk size of 2^255', changed(5, 255), 'not-canonical'],
    ['a length of 2^63', changed(6, 128), 'bad-value'],
    ['a length of many chunks', changed(11, 200), 'too-short'],
    ['too long', new Uint8Array(maxManifestBytes + 1), 'too-long'],
  ]
  for (const [what, bytes, code] of cases) {
    const decoded = decodeManifest(bytes)
    assert.equal(decoded.ok ? 'ok' : decoded.code, code, what)
  }
})

test('any bytes: decoders give a value that encodes to the same bytes, or refuse; they never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      decodeManifest(bytes)
      decodeRequest(bytes)
      const question = decodeQuestion(bytes)
      if (question) assert.deepEqual(encodeQuestion(question), bytes)
      const holding = decodeHolding(bytes)
      if (holding) assert.deepEqual(encodeHolding(holding), bytes)
    })
  )
})

test('questions and answers come back as they were', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), fc.boolean(), (text, part) => {
      assert.deepEqual(decodeQuestion(encodeQuestion({ type: 'name', text, part })), { type: 'name', text, part })
    })
  )
})
