/** @module test/apps/providers/placing: who is told of a record, and what who is told takes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAlarm } from '../../../src/apps/alarm.ts'
import { createPlacing } from '../../../src/apps/providers/placing.ts'
import {
  encodeProvider,
  keyBytes,
  providerContext,
  signedFields,
  type ProviderRecord,
} from '../../../src/apps/providers/provider-record.ts'
import { createProviders } from '../../../src/apps/providers/providers.ts'
import { createIdentity } from '../../../src/identity/keys.ts'
import { peerKey } from '../../../src/identity/peer-key.ts'
import { createPeerRecord, encodePeerRecord } from '../../../src/identity/peer-record.ts'
import { peerRef, type PeerRef } from '../../../src/identity/peer-ref.ts'
import type { Ask, AskOutcome } from '../../../src/queries/query.ts'
import { seededRandom } from '../../../src/random.ts'
import { compareDistance } from '../../../src/routes/xor.ts'
import { virtualClock } from '../../../src/testing/virtual-clock.ts'

const hour = 3_600_000
const key = 'a'.repeat(52)

/** A node, eight others by distance to the key, and as many of them nearer than it as is said. */
function made(nearer: number) {
  const clock = virtualClock()
  const all = Array.from({ length: 9 }, (_, seed) => createIdentity(seededRandom(seed).bytes(32), 'test')).toSorted(
    (a, b) => compareDistance(keyBytes(key), peerKey(a.id), peerKey(b.id))
  )
  const self = all[nearer]
  const author = all[8]
  assert.ok(self && author)
  const recordOf = (identity: typeof self): Uint8Array =>
    encodePeerRecord(
      createPeerRecord(identity, {
        sequence: 1,
        expiresAtMs: clock.now() + 24 * hour,
        addresses: ['tcp://127.0.0.1:1'],
        clientOnly: false,
      })
    )
  const providers = createProviders({
    init: { name: 'files', network: 'test', self: self.id, mode: 'public' },
    parts: { clock, random: seededRandom(1) },
    options: undefined,
    alarm: () => createAlarm(clock, () => {}),
    emit: () => {},
    propagate: () => {},
  })
  const sent: (readonly [PeerRef, Uint8Array])[] = []
  const asked: Ask[] = []
  const misbehaved: PeerRef[] = []
  const placing = createPlacing({
    app: 'files',
    self: self.id,
    copies: 2,
    near: 3,
    question: keyBytes,
    ask: (_call, ask) => void asked.push(ask),
    nearest: (_key, count, except, take) =>
      take(
        all
          .filter(({ id }) => id !== self.id && !except.includes(id))
          .slice(0, count)
          .map(recordOf)
      ),
    send: (to, message) => {
      assert.equal(message.type, 'tell')
      if (message.type === 'tell') sent.push([to, message.body])
    },
    providers: () => providers,
    clock,
    misbehaved: (peer) => void misbehaved.push(peer),
  })
  const facts = {
    key,
    provider: author.id,
    peerRecord: recordOf(author),
    sequence: 1,
    expiresAtMs: clock.now() + hour,
    withdrawn: false,
    note: new Uint8Array(0),
  }
  const signature = author.sign(providerContext('files'), ...signedFields(facts))
  const record: ProviderRecord = { ...facts, signature }
  return { clock, placing, providers, sent, asked, misbehaved, record, others: all, from: peerRef(author.id) }
}

test('who knows too many that are nearer to the key does not keep a record', () => {
  for (const [nearer, kept] of [
    [0, 1],
    [2, 1],
    [3, 0],
    [6, 0],
  ] as const) {
    const { placing, providers, record, from } = made(nearer)
    placing.heard(from, encodeProvider(hour, record))
    assert.equal(providers.stats().kept, kept, `${nearer} are nearer`)
  }
})

test('who tells false things is reported once, and not listened to until a minute is over', async () => {
  const { placing, providers, misbehaved, record, from, clock } = made(0)
  for (let i = 0; i < 40; i++) placing.heard(from, Uint8Array.of(1))
  const forged = record.signature.map((byte, i) => (i === 3 ? byte ^ 1 : byte))
  for (let i = 0; i < 40; i++) placing.heard(from, encodeProvider(hour, { ...record, signature: forged }))
  assert.deepEqual(misbehaved, [from])
  placing.heard(from, encodeProvider(hour, record))
  assert.equal(providers.stats().kept, 0)
  await clock.advance(60_000)
  placing.heard(from, encodeProvider(hour, record))
  assert.equal(providers.stats().kept, 1)
})

test('the nearest that a search found are told, as many as wanted, and other searches are none of it', () => {
  const { placing, sent, asked, record, others } = made(8)
  const told: number[] = []
  const bytes = encodeProvider(hour, record)
  placing.place(key, bytes, (peers) => void told.push(peers))
  assert.deepEqual([asked[0]?.mode, asked[0]?.body], ['iterative', keyBytes(key)])
  const closest = others.slice(0, 4).map(({ id }) => ({ id, peer: peerRef(id), record: undefined }))
  const outcome: AskOutcome = { reason: 'exhausted', answers: 0, sent: 4, notFound: 4, failed: 0, invalid: 0, closest }
  assert.equal(placing.searched(-2, outcome), false)
  assert.equal(placing.searched(-1, outcome), true)
  assert.equal(placing.searched(-1, outcome), false)
  assert.deepEqual(
    sent,
    closest.slice(0, 2).map(({ peer }) => [peer, bytes])
  )
  placing.place(key, bytes, (peers) => void told.push(peers))
  placing.searched(-2, { ...outcome, closest: undefined })
  assert.deepEqual(told, [2, 0])
})
