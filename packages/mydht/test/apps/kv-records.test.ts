/** @module test/apps/kv-records: records as values and bytes, and tables of hostile ones. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeCbor, type CborValue } from '../../src/apps/cbor.ts'
import { immutableKey, keyToBytes, mutableKey, openKey, parseKey } from '../../src/apps/kv/key.ts'
import { askedKey, questionKey, questionOf } from '../../src/apps/kv/question.ts'
import { createRecordRules } from '../../src/apps/kv/namespaces.ts'
import {
  compareRecords,
  decodeCarried,
  decodeRecord,
  encodeCarried,
  encodeRecord,
  isSignatureValid,
  keyOfRecord,
  recordContext,
  signedFields,
  type KvRecord,
  type MutableRecord,
} from '../../src/apps/kv/records.ts'
import { createValidator } from '../../src/apps/kv/validate.ts'
import { utf8Bytes } from '../../src/bytes.ts'
import { createIdentity } from '../../src/identity/keys.ts'
import { peerIdToBytes } from '../../src/identity/peer-id.ts'
import { silent } from '../../src/log.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'

const clock = virtualClock()
const now = clock.now()
const alice = createIdentity(new Uint8Array(32).fill(1), 'net')
const bob = createIdentity(new Uint8Array(32).fill(2), 'net')
const value = utf8Bytes('value')

function signed(change: Partial<MutableRecord> = {}, signer = alice): MutableRecord {
  const unsigned = {
    kind: 'mutable' as const,
    publisher: signer.id,
    name: 'n',
    value,
    sequence: 7,
    expiresAtMs: now + 10_000,
    ...change,
  }
  return { ...unsigned, signature: change.signature ?? signer.sign(recordContext('kv'), ...signedFields(unsigned)) }
}

const samples: readonly KvRecord[] = [
  { kind: 'immutable', value },
  { kind: 'immutable', value: new Uint8Array(0) },
  signed(),
  { kind: 'open', name: 'n', value, sequence: 3 },
]

test('each kind comes back from its bytes, alone and carried', () => {
  for (const record of samples) {
    const bytes = encodeRecord(record)
    assert.deepEqual(decodeRecord(bytes), { ok: true, value: record })
    for (const remainingMs of [0, 23, 24, 70_000, 2 ** 40]) {
      const carried = decodeCarried(encodeCarried(remainingMs, bytes))
      assert.ok(carried.ok)
      assert.deepEqual(
        [carried.value.record, carried.value.remainingMs, [...carried.value.bytes]],
        [record, remainingMs, [...bytes]]
      )
    }
  }
})

test('keys of different kinds, names and publishers differ, whatever is put into them', () => {
  const name = 'n'
  const asValue = new Uint8Array([...peerIdToBytes(alice.id), ...utf8Bytes(name)])
  const keys = [
    immutableKey(utf8Bytes(name)),
    immutableKey(asValue),
    mutableKey(alice.id, name),
    mutableKey(bob.id, name),
    mutableKey(alice.id, 'nn'),
    openKey(name),
    openKey('nn'),
  ]
  assert.equal(new Set(keys).size, keys.length)
  assert.equal(keyOfRecord(signed()), mutableKey(alice.id, 'n'))
})

test('a key is read as typed, and nothing else is', () => {
  const key = openKey('x')
  assert.equal(parseKey(key.toUpperCase()), key)
  for (const text of ['', key.slice(1), `${key}a`, key.replace(/.$/, '1')]) assert.equal(parseKey(text), undefined)
  assert.deepEqual(questionKey(questionOf(key)), keyToBytes(key))
  assert.equal(askedKey(questionOf(key)), key)
  for (const bad of [new Uint8Array(0), new Uint8Array(36), questionOf(key).subarray(1)])
    assert.equal(askedKey(bad), undefined)
})

const publisher = peerIdToBytes(alice.id)
const signature = new Uint8Array(64)
const broken: readonly (readonly [string, CborValue])[] = [
  ['no array', 1],
  ['an empty array', []],
  ['an unknown kind', [9, value]],
  ['kind as text', ['1', value]],
  ['an immutable with a part too many', [1, value, 1]],
  ['an immutable whose value is text', [1, 'value']],
  ['a mutable with a part too few', [2, publisher, 'n', value, 1, 1]],
  ['a mutable with a part too many', [2, publisher, 'n', value, 1, 1, signature, 1]],
  ['a publisher of 31 bytes', [2, publisher.subarray(1), 'n', value, 1, 1, signature]],
  ['a signature of 65 bytes', [2, publisher, 'n', value, 1, 1, new Uint8Array(65)]],
  ['a negative sequence', [2, publisher, 'n', value, -1, 1, signature]],
  ['a sequence past 2^53', [2, publisher, 'n', value, 2n ** 60n, 1, signature]],
  ['an end past 2^53', [2, publisher, 'n', value, 1, 2n ** 63n, signature]],
  ['an empty name', [2, publisher, '', value, 1, 1, signature]],
  ['a name of 256 bytes', [3, 'ä'.repeat(128), value, 1]],
  ['an open record with a name of bytes', [3, value, value, 1]],
  ['an open record without sequence', [3, 'n', value]],
]

for (const [what, cbor] of broken) {
  test(`refuses ${what}`, () => {
    const bytes = encodeCbor(cbor)
    assert.equal(decodeRecord(bytes).ok, false)
    assert.equal(decodeCarried(encodeCarried(1, bytes)).ok, false)
  })
}

test('a carried record needs a lifetime, and exactly two parts', () => {
  const record: CborValue = [1, value]
  for (const cbor of [
    [record, 1],
    [-1, record],
    [null, record],
    [1, record, 1],
    [1],
    [2n ** 60n, record],
    record,
  ] satisfies CborValue[]) {
    assert.equal(decodeCarried(encodeCbor(cbor)).ok, false)
  }
  const whole = encodeCarried(1, encodeCbor(record))
  for (let length = 0; length < whole.length; length++) assert.equal(decodeCarried(whole.subarray(0, length)).ok, false)
})

function validator(options: Parameters<typeof createValidator>[0]['options'] = {}) {
  return createValidator({ app: 'kv', network: 'net', clock, options, rules: createRecordRules(options, silent) })
}
const carry = (record: KvRecord, remainingMs = 1000): Uint8Array => encodeCarried(remainingMs, encodeRecord(record))

const forged: readonly (readonly [string, KvRecord])[] = [
  ['another value', { ...signed(), value: utf8Bytes('other') }],
  ['another sequence', { ...signed(), sequence: 8 }],
  ['another end', { ...signed(), expiresAtMs: now + 20_000 }],
  ['another name', { ...signed(), name: 'm' }],
  ['another publisher', { ...signed(), publisher: bob.id }],
  ['a signature of zeros', signed({ signature })],
  ['somebody else’s signature', signed({ publisher: alice.id, signature: signed({}, bob).signature })],
  ['an end in the past, truly signed', signed({ expiresAtMs: now })],
  [
    'letters moved from name to value',
    { ...signed({ name: 'na', value: utf8Bytes('b') }), name: 'n', value: utf8Bytes('ab') },
  ],
]

for (const [what, record] of forged) {
  test(`a mutable record with ${what} is not valid`, () => {
    assert.equal(validator().carried(carry(record), keyOfRecord(record)), undefined)
  })
}

test('a signature counts for its app and its network only', () => {
  const record = signed()
  assert.equal(isSignatureValid(record, 'kv', 'net'), true)
  assert.equal(isSignatureValid(record, 'kv2', 'net'), false)
  assert.equal(isSignatureValid(record, 'kv', 'net2'), false)
})

test('a true record is refused under another key', () => {
  for (const record of samples) {
    const valid = validator({ open: true })
    assert.equal(valid.carried(carry(record), keyOfRecord(record))?.key, keyOfRecord(record))
    assert.equal(valid.carried(carry(record), immutableKey(utf8Bytes('elsewhere'))), undefined)
  }
})

test('the end of a record is the nearest of its own, what is left, and the longest we keep', () => {
  const ends = (record: KvRecord, remainingMs: number, maxTtlMs = 1_000_000): number | undefined => {
    const valid = validator({ open: true, maxTtlMs }).carried(carry(record, remainingMs), undefined)
    return valid && valid.expiresAtMs - now
  }
  assert.equal(ends(signed(), 1_000_000), 10_000)
  assert.equal(ends(signed(), 500), 500)
  assert.equal(ends({ kind: 'immutable', value }, Number.MAX_SAFE_INTEGER, 777), 777)
  assert.equal(ends({ kind: 'immutable', value }, 0), undefined)
})

test('an open record from the future is refused, or nobody could ever write after it', () => {
  const at = (sequence: number): KvRecord => ({ kind: 'open', name: 'n', value, sequence })
  assert.ok(validator({ open: true }).carried(carry(at(now + 60_000)), undefined))
  assert.equal(validator({ open: true }).carried(carry(at(now + 3_600_000)), undefined), undefined)
  assert.equal(validator().carried(carry(at(now)), undefined), undefined)
})

test('the higher sequence is newer; of equal ones all choose the same, whatever they are signed with', () => {
  assert.ok(compareRecords(signed({ sequence: 8 }), signed()) > 0)
  assert.ok(compareRecords(signed(), signed({ sequence: 8 })) < 0)
  const [a, b] = [signed({ value: utf8Bytes('a') }), signed({ value: utf8Bytes('b') })]
  assert.ok(compareRecords(a, b) !== 0)
  assert.equal(Math.sign(compareRecords(a, b)), -Math.sign(compareRecords(b, a)))
  assert.equal(compareRecords(a, { ...a, signature }), 0)
})
