import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { grantAsk, lifetimeBelow } from '../../src/queries/clamp.ts'
import { linear, simpleRules } from '../../src/queries/index.ts'
import { createHeld } from '../../src/queries/held.ts'
import { nextHistory, receivedHistory, startHistory } from '../../src/queries/history.ts'
import { askMode, receiverRole } from '../../src/queries/modes.ts'
import { createMemory } from '../../src/queries/traces.ts'
import { splitEvenly, splitPassing, weightOf, wireWeight } from '../../src/queries/weights.ts'
import type { AnswerMessage } from '../../src/wire/messages.ts'
import { idOf, record } from '../helpers/query-net.ts'
import { peerRef } from '../../src/identity/peer-ref.ts'

const self = { id: idOf(0), anonymous: false, record: record(idOf(0)) }

test('a split adds up, its shares differ by one at most', () => {
  assert.deepEqual(splitEvenly(7, 3), [3, 2, 2])
  assert.deepEqual(splitEvenly(0, 2), [0, 0])
  assert.deepEqual(splitEvenly(5, 0), [])
})

test('a direct relay passes exactly its weight on, and never more messages than its budget', () => {
  fc.assert(
    fc.property(
      fc.nat(500),
      fc.integer({ min: 1, max: 255 }),
      fc.integer({ min: 1, max: 20 }),
      (budget, travelled, wanted) => {
        const mode = { type: 'direct', asker: new Uint8Array() } as const
        const shares = splitPassing(budget, travelled, wanted)
        assert.equal(shares.length > 0, budget > 0)
        if (shares.length === 0) return
        const below = shares.reduce(
          (sum, share) => sum + weightOf({ mode, budget: share, travelled: travelled + 1 }),
          0
        )
        assert.equal(below, weightOf({ mode, budget, travelled }))
        assert.ok(shares.reduce((sum, share) => sum + share + 1, 0) <= budget)
      }
    )
  )
})

test('a weight beyond the wire is cut to it', () => {
  assert.equal(wireWeight(weightOf({ mode: { type: 'proxied' }, budget: 0xffff_ffff, travelled: 1 })), 0xffff_ffff)
})

test('linear rules round down and are never negative', () => {
  assert.equal(linear({ base: 1, perPriority: 0.5 }, 3), 2)
  assert.equal(linear({ base: 1, perPriority: -1 }, 3), 0)
})

/** What a question that says nothing of searches is granted for one. */
const search = { paths: 1, width: undefined }

test('simple rules give six hops, three at a time, 256 messages and 17 seconds at priority 1; what is given wins', () => {
  const grant = grantAsk(simpleRules(), {})
  assert.deepEqual(grant, { priority: 1, results: 1, hops: 6, fanOut: 3, budget: 256, lifetimeMs: 17_000, ...search })
  const rules = simpleRules({ fanOut: { base: 9, perPriority: 0 }, max: { hops: 2 } })
  assert.deepEqual([grantAsk(rules, {}).fanOut, grantAsk(rules, {}).hops, rules.max.budget], [9, 2, 1024])
  assert.equal(structuredClone(rules).max.hops, 2)
})

test('an ask is clamped to our own maximum, rounded down, and refused where it is no number', () => {
  const grant = grantAsk(simpleRules(), { hops: 99, budget: 1e9, priority: 300, results: 2.7, lifetimeMs: 1e9 })
  assert.deepEqual(grant, {
    priority: 10,
    results: 2,
    hops: 16,
    fanOut: 12,
    budget: 1024,
    lifetimeMs: 60_000,
    ...search,
  })
  for (const wrong of [-1, Number.NaN, Infinity])
    assert.throws(() => grantAsk(simpleRules(), { budget: wrong }), TypeError)
  assert.deepEqual(
    [0, 2.5, 99].map((paths) => grantAsk(simpleRules(), { paths }).paths),
    [1, 2, 8]
  )
  for (const wrong of [{ paths: Number.NaN }, { width: Number.NaN }])
    assert.throws(() => grantAsk(simpleRules(), wrong), TypeError)
})

test('a lifetime shrinks by its margin at every hop and never below zero', () => {
  assert.equal(lifetimeBelow(17_000), 16_750)
  assert.equal(lifetimeBelow(800), 700)
  assert.ok(lifetimeBelow(1) < 1)
})

test('history by peers keeps the last n; by hops about those of the last h hops; never more than the wire holds', () => {
  const ids = Array.from({ length: 80 }, (_, index) => idOf(index))
  const start = startHistory(self, { keep: 'peers', limit: 3 })
  assert.deepEqual(start.peers, [self.id])
  assert.deepEqual(nextHistory(start, self.id, ids.slice(1, 5), 4).peers, ids.slice(2, 5))
  const hops = startHistory(self, { keep: 'hops', limit: 2 })
  assert.equal(nextHistory(hops, self.id, ids.slice(1, 20), 3).peers.length, 8)
  assert.equal(nextHistory({ keep: 'hops', limit: 64, peers: ids.slice(0, 64) }, self.id, ids, 255).peers.length, 64)
})

