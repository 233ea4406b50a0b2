import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PeerRef } from '../../src/identity/peer-ref.ts'
import { peerRef } from '../../src/identity/peer-ref.ts'
import { silent } from '../../src/log.ts'
import { createEngine, simpleRules } from '../../src/queries/index.ts'
import { seededRandom } from '../../src/random.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'
import type { AnswerMessage, QueryMessage } from '../../src/wire/messages.ts'
import { bytes, createNet, idOf } from '../helpers/query-net.ts'

const answer = (id: bigint, parts: Partial<AnswerMessage> = {}): AnswerMessage => ({
  type: 'answer',
  app: 'test',
  id,
  answers: [{ from: undefined, hops: 1, body: bytes('q=lie') }],
  closed: 0,
  unspent: 0,
  reason: 'done',
  ...parts,
})

const huge: QueryMessage = {
  type: 'query',
  app: 'test',
  trace: 5n,
  id: 6n,
  mode: { type: 'proxied' },
  hops: 255,
  travelled: 1,
  fanOut: 255,
  results: 65_535,
  priority: 255,
  budget: 0xffff_ffff,
  lifetimeMs: 0xffff_ffff,
  history: { keep: 'hops', limit: 64, peers: Array.from({ length: 64 }, () => idOf(0)) },
  body: bytes('q'),
}

test('hostile numbers are clamped to our rules and counted, and the whole weight still comes back', () => {
  const { max } = simpleRules()
  const net = createNet(
    21,
    Array.from({ length: 20 }, (_, at) => [1, at === 1 ? 0 : at + 1] as const),
    { liar: (node) => (node === 0 ? () => {} : undefined) }
  )
  net.inject(0, 1, huge)
  net.run()
  const asked = net.sent.flatMap((each) => (each.from === 1 && each.message.type === 'query' ? [each.message] : []))
  assert.ok(asked.length >= 12 && asked.length <= 20)
  for (const each of asked) {
    assert.ok(each.hops < max.hops && each.fanOut <= max.fanOut && each.budget < max.budget)
    assert.ok(each.results <= max.results && each.priority <= max.priority && each.lifetimeMs < max.lifetimeMs)
  }
  const closed = net.sent.flatMap((each) =>
    each.to === 0 && each.message.type === 'answer' ? [each.message.closed] : []
  )
  assert.equal(
    closed.reduce((sum, each) => sum + each, 0),
    0xffff_ffff
  )
  assert.equal(net.node(1).engine.stats().clamped, 1)
})

test('hostile numbers in direct mode: what is not granted goes back to the asker', () => {
  const net = createNet(
    3,
    [
      [0, 1],
      [1, 2],
    ],
    { liar: (node) => (node === 0 ? () => {} : undefined) }
  )
  const asker = bytes(`record ${idOf(0)}`)
  net.inject(0, 1, {
    ...huge,
    mode: { type: 'direct', asker },
    budget: 5000,
    fanOut: 1,
    history: { keep: 'peers', limit: 0, peers: [] },
  })
  net.run()
  const words = net.sent.flatMap((each) => (each.to === 0 && each.message.type === 'answer' ? [each.message] : []))
  assert.equal(
    words.reduce((sum, each) => sum + each.closed, 0),
    5001
  )
  assert.equal(
    words.reduce((sum, each) => sum + each.unspent, 0),
    4999
  )
})

test('zeros are survived: no fan-out, no results, no lifetime, no hops', () => {
  for (const zero of [
    { fanOut: 0 },
    { results: 0 },
    { lifetimeMs: 0 },
    { hops: 0 },
    { budget: 0 },
    { travelled: 255 },
  ]) {
    const net = createNet(
      3,
      [
        [0, 1],
        [1, 2],
      ],
      { liar: (node) => (node === 0 ? () => {} : undefined) }
    )
    const message = { ...huge, budget: 5, ...zero, history: { keep: 'peers', limit: 0, peers: [] } } as const
    net.inject(0, 1, message)
    net.run()
    const closed = net.sent.flatMap((each) =>
      each.to === 0 && each.message.type === 'answer' ? [each.message.closed] : []
    )
    assert.deepEqual(closed, [message.budget + 1], JSON.stringify(zero))
    assert.equal(net.pending(), 0)
  }
})

