/** @module Tests of silent, lying and forging nodes: what they say to questions of kv and of the peer store, and to whom they send whoever asks. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { immutableKey, keyToBytes } from '../../../../src/apps/kv/key.ts'
import { providersQuestion, questionOf } from '../../../../src/apps/kv/question.ts'
import { findBody, nameBody, nearBody, readNamed } from '../../../../src/apps/peers/messages.ts'
import { peerKey } from '../../../../src/identity/peer-key.ts'
import type { PeerId } from '../../../../src/identity/peer-id.ts'
import { verifyPeerRecord } from '../../../../src/identity/peer-record.ts'
import { compareDistance } from '../../../../src/routes/xor.ts'
import { createGang, type Gang } from '../../../../src/testing/sim/malice/gang.ts'
import { kvMischief, peersMischief } from '../../../../src/testing/sim/malice/malice.ts'
import type { Mischief } from '../../../../src/testing/sim/malice/mischief.ts'
import type { QueryMessage, RequestMessage } from '../../../../src/wire/messages.ts'
import { clock, from, identity, network, query, recordOfPeer, scene, sent, tell } from './rig.ts'

const key = immutableKey(new Uint8Array(3))
const peer = identity(50).id
const names: RequestMessage = { type: 'request', app: 'peers', id: 3, body: nameBody(4) }
const members = Array.from({ length: 30 }, (_, i) => identity(i + 1))

function someGang(): Gang {
  const gang = createGang()
  for (const member of members) gang.join(member.id, recordOfPeer(1, member))
  return gang
}

function idOf(record: Uint8Array): PeerId {
  const checked = verifyPeerRecord(record, network, clock.now())
  assert.ok(checked.ok)
  return checked.record.id
}

/** Whom it names to an iterative query, while it says to have nothing. */
function namedTo(mischief: Mischief, message: QueryMessage): readonly PeerId[] {
  const { events, passed } = tell(mischief, from(message))
  const [contacts, answer] = sent(events)
  assert.ok(!passed && contacts?.type === 'contacts' && contacts.id === message.id)
  assert.ok(answer?.type === 'answer' && answer.closed === 1 && answer.answers.length === 0)
  return contacts.records.map(idOf)
}

function nearestFirst(ids: readonly PeerId[], target: Uint8Array): readonly PeerId[] {
  return ids.toSorted((a, b) => compareDistance(target, peerKey(a), peerKey(b)))
}

test('silent nodes say nothing to any question, in kv and in the peer store, and hear everything else', () => {
  const kv = kvMischief('silent', scene('kv'), createGang())
  const peers = peersMischief('silent', scene('peers'), createGang())
  for (const [mischief, message] of [
    [kv, query(questionOf(key))],
    [peers, query(findBody(peer), { app: 'peers' })],
    [peers, query(nearBody(peerKey(peer)), { app: 'peers' })],
    [peers, names],
  ] as const) {
    const { events, passed } = tell(mischief, from(message))
    assert.deepEqual([events.length, passed], [0, false], message.type)
  }
  for (const mischief of [kv, peers]) assert.ok(tell(mischief, { type: 'wake' }).passed)
})

test('lying nodes name none but each other, those nearest to what is asked for first, in kv and in the peer store', () => {
  const gang = someGang()
  const kv = kvMischief('lying', scene('kv'), gang)
  const peers = peersMischief('lying', scene('peers'), gang)
  const all = members.map(({ id }) => id)
  for (const [mischief, body, target] of [
    [kv, questionOf(key), keyToBytes(key)],
    [kv, questionOf(key, true), keyToBytes(key)],
    [kv, providersQuestion(key), keyToBytes(key)],
    [peers, findBody(peer), peerKey(peer)],
    [peers, nearBody(keyToBytes(key)), keyToBytes(key)],
  ] as const)
    assert.deepEqual(namedTo(mischief, query(body, { fanOut: 20 })), nearestFirst(all, target).slice(0, 20))
})

test('a lying peer store that is asked for some peers names some of the gang', () => {
  const { events } = tell(peersMischief('lying', scene('peers'), someGang()), from(names))
  const [response] = sent(events)
  assert.ok(response?.type === 'response' && response.status === 'ok' && response.id === names.id)
  const ids = readNamed(response.body).map(idOf)
  assert.equal(ids.length, 4)
  for (const id of ids) assert.ok(members.some((member) => member.id === id))
})

test('a forging peer store names peers that are truly signed and do not exist, nearest first, the same again and again', async () => {
  // As the clock of a simulation stands as a rule.
  await clock.advance(0.5)
  const gang = someGang()
  const peers = peersMischief('forging', scene('peers'), gang)
  const ids = namedTo(peers, query(findBody(peer)))
  assert.equal(ids.length, 20)
  assert.deepEqual(nearestFirst(ids, peerKey(peer)), ids)
  for (const id of ids) assert.ok(members.every((member) => member.id !== id))
  assert.deepEqual(namedTo(peers, query(findBody(peer))), ids)
})

test('a query that nobody answers iteratively is closed with its whole budget and names nobody', () => {
  const lying = peersMischief('lying', scene('peers'), someGang())
  const message = query(findBody(peer), { mode: { type: 'proxied' }, budget: 9 })
  const [answer, ...more] = sent(tell(lying, from(message)).events)
  assert.ok(answer?.type === 'answer' && answer.closed === 10 && answer.answers.length === 0)
  assert.deepEqual(more, [])
})

test('a forging kv has a made-up value for everything', () => {
  const [answer] = sent(tell(kvMischief('forging', scene('kv'), createGang()), from(query(questionOf(key)))).events)
  assert.ok(answer?.type === 'answer' && answer.answers.length === 1 && answer.answers[0]?.body.length === 80)
})