test('a relay that fell out of a history is put in again, and nobody stands in it twice', () => {
  const history = { keep: 'peers', limit: 9, peers: [idOf(1), idOf(2)] } as const
  assert.deepEqual(nextHistory(history, idOf(5), [idOf(2), idOf(3)], 2).peers, [idOf(1), idOf(2), idOf(3), idOf(5)])
})

test('no history is kept for the anonymous or where none is wanted', () => {
  const anonymous = { ...self, anonymous: true }
  assert.deepEqual(startHistory(anonymous, { keep: 'hops', limit: 3 }).peers, [])
  assert.deepEqual(startHistory(self, 'none').peers, [])
  assert.equal(receivedHistory(anonymous, { keep: 'hops', limit: 3, peers: [idOf(1)] }).limit, 0)
  assert.deepEqual(nextHistory(startHistory(self, 'none'), self.id, [idOf(1)], 3).peers, [])
})

test('the asker’s mode: direct needs a record and a name', () => {
  assert.equal(askMode(self, 'direct').type, 'direct')
  assert.equal(askMode({ ...self, record: undefined }, 'direct').type, 'proxied')
  assert.equal(askMode({ ...self, anonymous: true }, 'direct').type, 'proxied')
  assert.equal(askMode({ ...self, anonymous: true }, { type: 'mixed', proxiedHops: 3 }).type, 'proxied')
  assert.equal(askMode(self, { type: 'mixed', proxiedHops: 0 }).type, 'direct')
  assert.deepEqual(askMode(self, { type: 'mixed', proxiedHops: 3 }), { type: 'mixed', hops: 2 })
})

test('mixed counts down, then the receiver asks in its own name, or proxies where it has no record', () => {
  const message = {
    type: 'query',
    app: 't',
    trace: 1n,
    id: 1n,
    hops: 1,
    travelled: 1,
    fanOut: 1,
    results: 1,
    priority: 1,
    budget: 1,
    lifetimeMs: 1,
  } as const
  const rest = { history: { keep: 'peers', limit: 0, peers: [] }, body: new Uint8Array() } as const
  const role = (hops: number, me = self) =>
    receiverRole(
      { self: me, verifyRecord: () => undefined, reachable: () => false, mayAnswer: () => false },
      peerRef(idOf(1)),
      {
        ...message,
        ...rest,
        mode: { type: 'mixed', hops },
      }
    )
  assert.deepEqual(role(2), { type: 'proxy', next: { type: 'mixed', hops: 1 } })
  assert.deepEqual(role(0), { type: 'proxy', next: { type: 'direct', asker: self.record } })
  assert.deepEqual(role(0, { ...self, anonymous: true }), { type: 'proxy', next: { type: 'proxied' } })
})

test('a memory forgets the oldest when full, and everything after its time', () => {
  const memory = createMemory<string, number>(2, 100)
  memory.set('a', 1, 0)
  memory.set('b', 2, 10)
  memory.set('a', 3, 20)
  memory.set('c', 4, 30)
  assert.deepEqual([memory.get('a', 30), memory.get('b', 30), memory.get('c', 30), memory.size], [3, undefined, 4, 2])
  assert.equal(memory.get('a', 120), undefined)
  memory.set('d', 5, 200)
  assert.equal(memory.size, 1)
})

test('held answers wait for their peer, in order, the oldest dropped when there are too many', () => {
  const held = createHeld(2)
  const word = (id: bigint): AnswerMessage => ({
    type: 'answer',
    app: 't',
    id,
    answers: [],
    closed: 1,
    unspent: 0,
    reason: 'done',
  })
  for (const id of [1n, 2n, 3n]) held.keep(peerRef(idOf(1)), word(id))
  assert.deepEqual(held.take(idOf(2)), [])
  assert.deepEqual(
    held.take(idOf(1)).map((each) => each.id),
    [2n, 3n]
  )
  assert.equal(held.size, 0)
})

test('a peer that does not read drives out nothing that is held for others', () => {
  const held = createHeld(3)
  const word = (id: bigint): AnswerMessage => {
    return { type: 'answer', app: 't', id, answers: [], closed: 1, unspent: 0, reason: 'done' }
  }
  held.keep(peerRef(idOf(1)), word(1n))
  for (const id of [2n, 3n, 4n, 5n]) held.keep(peerRef(idOf(2)), word(id))
  assert.deepEqual(
    held.take(idOf(1)).map(({ id }) => id),
    [1n]
  )
  assert.deepEqual(
    held.take(idOf(2)).map(({ id }) => id),
    [4n, 5n]
  )
  assert.equal(held.size, 0)
})