test('an answer from somebody who was not asked is uninvited, with an unknown id unknown, after the end late', () => {
  const net = createNet(
    4,
    [
      [0, 1],
      [0, 2],
    ],
    { fate: (from) => (from === 1 ? 'lose' : 'deliver') }
  )
  const run = net.ask(0, 'q')
  net.run(1)
  const query = net.sent.find((each) => each.to === 1)?.message
  assert.ok(query?.type === 'query')
  net.inject(2, 0, answer(query.id))
  net.inject(1, 0, answer(query.id + 1n))
  net.run(50)
  assert.deepEqual([run.answers.length, run.outcome], [0, undefined])
  net.inject(1, 0, answer(query.id))
  net.inject(1, 0, answer(query.id))
  net.run()
  const { uninvited, unknown, late } = net.node(0).engine.stats()
  assert.deepEqual({ uninvited, unknown, late, got: run.answers.length }, { uninvited: 1, unknown: 1, late: 1, got: 1 })
})

test('a peer can close only its own branch', () => {
  const net = createNet(
    3,
    [
      [0, 1],
      [0, 2],
    ],
    { latencyMs: 10, fate: (from) => (from === 1 ? 'lose' : 'deliver') }
  )
  const run = net.ask(0, 'q', { lifetimeMs: 1000 })
  net.run(5)
  const toOne = net.sent.find((each) => each.to === 1)?.message
  assert.ok(toOne?.type === 'query')
  net.inject(2, 0, answer(toOne.id, { answers: [], closed: 0xffff_ffff, unspent: 0xffff_ffff }))
  net.run()
  assert.deepEqual([run.outcome?.reason, run.doneAtMs], ['expired', 1000])
})

test('answers that do not verify are counted, and a peer that keeps sending them is given up', () => {
  const rubbish = Array.from({ length: 5 }, () => ({ from: undefined, hops: 1, body: bytes('rubbish') }))
  const net = createNet(2, [[0, 1]], {
    liar: (node) =>
      node !== 1
        ? undefined
        : (from, message, say) => {
            if (message.type === 'query')
              for (let i = 0; i < 4; i++) say(from, answer(message.id, { answers: rubbish }))
          },
  })
  const run = net.ask(0, 'q')
  net.run(100)
  assert.deepEqual(run.outcome, { reason: 'exhausted', answers: 0, sent: 1, notFound: 0, failed: 1, invalid: 9 })
  assert.equal(net.node(0).engine.stats().late, 11, 'and no more of them are checked')
})

test('whoever floods a direct question with rubbish is not checked for long, and others are still heard', () => {
  let checks = 0
  const rubbish = Array.from({ length: 60 }, () => ({ from: undefined, hops: 1, body: bytes('rubbish') }))
  const net = createNet(
    3,
    [
      [0, 1],
      [0, 2],
    ],
    {
      app: {
        verify(_question, body) {
          checks++
          return String(body) === String(bytes('q=x'))
        },
      },
      liar: (node) =>
        node === 0
          ? undefined
          : (from, message, say) => {
              if (message.type !== 'query') return
              if (node === 1) for (let i = 0; i < 5; i++) say(from, answer(message.id, { answers: rubbish }))
              else
                say(
                  from,
                  answer(message.id, { answers: [{ from: undefined, hops: 1, body: bytes('q=x') }], closed: 1 })
                )
            },
    }
  )
  const run = net.ask(0, 'q', { mode: 'direct', fanOut: 2 })
  net.run(100)
  assert.equal(run.answers.length, 1)
  assert.ok(checks <= 10, `${checks}`)
})

