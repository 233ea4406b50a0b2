/** @module Tests of what replaying nodes remember: the oldest version of everything signed that has versions, as long as it lives. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeCarried, encodeCarried, isSignatureValid, keyOfRecord } from '../../../../src/apps/kv/records.ts'
import { decodeProvider } from '../../../../src/apps/providers/provider-record.ts'
import { seededRandom } from '../../../../src/random.ts'
import { createOldVersions } from '../../../../src/testing/sim/malice/old-versions.ts'
import { carriedProvider, carriedRecord, clock, identity, lifeMs, recordOfPeer } from './rig.ts'

const key = 'a'.repeat(52)
const now = clock.now()

test('what is no such thing is not remembered, and nothing makes it throw', () => {
  const old = createOldVersions()
  const immutable = encodeCarried(1000, Uint8Array.of(0x82, 1, 0x41, 7))
  assert.ok(decodeCarried(immutable).ok)
  const random = seededRandom(1)
  const hostile = Array.from({ length: 500 }, (_, i) => {
    const bytes = random.bytes(i % 120)
    if (bytes.length > 0) bytes[0] = [0x82, 0x88, 1][i % 3] ?? 0
    return bytes
  })
  for (const bytes of [immutable, ...hostile]) {
    assert.equal(old.learn(bytes, now), undefined)
    assert.equal(old.olderThan(bytes, now), undefined)
  }
})

const kinds = [
  ['record', carriedRecord],
  ['provider', (sequence: number) => carriedProvider(key, sequence)],
  ['peer', recordOfPeer],
] as const

for (const [kind, version] of kinds) {
  test(`of a ${kind} the oldest version stays, whatever comes later and in whatever order`, () => {
    const old = createOldVersions()
    assert.equal(old.learn(version(5), now), undefined)
    assert.equal(old.learn(version(5), now), undefined)
    const newer = old.learn(version(9), now) ?? assert.fail()
    assert.deepEqual([newer.kind, newer.replacedBy, newer.body], [kind, 9, version(5)])
    assert.equal(old.learn(version(3), now), undefined)
    assert.deepEqual(old.olderThan(version(5), now), version(3))
    assert.equal(old.olderThan(version(3), now), undefined)
  })

  test(`of a ${kind} nothing is left that is dead, and the next one is the oldest`, () => {
    const old = createOldVersions()
    old.learn(version(5), now)
    assert.equal(old.olderThan(version(9), now + lifeMs), undefined)
    old.learn(version(9), now + lifeMs)
    assert.equal(old.olderThan(version(7), now), undefined)
  })
}

test('a record that has been replaced is still signed by its publisher, and says how long it has to live', () => {
  const old = createOldVersions()
  old.learn(carriedRecord(1), now)
  const later = old.olderThan(carriedRecord(2), now + 1000) ?? assert.fail()
  const decoded = decodeCarried(later)
  assert.ok(decoded.ok && isSignatureValid(decoded.value.record, 'kv', 'net'))
  assert.equal(decoded.value.remainingMs, lifeMs - 1000)
})

test('under a key lie the oldest of its record and of each of its providers, those too that have withdrawn', () => {
  const old = createOldVersions()
  const record = carriedRecord(1)
  const decoded = decodeCarried(record)
  assert.ok(decoded.ok)
  const [one, other] = [identity(2), identity(3)]
  for (const body of [
    record,
    carriedRecord(2),
    carriedProvider(key, 1, false, one),
    carriedProvider(key, 2, true, one),
  ])
    old.learn(body, now)
  old.learn(carriedProvider(key, 1, false, other), now)
  assert.deepEqual(old.under('record', keyOfRecord(decoded.value.record), now), [record])
  assert.deepEqual(old.under('record', key, now), [])
  const provided = old.under('provider', key, now).map((body) => decodeProvider(body)?.record)
  assert.deepEqual(
    provided.map((found) => [found?.provider, found?.withdrawn]),
    [
      [one.id, false],
      [other.id, false],
    ]
  )
})
