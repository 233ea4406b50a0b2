/** @module test/apps/kv/holders — what is counted when peers are asked to hold a record: silence, strangers, late answers and full tables too. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeOutcome, type HoldOutcome } from '../../../src/apps/kv/hold-messages.ts'
import { createHolders, nobody, type HolderCounts } from '../../../src/apps/kv/holders.ts'
import { openKey } from '../../../src/apps/kv/key.ts'
import { kv } from '../../../src/apps/kv/kv.ts'
import { maxRequests } from '../../../src/apps/defaults.ts'
import { respond } from '../../../src/apps/requests.ts'
import { peerRef, type PeerRef } from '../../../src/identity/peer-ref.ts'
import type { AskOutcome } from '../../../src/queries/query.ts'
import { seededRandom } from '../../../src/random.ts'
import { virtualClock } from '../../../src/testing/virtual-clock.ts'
import type { RequestMessage } from '../../../src/wire/messages.ts'
import { someone } from '../../helpers/search-net.ts'

const peer = (n: number): PeerRef => peerRef(someone(n).id)
const key = openKey('n')
const request = { type: 'keep', carried: Uint8Array.of(1), ifSequence: undefined } as const

function made(holdTimeoutMs?: number) {
  const clock = virtualClock()
  const sent: { readonly to: PeerRef; readonly message: RequestMessage }[] = []
  const told: HolderCounts[] = []
  let carried: Uint8Array | undefined = Uint8Array.of(1)
  let searched = 0
  const holders = createHolders({
    app: 'kv',
    clock,
    random: seededRandom(1),
    paths: undefined,
    holdTimeoutMs,
    carried: () => carried,
    ask: (call) => {
      searched = call
    },
    send: (to, message) => {
      if (message.type === 'request') sent.push({ to, message })
    },
    wake: (delayMs) => void clock.after(delayMs, () => holders.requests.expire()),
  })
  const answer = (n: number, outcome: HoldOutcome, from = sent[n]?.to): void => {
    const asked = sent[n]
    assert.ok(asked && from)
    holders.requests.response(from, respond(asked.message, 'ok', encodeOutcome(outcome)))
  }
  const done = (counts: HolderCounts): void => void told.push(counts)
  return {
    holders,
    clock,
    sent,
    told,
    answer,
    done,
    lose: () => {
      carried = undefined
    },
    search: () => searched,
  }
}

const found = (count: number): AskOutcome => ({
  reason: 'complete',
  answers: 0,
  sent: count,
  notFound: count,
  failed: 0,
  invalid: 0,
  closest: Array.from({ length: count }, (_, n) => ({ id: someone(n).id, peer: peer(n), record: undefined })),
})

test('who is silent has failed after holdTimeoutMs, and what it says later changes nothing', async () => {
  for (const [given, timeoutMs] of [
    [undefined, 3000],
    [200, 200],
  ] as const) {
    const { holders, clock, told, answer, done } = made(given)
    holders.give([peer(0), peer(1)], request, done)
    answer(1, 'kept')
    await clock.advance(timeoutMs - 1)
    assert.deepEqual(told, [])
    await clock.advance(1000)
    const counts = { ...nobody(), asked: 2, acknowledged: 1, failed: 1 }
    assert.deepEqual(told, [counts])
    answer(0, 'kept')
    assert.deepEqual(told, [counts])
    assert.equal(holders.requests.uninvited, 1)
  }
})

test('an answer from somebody else counts for nobody', () => {
  const { holders, told, answer, done } = made()
  holders.give([peer(0)], request, done)
  answer(0, 'kept', peer(1))
  assert.deepEqual(told, [])
  answer(0, 'full')
  assert.deepEqual(told, [{ ...nobody(), asked: 1, full: 1 }])
})

test('who went away has failed at once', () => {
  const { holders, told, done } = made()
  holders.give([peer(0), peer(1)], request, done)
  holders.requests.offline(peer(0))
  holders.requests.offline(peer(1))
  assert.deepEqual(told, [{ ...nobody(), asked: 2, failed: 2 }])
})

test('more than may be under way have failed at once, and nothing is sent to them', () => {
  const { holders, sent, told, done } = made()
  const one = peer(0)
  const many = Array.from({ length: maxRequests }, () => one)
  holders.give(many, request)
  holders.give([peer(1), peer(2)], request, done)
  assert.deepEqual(told, [{ ...nobody(), asked: 2, failed: 2 }])
  assert.equal(sent.length, maxRequests)
})

test('asking nobody is told too, once', () => {
  const { holders, told, done } = made()
  holders.give([], request, done)
  assert.deepEqual(told, [nobody()])
})

test('a search that finds more than are wanted asks the nearest; one that finds nobody asks nobody', () => {
  const { holders, sent, told, answer, done, search } = made()
  holders.place({ key, copies: 2, ifSequence: 3 }, done)
  assert.equal(holders.searched(search(), found(5)), true)
  assert.deepEqual(
    sent.map(({ to }) => to.id),
    [peer(0).id, peer(1).id]
  )
  answer(0, 'conflict')
  answer(1, 'newer')
  assert.deepEqual(told, [{ ...nobody(), asked: 2, conflict: 1, newer: 1 }])
  holders.place({ key, copies: 2, ifSequence: undefined }, done)
  assert.equal(holders.searched(search(), found(0)), true)
  assert.deepEqual(told.at(-1), nobody())
  assert.equal(holders.searched(search(), found(5)), false, 'that search is over')
  assert.equal(holders.searched(7, found(5)), false, 'a call of the program')
})

test('a record that was removed while its holders were looked for is given to nobody', () => {
  const { holders, sent, told, done, lose, search } = made()
  holders.place({ key, copies: 2, ifSequence: undefined }, done)
  lose()
  holders.searched(search(), found(5))
  assert.deepEqual(sent, [])
  assert.deepEqual(told, [nobody()])
})

test('a time that is no count is refused where it is written', () => {
  for (const holdTimeoutMs of [-1, 1.5, Number.NaN]) assert.throws(() => kv({ holdTimeoutMs }), TypeError)
})