test('a cancel from somebody else, or for nothing, changes nothing', () => {
  const net = createNet(
    4,
    [
      [0, 1],
      [1, 2],
      [1, 3],
    ],
    { fate: (_from, to) => (to === 2 ? 'lose' : 'deliver') }
  )
  const run = net.ask(0, 'q', { results: 2 })
  net.put(3, 'q', 'x')
  net.run(1)
  const query = net.sent.find((each) => each.to === 1)?.message
  assert.ok(query?.type === 'query')
  net.inject(3, 1, { type: 'cancel', app: 'test', id: query.id })
  net.inject(0, 1, { type: 'cancel', app: 'test', id: query.id + 1n })
  net.run()
  assert.equal(run.answers.length, 1)
})

test('an unknown ticket and messages back from nowhere are ignored', () => {
  const net = createNet(2, [[0, 1]])
  const { engine } = net.node(0)
  engine.routed(99, [net.node(1).ref])
  engine.undelivered(net.node(1).ref, { ...huge, mode: { type: 'direct', asker: bytes('x') } })
  engine.undelivered(net.node(1).ref, answer(3n))
  engine.tick()
  net.run()
  assert.equal(net.sent.length, 0)
})

test('budget that is not granted comes back unspent to the one who gave it', () => {
  const net = createNet(
    3,
    [
      [0, 1],
      [1, 2],
    ],
    { liar: (node) => (node === 0 ? () => {} : undefined) }
  )
  net.inject(0, 1, { ...huge, budget: 5000, history: { keep: 'peers', limit: 0, peers: [] } })
  net.run()
  const words = net.sent.flatMap((each) => (each.to === 0 && each.message.type === 'answer' ? [each.message] : []))
  assert.deepEqual(
    words.map(({ closed, unspent }) => [closed, unspent]),
    [[5001, 4999]]
  )
})

test('a route that names only peers that it must not is not asked for ever', () => {
  const requests: number[] = []
  const outcomes: string[] = []
  const engine = createEngine(
    {
      app: 'test',
      self: { id: idOf(0), anonymous: false, record: undefined },
      rules: simpleRules(),
      verifyRecord: () => undefined,
    },
    { lookup: () => [], verify: () => true, accepts: () => true, keyOf: () => undefined },
    {
      send: (to, message) => void (message.type === 'query' && sent.push({ to, id: message.id })),
      sendDirect: () => {},
      reach: () => {},
      route: ({ ticket }) => void requests.push(ticket),
      answer: () => {},
      done: (_ask, { reason }) => void outcomes.push(reason),
      wake: () => {},
    },
    { clock: virtualClock(), random: seededRandom(1), log: silent }
  )
  const sent: { to: PeerRef; id: bigint }[] = []
  const stubborn = [1, 1, 0, 2, 3].map((index) => peerRef(idOf(index)))
  engine.ask({ body: bytes('q') })
  for (let round = 0; round < 50 && outcomes.length === 0; round++) {
    const ticket = requests.pop()
    if (ticket !== undefined) engine.routed(ticket, stubborn)
    const next = sent.shift()
    if (next) engine.message(next.to, answer(next.id, { answers: [], closed: 0xffff_ffff, unspent: 0xffff_ffff }))
  }
  assert.deepEqual(outcomes, ['exhausted'])
})

test('one message with more answers than wanted gives as many as wanted', () => {
  const many = Array.from({ length: 3 }, () => ({ from: undefined, hops: 1, body: bytes('q=same') }))
  const net = createNet(2, [[0, 1]], {
    liar: (node) =>
      node !== 1
        ? undefined
        : (from, message, say) => {
            if (message.type === 'query') say(from, answer(message.id, { answers: many }))
          },
  })
  const run = net.ask(0, 'q')
  net.run()
  assert.deepEqual([run.answers.length, run.outcome?.answers, net.node(0).engine.stats().late], [1, 1, 2])
})
