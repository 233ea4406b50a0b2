/** @module test/apps/providers/provider-record: what makes a provider record true, and its bytes as docs/PROTOCOL.md has them. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { utf8Bytes } from '../../../src/bytes.ts'
import {
  compareProviders,
  decodeProvider,
  encodeProvider,
  expiryOf,
  isProviderTrue,
  providerContext,
  signedFields,
  type CarriedProvider,
  type ProviderRecord,
} from '../../../src/apps/providers/provider-record.ts'
import { providersQuestion } from '../../../src/apps/kv/question.ts'
import { immutableKey } from '../../../src/apps/kv/key.ts'
import { createIdentity, type Identity } from '../../../src/identity/keys.ts'
import { createPeerRecord, encodePeerRecord } from '../../../src/identity/peer-record.ts'

const now = 1_700_000_000_000
const author = createIdentity(new Uint8Array(32).fill(1), 'mydht')
const stranger = createIdentity(new Uint8Array(32).fill(2), 'mydht')
const key = immutableKey(utf8Bytes('hello'))

function peerRecordOf(identity: Identity, expiresAtMs = now + 3_600_000): Uint8Array {
  const facts = { sequence: now, expiresAtMs, addresses: ['tcp://127.0.0.1:4001'], clientOnly: false }
  return encodePeerRecord(createPeerRecord(identity, facts))
}

function made(change: Partial<ProviderRecord> = {}, signer = author, app = 'kv'): ProviderRecord {
  const facts = {
    key,
    provider: signer.id,
    peerRecord: peerRecordOf(signer),
    sequence: 1,
    expiresAtMs: now + 3_600_000,
    withdrawn: false,
    note: utf8Bytes('note'),
    ...change,
  }
  return { ...facts, signature: signer.sign(providerContext(app), ...signedFields(facts)) }
}

function carried(record: ProviderRecord, remainingMs = 60_000): CarriedProvider {
  const decoded = decodeProvider(encodeProvider(remainingMs, record))
  assert.ok(decoded)
  return decoded
}

test('a record is true under its own app, network and signer only', () => {
  const one = carried(made())
  assert.ok(isProviderTrue(one, 'kv', 'mydht', now))
  assert.ok(!isProviderTrue(one, 'files', 'mydht', now))
  assert.ok(!isProviderTrue(one, 'kv', 'other', now))
  const elsewhere = createIdentity(new Uint8Array(32).fill(1), 'other')
  assert.ok(!isProviderTrue(carried(made({}, elsewhere)), 'kv', 'mydht', now))
})

test('a record with one field changed is false, whichever it is', () => {
  const good = made()
  const changes: readonly Partial<ProviderRecord>[] = [
    { key: immutableKey(utf8Bytes('other')) },
    { sequence: 2 },
    { expiresAtMs: good.expiresAtMs + 1 },
    { withdrawn: true },
    { note: utf8Bytes('nota') },
    { signature: good.signature.map((byte, i) => (i === 5 ? byte ^ 1 : byte)) },
    // Somebody else's PeerRecord, and another one of its own: nobody may say where a provider lives but itself.
    { peerRecord: peerRecordOf(stranger) },
    { peerRecord: peerRecordOf(author, now + 7_200_000) },
  ]
  for (const change of changes)
    assert.ok(!isProviderTrue(carried({ ...good, ...change }), 'kv', 'mydht', now), Object.keys(change).join())
})

test('a record whose PeerRecord is forged or dead is false', () => {
  const peerRecord = peerRecordOf(author)
  peerRecord[peerRecord.length - 1] = (peerRecord.at(-1) ?? 0) ^ 1
  assert.ok(!isProviderTrue(carried(made({ peerRecord })), 'kv', 'mydht', now))
  assert.ok(!isProviderTrue(carried(made()), 'kv', 'mydht', now + 3_600_000))
})

test('nobody makes a life longer: not by what is left, not by what is signed, not by the PeerRecord', () => {
  assert.equal(expiryOf(carried(made(), 1000), now, 86_400_000), now + 1000)
  assert.equal(expiryOf(carried(made(), 1e12), now, 86_400_000), now + 3_600_000)
  assert.equal(expiryOf(carried(made(), 1e12), now, 5000), now + 5000)
  const longer = made({ expiresAtMs: now + 9_000_000 })
  assert.equal(expiryOf(carried(longer, 1e12), now, 86_400_000), now + 3_600_000)
})

test('bytes that are no record are refused: cut anywhere, changed anywhere they decode to something else, or longer', () => {
  const bytes = encodeProvider(60_000, made())
  for (let length = 0; length < bytes.length; length++)
    assert.equal(decodeProvider(bytes.subarray(0, length)), undefined)
  assert.equal(decodeProvider(Uint8Array.of(...bytes, 0)), undefined)
  assert.equal(decodeProvider(encodeProvider(60_000, made({ note: new Uint8Array(513) }))), undefined)
  for (let at = 0; at < bytes.length; at++) {
    const wrong = bytes.slice()
    wrong[at] = (wrong[at] ?? 0) ^ 0x41
    const decoded = decodeProvider(wrong)
    // What is left of its life is nobody's signature; all the rest is.
    if (decoded && decoded.remainingMs === 60_000) assert.ok(!isProviderTrue(decoded, 'kv', 'mydht', now), `byte ${at}`)
  }
})

test('the higher sequence is newer, and a withdrawal at an equal one', () => {
  assert.ok(compareProviders(made({ sequence: 2 }), made({ sequence: 1, withdrawn: true })) > 0)
  assert.ok(compareProviders(made({ withdrawn: true }), made()) > 0)
  assert.equal(compareProviders(made(), made()), 0)
})

test('the vectors of provider records in docs/PROTOCOL.md are what the code writes', () => {
  // From packages/mydht/dist/test/apps/providers/ to the root of the repository.
  const text = readFileSync(new URL('../../../../../../docs/PROTOCOL.md', import.meta.url), 'utf8')
  const rows = (/^### Vectors of provider records$([\s\S]*?)(?:^#|(?![\s\S]))/m.exec(text)?.[1] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| what'))
    .map((line) => line.split('|').map((cell) => cell.replaceAll('`', '').trim()))
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
  assert.deepEqual(
    rows.map(([, what, bytes]) => [what, bytes]),
    [
      ['question', hex(providersQuestion(key))],
      ['carried', hex(encodeProvider(60_000, made()))],
      [
        'carried, withdrawn',
        hex(encodeProvider(60_000, made({ sequence: 2, withdrawn: true, note: new Uint8Array(0) }))),
      ],
    ]
  )
})
