/** @module Tests of replaying nodes: old versions leave them in place of new ones, and are brought back to those who hold newer ones. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AppEvent } from '../../../../src/apps/app.ts'
import { decodeHold, encodeHold } from '../../../../src/apps/kv/hold-messages.ts'
import { keyFromBytes, keyToBytes, mutableKey } from '../../../../src/apps/kv/key.ts'
import { providersQuestion, questionOf } from '../../../../src/apps/kv/question.ts'
import { findBody, namedBody, readNamed } from '../../../../src/apps/peers/messages.ts'
import { peerKey } from '../../../../src/identity/peer-key.ts'
import { peerRef } from '../../../../src/identity/peer-ref.ts'
import { createGang } from '../../../../src/testing/sim/malice/gang.ts'
import { kvMischief, peersMischief } from '../../../../src/testing/sim/malice/malice.ts'
import type { Mischief } from '../../../../src/testing/sim/malice/mischief.ts'
import type { AnswerMessage, AppMessage, RequestMessage } from '../../../../src/wire/messages.ts'
import { asker, carriedProvider, carriedRecord, from, identity, query, recordOfPeer, scene, sent, tell } from './rig.ts'

const key = mutableKey(identity(1).id, 'n')
const [old, newer] = [carriedRecord(1), carriedRecord(2)]

function keep(carried: Uint8Array, id = 1): RequestMessage {
  return { type: 'request', app: 'kv', id, body: encodeHold({ type: 'keep', carried, ifSequence: undefined }) }
}

function answer(...bodies: readonly Uint8Array[]): AnswerMessage {
  const answers = bodies.map((body) => ({ from: identity(100).id, hops: 1, body }))
  return { type: 'answer', app: 'kv', id: 7n, answers, closed: 1, unspent: 0, reason: 'done' }
}

function replayingKv(): Mischief {
  return kvMischief('replaying', scene('kv'), createGang())
}

/** What leaves in place of a message. */
function leaves(mischief: Mischief, message: AppMessage): AppMessage {
  return mischief.says?.(message) ?? message
}

/** The route that a malicious service asked for, and nothing else. */
function route(events: readonly AppEvent<never>[]) {
  const [event, ...more] = events
  assert.ok(event?.type === 'route' && more.length === 0, `${events.length} events`)
  return event
}

test('what has no older version goes in and out as it is', () => {
  const kv = replayingKv()
  for (const message of [keep(old), query(questionOf(key)), answer(old)])
    assert.deepEqual(tell(kv, from(message)), { events: [], passed: true })
  for (const message of [keep(old), answer(newer), query(questionOf(key))]) {
    if (message.type === 'answer') assert.deepEqual(leaves(replayingKv(), message), message)
    else assert.deepEqual(leaves(kv, message), message)
  }
})

test('a holder that is brought a newer version keeps it and has those nearest to the key hold the old one, once', () => {
  const kv = replayingKv()
  tell(kv, from(keep(old)))
  const { events, passed } = tell(kv, from(keep(newer, 2)))
  assert.ok(passed)
  const { ticket, key: near, count } = route(events)
  assert.deepEqual([keyFromBytes(near ?? new Uint8Array(32)), count], [key, 20])
  const holders = [asker, peerRef(identity(3).id)]
  const routed = tell(kv, { type: 'routed', ticket, peers: holders })
  assert.equal(routed.passed, false)
  assert.deepEqual(
    routed.events.map((event) => event.type === 'send' && event.to.id),
    holders.map(({ id }) => id)
  )
  const [request] = routed.events.flatMap((event) => (event.type === 'send' ? [event.message] : []))
  assert.ok(request?.type === 'request')
  assert.deepEqual(decodeHold(request.body), { type: 'keep', carried: old, ifSequence: undefined })
  // The honest service does not hear what is said to that, and the same version again is no reason to do it again.
  const response = { type: 'response', app: 'kv', id: request.id, status: 'ok', stream: 0, streamBytes: 0 } as const
  assert.equal(tell(kv, from({ ...response, body: new Uint8Array(1) })).passed, false)
  assert.equal(tell(kv, { type: 'undelivered', to: asker, message: request, reason: 'offline' }).passed, false)
  assert.equal(tell(kv, from({ ...response, id: 1, body: new Uint8Array(1) })).passed, true)
  assert.deepEqual(tell(kv, from(keep(newer, 4))).events, [])
  assert.equal(route(tell(kv, from(keep(carriedRecord(3)))).events).type, 'route')
})

