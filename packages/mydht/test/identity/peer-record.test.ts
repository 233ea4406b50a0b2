import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createIdentity } from '../../src/identity/keys.ts'
import {
  createPeerRecord,
  decodePeerRecord,
  encodePeerRecord,
  newerRecord,
  nextSequence,
  verifyPeerRecord,
} from '../../src/identity/peer-record.ts'
import type { PeerFacts } from '../../src/identity/peer-record.ts'
import { knownRecord, rememberVerifiedRecords } from '../../src/identity/verified-records.ts'

const me = createIdentity(new Uint8Array(32).fill(1), 'net')
const now = 1_800_000_000_000
const facts: PeerFacts = {
  sequence: now,
  expiresAtMs: now + 60_000,
  addresses: ['tcp://127.0.0.1:4000', 'memory://a', 'tcp://[2600::1]:1'],
  clientOnly: false,
}
const bytesOf = (changed: Partial<PeerFacts> = {}, identity = me): Uint8Array =>
  encodePeerRecord(createPeerRecord(identity, { ...facts, ...changed }))
const codeOf = (bytes: Uint8Array, network = 'net', nowMs = now): string => {
  const outcome = verifyPeerRecord(bytes, network, nowMs)
  return outcome.ok ? 'ok' : outcome.code
}

/** A record's bytes with some of them overwritten. */
function patched(at: number, ...bytes: readonly number[]): Uint8Array {
  const record = bytesOf()
  record.set(bytes, at)
  return record
}

test('a record that was found true is not taken for true when one bit, its network or the time is another', () => {
  const good = bytesOf()
  assert.equal(codeOf(good), 'ok')
  assert.equal(codeOf(good), 'ok')
  for (const at of [1, 2, 40, 45, 60, good.length - 1]) {
    const changed = good.slice()
    changed[at] = (changed[at] ?? 0) ^ 1
    assert.notEqual(codeOf(changed), 'ok', `byte ${at}`)
  }
  assert.equal(codeOf(good, 'net2'), 'bad-signature')
  assert.equal(codeOf(good, 'net', now + 60_000), 'expired')
  assert.equal(codeOf(good, 'net', now - 40 * 86_400_000), 'expires-too-late')
  const twice = [verifyPeerRecord(good, 'net', now), verifyPeerRecord(good.slice(), 'net', now)]
  assert.ok(twice[0]?.ok && twice[1]?.ok && twice[0].record === twice[1].record, 'checked again')
})

test('only so many true records are remembered, the longest unused go first', () => {
  const first = bytesOf({ sequence: 1 })
  const isRemembered = (bytes: Uint8Array): boolean => knownRecord(bytes, 'net') !== undefined
  try {
    rememberVerifiedRecords(2)
    for (const sequence of [1, 2]) assert.equal(codeOf(bytesOf({ sequence })), 'ok')
    assert.equal(codeOf(first), 'ok')
    assert.equal(codeOf(bytesOf({ sequence: 3 })), 'ok')
    assert.deepEqual(
      [1, 2, 3].map((sequence) => isRemembered(bytesOf({ sequence }))),
      [true, false, true]
    )
    assert.throws(() => rememberVerifiedRecords(0), TypeError)
  } finally {
    rememberVerifiedRecords(4096)
  }
})

test('malformed bytes are refused with code and place', () => {
  const good = bytesOf()
  const table = [
    [new Uint8Array(0), 'too-short', 0],
    [good.subarray(0, 114), 'too-short', 114],
    [new Uint8Array(1025), 'too-long', 1024],
    [patched(0, 2), 'unknown-type', 0],
    [patched(1, 2), 'bad-value', 1],
    [patched(34, 0, 0x20), 'bad-value', 34],
    [patched(42, 1), 'bad-value', 42],
    [patched(50, 9), 'bad-value', 50],
    [patched(50, 4), 'too-short', 101],
    [patched(50, 2), 'trailing-bytes', 83],
    [patched(51, 255), 'too-short', 51],
    [patched(51, 0), 'bad-value', 52],
    [patched(52, 0x54), 'not-canonical', 52],
    [patched(53, 0xc3), 'bad-text', 52],
    [patched(53, 0x20), 'bad-text', 52],
    [patched(68, 0x30), 'bad-value', 52],
    [good.subarray(0, -1), 'too-short', 83],
    [Uint8Array.from([...good, 0]), 'trailing-bytes', 101],
  ] as const
  for (const [bytes, code, at] of table) {
    assert.deepEqual(decodePeerRecord(bytes), { ok: false, code, at })
    assert.deepEqual(verifyPeerRecord(bytes, 'net', now), { ok: false, code: 'malformed', decode: code, at })
  }
})

test('an address that stands twice is refused', () => {
  const bytes = bytesOf({ addresses: ['memory://a', 'memory://b'] })
  bytes[72] = 0x61
  assert.deepEqual(decodePeerRecord(bytes), { ok: false, code: 'not-canonical', at: 62 })
})

