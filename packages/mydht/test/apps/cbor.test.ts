/** @module test/apps/cbor: what the door between hostile bytes and values lets through. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeCbor, encodeCbor, type CborValue } from '../../src/apps/cbor.ts'
import { seededRandom } from '../../src/random.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))

test('what is encoded is decoded again, from the same bytes each time', () => {
  const values: readonly CborValue[] = [
    0,
    23,
    24,
    255,
    256,
    65_535,
    65_536,
    2 ** 32,
    Number.MAX_SAFE_INTEGER,
    -1,
    -25,
    2n ** 63n,
    true,
    false,
    null,
    '',
    'ä€😀',
    'x\ufeff',
    new Uint8Array(0),
    Uint8Array.of(1, 2),
    [],
    [1, [2, ['x']]],
    new Map<string, CborValue>([
      ['b', 1],
      ['aa', 2],
      ['__proto__', [3]],
    ]),
  ]
  for (const value of values) {
    const decoded = decodeCbor(encodeCbor(value))
    assert.deepEqual(decoded.ok && encodeCbor(decoded.value), encodeCbor(value))
    if (decoded.ok && !(value instanceof Map)) assert.deepEqual(decoded.value, value)
  }
})

const refused: readonly (readonly [what: string, bytes: string, code: string, at?: number])[] = [
  ['nothing', '', 'too-short', 0],
  ['a number cut short', '19 01', 'too-short', 0],
  ['a text cut short', '63 61', 'too-short', 0],
  ['an array cut short', '82 01', 'too-short', 0],
  ['an array that claims four thousand million values', '9a ff ff ff ff 01', 'too-short', 0],
  ['an array of 2^64 - 1', '9b ff ff ff ff ff ff ff ff', 'too-short', 0],
  ['bytes of 2^64 - 1', '5b ff ff ff ff ff ff ff ff 00', 'too-short', 0],
  ['a map that claims more pairs than bytes', 'a3 61 61 01', 'too-short', 0],
  ['a second value', '01 02', 'trailing-bytes', 1],
  ['a number in more bytes than it needs', '18 17', 'bad-value'],
  ['a length in more bytes than it needs', '58 01 00', 'bad-value'],
  ['an array of indefinite length', '9f 01 ff', 'bad-value', 0],
  ['text of indefinite length', '7f 61 61 ff', 'bad-value', 0],
  ['a lone break', 'ff', 'bad-value', 0],
  ['a tag', 'c0 61 61', 'bad-value', 0],
  ['undefined', 'f7', 'bad-value', 0],
  ['a simple value', 'f8 20', 'bad-value', 0],
  ['half a float', 'f9 3c 00', 'bad-value', 0],
  ['a float of eight bytes', 'fb 3f f0 00 00 00 00 00 00', 'bad-value', 0],
  ['reserved length 28', '1c', 'bad-value', 0],
  ['a map key that is a number', 'a1 01 02', 'bad-value', 1],
  ['a map key that is an array', 'a1 80 02', 'bad-value', 1],
  ['a key twice', 'a2 61 61 01 61 61 02', 'bad-value'],
  ['keys out of order', 'a2 61 62 01 61 61 02', 'not-canonical', 2],
  ['text that is no UTF-8', '62 c3 28', 'not-canonical'],
  ['a surrogate in UTF-8', '63 ed a0 80', 'not-canonical'],
]

for (const [what, bytes, code, at] of refused) {
  test(`refuses ${what}`, () => {
    const decoded = decodeCbor(hex(bytes))
    assert.ok(!decoded.ok, 'was accepted')
    assert.equal(decoded.code, code)
    if (at !== undefined) assert.equal(decoded.at, at)
  })
}

test('refuses what is too deep, too many or too long, at its limit exactly', () => {
  const nest = (depth: number): CborValue => (depth === 0 ? 1 : [nest(depth - 1)])
  assert.ok(decodeCbor(encodeCbor(nest(8))).ok)
  assert.deepEqual(decodeCbor(encodeCbor(nest(9))), { ok: false, code: 'too-deep', at: 8 })
  const deep = new Uint8Array(60_000).fill(0x81)
  assert.ok(!decodeCbor(deep).ok)
  assert.ok(decodeCbor(encodeCbor([1, 2]), { maxItems: 3 }).ok)
  assert.ok(!decodeCbor(encodeCbor([1, 2]), { maxItems: 2 }).ok)
  assert.ok(decodeCbor(Uint8Array.of(0x81, 1), { maxBytes: 2 }).ok)
  assert.ok(!decodeCbor(Uint8Array.of(0x81, 1), { maxBytes: 1 }).ok)
})

test('a key named __proto__ is a key, and nothing gets a prototype', () => {
  const decoded = decodeCbor(encodeCbor(new Map([['__proto__', new Map([['polluted', true]])]])))
  assert.ok(decoded.ok && decoded.value instanceof Map && decoded.value.size === 1)
  assert.equal(Reflect.get({}, 'polluted'), undefined)
})

test('byte strings in a value are copies', () => {
  const bytes = encodeCbor([Uint8Array.of(1, 2)])
  const decoded = decodeCbor(bytes)
  bytes.fill(0xee)
  assert.deepEqual(decoded.ok && decoded.value, [Uint8Array.of(1, 2)])
})

test('random and mutated bytes never throw, and what passes is canonical', () => {
  const random = seededRandom(11)
  const seed = encodeCbor([
    1,
    new Uint8Array(20),
    'name',
    [true, null, 70_000],
    new Map([
      ['a', 1],
      ['bb', 2],
    ]),
  ])
  for (let i = 0; i < 20_000; i++) {
    const bytes = i % 2 ? random.bytes(random.below(40)) : seed.slice()
    for (let n = i % 2 ? 0 : 1 + random.below(3); n > 0; n--) bytes[random.below(bytes.length)] = random.below(256)
    const decoded = decodeCbor(bytes)
    if (decoded.ok) assert.deepEqual(encodeCbor(decoded.value), bytes)
  }
})

test('text that would come back changed is not encoded, and not decoded', () => {
  for (const text of ['\ufeffbom', 'a\ud800']) assert.throws(() => encodeCbor([text]), TypeError)
  assert.deepEqual(decodeCbor(hex('64 ef bb bf 61')), { ok: false, code: 'not-canonical', at: 0 })
})

test('a fraction is a programmer’s mistake', () => {
  for (const value of [0.5, Number.NaN, Infinity, 2 ** 60]) assert.throws(() => encodeCbor([value]), TypeError)
})