test('old versions leave in place of new ones: as answers, to holders, spread', () => {
  const kv = replayingKv()
  tell(kv, from(keep(old)))
  assert.deepEqual(leaves(kv, answer(newer)), answer(old))
  assert.deepEqual(leaves(kv, keep(newer)), keep(old))
  const numbers = { trace: 1n, hops: 1, fanOut: 1, budget: 1, history: query(old).history }
  const spread = { type: 'propagate', app: 'kv', ...numbers } as const
  assert.deepEqual(leaves(kv, { ...spread, body: newer }), { ...spread, body: old })
})

test('who has nothing answers with what another of the gang remembers; who is busy says so', () => {
  const gang = createGang()
  tell(kvMischief('replaying', scene('kv'), gang), from(keep(old)))
  const other = kvMischief('replaying', scene('kv'), gang)
  const ask = (): void => assert.ok(tell(other, from(query(questionOf(key)))).passed)
  ask()
  const said = leaves(other, answer())
  assert.ok(said.type === 'answer' && said.answers.length === 1)
  assert.deepEqual(said.answers[0]?.body, old)
  assert.deepEqual(leaves(other, answer()), answer(), 'a query is answered once')
  ask()
  const busy = { ...answer(), reason: 'busy' } as const
  assert.deepEqual(leaves(other, busy), busy)
})

test('a provider that has withdrawn provides still, by its old word, and its holders are told so', () => {
  const kv = replayingKv()
  const hold = (record: Uint8Array): RequestMessage => ({
    ...keep(old),
    body: encodeHold({ type: 'provider', record }),
  })
  const provided = carriedProvider(key, 1)
  tell(kv, from(hold(provided)))
  const { ticket, key: near } = route(tell(kv, from(hold(carriedProvider(key, 2, true)))).events)
  assert.deepEqual(near, keyToBytes(key))
  const [request] = sent(tell(kv, { type: 'routed', ticket, peers: [asker] }).events)
  assert.deepEqual(request?.type === 'request' && decodeHold(request.body), {
    type: 'provider',
    record: new Uint8Array(provided),
  })
  tell(kv, from(query(providersQuestion(key))))
  const said = leaves(kv, answer())
  assert.deepEqual(said.type === 'answer' && said.answers.map(({ body }) => body), [provided])
})

test('a replaying peer store names peers by their old records, and spreads those again', () => {
  const peers = peersMischief('replaying', scene('peers'), createGang())
  const moved = identity(2)
  const [before, after] = [recordOfPeer(1, moved), recordOfPeer(2, moved)]
  const online = { type: 'online', peer: peerRef(moved.id), apps: [], host: '' } as const
  assert.ok(tell(peers, { ...online, record: before }).passed)
  const { ticket, key: near } = route(tell(peers, { ...online, record: after }).events)
  assert.deepEqual(near, peerKey(moved.id))
  const [spread] = sent(tell(peers, { type: 'routed', ticket, peers: [asker] }).events)
  assert.ok(spread?.type === 'propagate')
  assert.deepEqual(spread.body, before)

  const contacts = { type: 'contacts', app: 'peers', id: 7n } as const
  assert.deepEqual(leaves(peers, { ...contacts, records: [after] }), { ...contacts, records: [before] })
  const response = { type: 'response', app: 'peers', id: 1, status: 'ok', stream: 0, streamBytes: 0 } as const
  const named = leaves(peers, { ...response, body: namedBody([after, recordOfPeer(2, identity(9))]) })
  assert.ok(named.type === 'response')
  assert.deepEqual(readNamed(named.body), [before, recordOfPeer(2, identity(9))])
  tell(peers, from(query(findBody(moved.id), { app: 'peers' })))
  const said = leaves(peers, { ...answer(), app: 'peers' })
  assert.deepEqual(said.type === 'answer' && said.answers.map(({ body }) => body), [before])
})