test('any changed byte, another network, and a life that is over or too long are refused', () => {
  const good = bytesOf()
  assert.equal(codeOf(good), 'ok')
  for (let at = 0; at < good.length; at++) {
    const bad = good.slice()
    bad[at] = (bad[at] ?? 0) ^ 1
    assert.notEqual(codeOf(bad), 'ok', `byte ${at}`)
  }
  assert.equal(codeOf(good, 'another'), 'bad-signature')
  assert.equal(codeOf(good, 'net', now + 59_999), 'ok')
  assert.equal(codeOf(good, 'net', now + 60_000), 'expired')
  assert.equal(codeOf(bytesOf({ expiresAtMs: now + 31 * 86_400_000 })), 'expires-too-late')
  assert.equal(codeOf(bytesOf({}, createIdentity(new Uint8Array(32), 'other'))), 'bad-signature')
})

test('a record comes back as it was, in at most 1 KiB', () => {
  for (const addresses of [
    [],
    facts.addresses,
    Array.from({ length: 8 }, (_, i) => `tcp://${'a'.repeat(60)}.${'b'.repeat(30)}:${i + 1}`),
  ]) {
    for (const clientOnly of [true, false]) {
      const record = createPeerRecord(me, { ...facts, addresses, clientOnly, sequence: 2 ** 53 - 1 })
      const bytes = encodePeerRecord(record)
      assert.ok(bytes.length <= 1024)
      const shifted = new Uint8Array(bytes.length + 3)
      shifted.set(bytes, 3)
      assert.deepEqual(decodePeerRecord(shifted.subarray(3)), { ok: true, value: record })
      assert.deepEqual(verifyPeerRecord(bytes, 'net', now), { ok: true, record, bytes })
      assert.equal(record.id, me.id)
    }
  }
})

test('facts that no decoder would take are a TypeError', () => {
  const bad: readonly Partial<PeerFacts>[] = [
    { sequence: -1 },
    { sequence: 1.5 },
    { sequence: 2 ** 53 },
    { expiresAtMs: Number.NaN },
    { addresses: Array.from({ length: 9 }, (_, i) => `memory://a${i}x`) },
    { addresses: ['memory://a', 'memory://a'] },
    { addresses: ['tcp://HOST:1'] },
    { addresses: [`tcp://${me.id}@host:1`] },
    { addresses: ['nonsense'] },
    {
      addresses: Array.from(
        { length: 8 },
        (_, i) => `tcp://${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}:${i + 1}`
      ),
    },
  ]
  for (const changed of bad) assert.throws(() => createPeerRecord(me, { ...facts, ...changed }), TypeError)
})

test('random and damaged bytes never throw, and what is accepted has one encoding', () => {
  const good = bytesOf()
  const check = (bytes: Uint8Array): void => {
    const decoded = decodePeerRecord(bytes)
    if (decoded.ok) assert.deepEqual(encodePeerRecord(decoded.value), bytes)
    else assert.ok(decoded.at <= bytes.length || decoded.code === 'too-long')
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 1100 }), check), { numRuns: 500 })
  const edits = fc.array(fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 3 })
  fc.assert(
    fc.property(edits, fc.nat(4), fc.uint8Array({ maxLength: 3 }), (changes, cut, extra) => {
      const bytes = Uint8Array.from([...good.subarray(0, good.length - cut), ...extra])
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
      check(bytes)
    }),
    { numRuns: 2000 }
  )
})

test('the newer record wins the same way on all nodes, and sequences never go back', () => {
  const older = createPeerRecord(me, facts)
  const newer = createPeerRecord(me, { ...facts, sequence: now + 1, expiresAtMs: now + 1 })
  const longer = createPeerRecord(me, { ...facts, expiresAtMs: now + 70_000 })
  const twin = createPeerRecord(me, { ...facts, addresses: [] })
  const pairs = [[older, newer], [older, longer]] as const // prettier-ignore
  for (const [a, b] of pairs) for (const won of [newerRecord(a, b), newerRecord(b, a)]) assert.equal(won, b)
  assert.equal(newerRecord(older, twin), newerRecord(twin, older))
  const stranger = createPeerRecord(createIdentity(new Uint8Array(32), 'net'), facts)
  assert.throws(() => newerRecord(older, stranger), TypeError)
  assert.equal(nextSequence(0, now + 0.5), now)
  assert.equal(nextSequence(now + 5, now), now + 6)
})

test('whoever checks a record gets one array of its bytes, which is not the one that came and may be used again', () => {
  const bytes = encodePeerRecord(createPeerRecord(me, { ...facts, sequence: 77 }))
  const came = bytes.slice()
  const first = verifyPeerRecord(came, 'net', now)
  came.fill(0)
  const second = verifyPeerRecord(bytes, 'net', now)
  assert.ok(first.ok && second.ok)
  assert.deepEqual(first.bytes, bytes)
  assert.equal(first.bytes, second.bytes)
})
