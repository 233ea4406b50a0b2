/** @module test/service/plain.test — what is plain data, what is not, and that it comes back as it went. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MyDhtError } from '../../src/errors.ts'
import { part, realise, type Part } from '../../src/part.ts'
import { findForeign, plain } from '../../src/service/plain.ts'

const codec = plain<unknown>()
const there = (value: unknown): unknown => codec.decode(codec.encode(value))

test('what is not plain data is refused, and its place is named', () => {
  class Thing {
    readonly name = 'thing'
  }
  const holey: unknown[] = [1]
  holey[2] = 2
  const ring: unknown[] = []
  ring.push(ring)
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [{ options: { validate: function wanted() {} } }, /'options\.validate' is the function wanted/],
    [{ peers: [1, { of: new Thing() }] }, /'peers\[1\]\.of' is an instance of Thing/],
    [() => {}, /it is a function/],
    [new Map([['a', Symbol('x')]]), /'\.get\(a\)' is a symbol/],
    [new Set([new Date(0)]), /is an instance of Date/],
    [new Float64Array(1), /it is an instance of Float64Array/],
    [/a/, /an instance of RegExp/],
    [Promise.resolve(), /an instance of Promise/],
    [holey, /'\[1\]' is a hole in its array/],
    [ring, /deeper than 64 levels/],
  ]
  for (const [value, says] of cases) {
    assert.throws(() => codec.encode(value), { name: 'TypeError', message: says })
    assert.throws(() => codec.encodeInto(value, new Uint8Array(10_000), 0), { name: 'TypeError', message: says })
    assert.notEqual(findForeign(value), undefined)
  }
})

test('bytes that are cut anywhere are refused, and so are bytes behind a value', () => {
  const value = {
    type: 'x',
    list: [1, 'a', 2n, -3, 0.5, null, undefined, new Uint8Array(3)],
    map: new Map([[1, new Set(['äö'])]]),
  }
  const bytes = codec.encode(value)
  for (let cut = 0; cut < bytes.length; cut++)
    assert.throws(() => codec.decode(bytes.subarray(0, cut)), { code: 'MYDHT_BAD_MESSAGE' })
  assert.throws(() => codec.decode(Uint8Array.of(...bytes, 0)), { code: 'MYDHT_BAD_MESSAGE' })
})

test('bytes of chance never hang, and make no more than they are', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        codec.decode(bytes)
      } catch (thrown) {
        assert.ok(MyDhtError.is(thrown, 'MYDHT_BAD_MESSAGE'), String(thrown))
      }
    }),
    { numRuns: 5000, seed: 7 }
  )
})

test('a claim of many values is refused before they are made', () => {
  // An array (12) of 2^28 values, of which none follows.
  assert.throws(() => codec.decode(Uint8Array.of(12, 0x80, 0x80, 0x80, 0x80, 1)), { code: 'MYDHT_BAD_MESSAGE' })
})

test('a key named __proto__ is a key, and changes no prototype', () => {
  const value: unknown = JSON.parse('{"__proto__": {"polluted": true}, "a": 1}')
  const back = there(value)
  assert.deepEqual(back, value)
  assert.equal(Object.getPrototypeOf(back), Object.prototype)
  assert.equal('polluted' in {}, false)
})

test('any plain value comes back equal, and encodeInto writes what encode gives', () => {
  const anything = fc.anything({
    withBigInt: true,
    withMap: true,
    withSet: true,
    withNullPrototype: true,
    withObjectString: true,
    maxDepth: 4,
    key: fc.oneof(fc.string(), fc.constantFrom('__proto__', 'type', 'constructor')),
    values: [
      fc.boolean(),
      fc.integer(),
      fc.maxSafeInteger(),
      fc.double(),
      fc.bigInt(),
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme', maxLength: 40 }),
      // Lone surrogates too.
      fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 }).map((units) => String.fromCharCode(...units)),
      fc.uint8Array(),
      fc.constantFrom(undefined, null, -0, NaN, Infinity, -Infinity, 0, 127, 128, 2 ** 31, 2 ** 53 - 1, -(2 ** 53 - 1)),
    ],
  })
  fc.assert(
    fc.property(anything, fc.integer({ min: 0, max: 9 }), (value, at) => {
      const bytes = codec.encode(value)
      assert.deepEqual(codec.decode(bytes), value)
      const into = new Uint8Array(at + bytes.length)
      assert.equal(codec.encodeInto(value, into, at), into.length)
      assert.deepEqual(into.subarray(at), bytes)
      assert.equal(codec.encodeInto(value, new Uint8Array(at + bytes.length - 1), at), undefined)
    }),
    { numRuns: 2000, seed: 11 }
  )
})

test('long values grow what they are written to', () => {
  const value = {
    text: 'ä'.repeat(100_000),
    bytes: new Uint8Array(200_000).fill(7),
    list: Array.from({ length: 5000 }, (_, i) => i),
  }
  assert.deepEqual(there(value), value)
  assert.deepEqual(there([1]), [1])
})

test('bytes come as views, and subclasses of Uint8Array as Uint8Array', () => {
  const bytes = codec.encode([Buffer.from('hello')])
  const back = codec.decode(bytes)
  assert.ok(Array.isArray(back) && back[0] instanceof Uint8Array)
  assert.equal(Object.getPrototypeOf(back[0]), Uint8Array.prototype)
  assert.equal(back[0].buffer, bytes.buffer)
})

test('errors cross with code, details, stack and four causes', () => {
  const root = new RangeError('root')
  let error = new MyDhtError('MYDHT_BUSY', 'level 0', { cause: root, details: { left: 3, run: () => {} } })
  for (let level = 1; level <= 5; level++)
    error = new MyDhtError('MYDHT_FULL', `level ${level}`, { cause: error, details: { level } })
  const back = there({ error })
  assert.ok(typeof back === 'object' && back !== null && 'error' in back && MyDhtError.is(back.error, 'MYDHT_FULL'))
  assert.ok(back.error instanceof MyDhtError)
  assert.deepEqual(back.error.details, { level: 5 })
  assert.equal(back.error.message, 'level 5')
  assert.equal(back.error.stack, error.stack)
  const messages: string[] = []
  for (let one: unknown = back.error.cause; one instanceof Error; one = one.cause) messages.push(one.message)
  assert.deepEqual(messages, ['level 4', 'level 3', 'level 2', 'level 1'])
})

test('what is not plain in an error goes as text', () => {
  class Odd {
    readonly [Symbol.toStringTag] = 'odd'
  }
  const error = new MyDhtError('MYDHT_BUSY', 'x', { cause: new Odd(), details: { when: new Odd(), n: 1n } })
  const back = there(error)
  assert.ok(back instanceof MyDhtError)
  assert.deepEqual(back.details, { when: '[object odd]', n: 1n })
  assert.equal(back.cause, '[object odd]')
})

test('errors of other classes keep name and code, and known ones their class', () => {
  const missing = Object.assign(new Error('no such file'), { code: 'ENOENT' })
  const named = there(new DOMException('given up', 'AbortError'))
  assert.ok(named instanceof Error && named.name === 'AbortError' && named.message === 'given up')
  const back = there(missing)
  assert.ok(back instanceof Error && 'code' in back && back.code === 'ENOENT')
  assert.ok(there(new TypeError('t', { cause: missing })) instanceof TypeError)
})

test('a part crosses without its factory', () => {
  const blueprint = part('file:///x.js', 'make', { a: 1 }, () => 1)
  assert.equal(realise(blueprint), 1)
  const back = plain<Part<number>>().decode(plain<Part<number>>().encode(blueprint))
  assert.deepEqual(back, { module: 'file:///x.js', export: 'make', options: { a: 1 } })
  assert.throws(() => realise(back), { code: 'MYDHT_BAD_CONFIG' })
})

test('an encoding within an encoding disturbs neither', () => {
  let inner: Uint8Array | undefined
  const outer = {
    before: 'text',
    get nested() {
      inner = codec.encode({ a: 'inner', b: [1, 2, 3] })
      return inner
    },
    after: [1, 2],
  }
  const bytes = codec.encode(outer)
  assert.deepEqual(codec.decode(inner ?? new Uint8Array(0)), { a: 'inner', b: [1, 2, 3] })
  assert.deepEqual(codec.decode(bytes), { before: 'text', nested: inner, after: [1, 2] })
})
