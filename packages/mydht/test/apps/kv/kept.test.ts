/** @module test/apps/kv/kept: how a record lies in the store. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeKept, encodeKept, isSameCare, type Care, type Keeping } from '../../../src/apps/kv/kept.ts'
import { storeScope } from '../../../src/apps/scope.ts'
import { peerIdFromBytes } from '../../../src/identity/peer-id.ts'

const plain = { noNullPrototype: true }
const peer = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => peerIdFromBytes(bytes))
const care: fc.Arbitrary<Care | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.constant<Care>({ type: 'hold' }),
  fc.record(
    {
      type: fc.constant('publish' as const),
      ttlMs: fc.double({ min: 0.5, max: 1e12, noNaN: true }),
      copies: fc.nat(65_535),
    },
    plain
  )
)
const keeping: fc.Arbitrary<Keeping> = fc.record(
  {
    by: fc.oneof(fc.constant(undefined), fc.constant('passing' as const), peer),
    block: fc.oneof(fc.constant(undefined), fc.constantFrom('0a0b0c/24', 'a-name.example')),
    cached: fc.boolean(),
    care,
  },
  plain
)

test('bytes that are cut short, of another format or another network, are no record', () => {
  const bytes = encodeKept(
    7,
    { by: undefined, block: 'b/24', cached: false, care: { type: 'publish', ttlMs: 5, copies: 3 } },
    new Uint8Array(0)
  )
  for (let i = 0; i < bytes.length; i++) {
    const read = decodeKept(7, bytes.subarray(0, i))
    assert.ok(read === undefined || read.record.length === 0)
    if (i < 6) assert.equal(read, undefined)
  }
  assert.equal(decodeKept(8, bytes), undefined)
  bytes[0] = 2
  assert.equal(decodeKept(7, bytes), undefined)
  const scopes = [storeScope('kv', 'a'), storeScope('kv', 'b'), storeScope('other', 'a'), storeScope('kva', '')]
  assert.equal(new Set(scopes).size, scopes.length)
})

test('who had it kept, how it is looked after and its bytes come back as they were', () => {
  fc.assert(
    fc.property(keeping, fc.uint8Array({ maxLength: 20 }), fc.nat(), (why, record, scope) => {
      const read = decodeKept(scope, encodeKept(scope, why, record))
      assert.deepEqual(read?.keeping, why)
      assert.deepEqual([...(read?.record ?? [])], [...record])
      assert.ok(isSameCare(read?.keeping.care, why.care))
    })
  )
})

test('care is the same only if all of it is', () => {
  const published: Care = { type: 'publish', ttlMs: 5, copies: 3 }
  assert.equal(isSameCare(published, { ...published, copies: 4 }), false)
  assert.equal(isSameCare(published, { ...published, ttlMs: 4 }), false)
  assert.equal(isSameCare(published, { type: 'hold' }), false)
  assert.equal(isSameCare(undefined, { type: 'hold' }), false)
})
