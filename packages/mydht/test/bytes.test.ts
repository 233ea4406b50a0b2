/** @module test/bytes — the helpers at their edges. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { concat, equalBytes, readU16, readU32, readU64, utf8Bytes, utf8Text, varintSize } from '../src/bytes.ts'
import { writeU16, writeU32, writeU64, writeVarint } from '../src/bytes.ts'
import { base64urlDecode, base64urlEncode, base64urlLength } from '../src/encodings/base64url.ts'

test('bytes that are not UTF-8 give undefined, not a throw', () => {
  for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82]]) {
    assert.equal(utf8Text(Uint8Array.from(bytes)), undefined)
  }
  assert.equal(utf8Text(utf8Bytes('\ufeffGrüße')), '\ufeffGrüße')
})

test('base64url refuses padding, spare bits, other letters and lengths', () => {
  for (const text of ['A', 'AAAAA', 'AA==', 'AB', 'AAB', 'A+AA', 'A/AA', 'A A', 'Aé'])
    assert.equal(base64urlDecode(text), undefined, text)
})

test('base64url is what Node makes of it', () => {
  const property = fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
    const text = base64urlEncode(bytes)
    assert.equal(text, Buffer.from(bytes).toString('base64url'))
    assert.equal(text.length, base64urlLength(bytes.length))
    assert.deepEqual(base64urlDecode(text), bytes)
  })
  fc.assert(property)
})

test('varints are as short as they can be and as long as they say', () => {
  const edges = Array.from({ length: 54 }, (_, bit) => [2 ** bit - 1, 2 ** bit, 2 ** bit + 1]).flat()
  for (const value of edges.filter(Number.isSafeInteger)) {
    const bytes = new Uint8Array(10)
    const end = writeVarint(bytes, 1, value)
    assert.equal(end - 1, varintSize(value))
    // The same number by bigints, which know no 32 bits.
    let read = 0n
    for (let i = end - 1; i >= 1; i--) read = (read << 7n) | BigInt((bytes[i] ?? 0) & 127)
    assert.equal(read, BigInt(value))
    assert.ok(end === 2 || (bytes[end - 1] ?? 0) > 0, `${value} has an idle byte`)
  }
})

test('fixed numbers come back, at any place', () => {
  const property = fc.property(
    fc.nat(9),
    fc.nat(0xffff),
    fc.integer({ min: 0, max: 0xffff_ffff }),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    (at, a, b, c) => {
      const bytes = new Uint8Array(30)
      assert.equal(writeU64(bytes, writeU32(bytes, writeU16(bytes, at, a), b), c), at + 14)
      assert.deepEqual([readU16(bytes, at), readU32(bytes, at + 2), readU64(bytes, at + 6)], [a, b, c])
      const view = new DataView(bytes.buffer, at)
      assert.deepEqual([view.getUint16(0), view.getUint32(2), view.getBigUint64(6)], [a, b, c])
    }
  )
  fc.assert(property)
})

test('concat and equalBytes', () => {
  const whole = concat([Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3)])
  assert.ok(equalBytes(whole, Uint8Array.of(1, 2, 3)))
  assert.ok(!equalBytes(whole, Uint8Array.of(1, 2, 4)))
  assert.ok(!equalBytes(whole, Uint8Array.of(1, 2)))
})
