/** @module test/queries/modes — How answers come back: history, anonymous nodes, proxied, direct and mixed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chain, deaf, mesh, queryMessage, told } from '../helpers/query-messages.ts'
import { bytes, createNet, idOf, record } from '../helpers/query-net.ts'

test('history: the asker first, then all who were chosen, so that siblings do not ask each other', () => {
  const net = createNet(4, mesh(4))
  net.ask(0, 'q', { history: { keep: 'peers', limit: 9 } })
  net.run()
  const queries = net.sent.flatMap((each) => (each.message.type === 'query' ? [each.message] : []))
  assert.equal(queries.length, 3)
  for (const query of queries) assert.deepEqual(query.history.peers, [idOf(0), idOf(1), idOf(2), idOf(3)])
})

test('anonymous nodes keep no history, give no names, and only proxy', () => {
  const net = createNet(3, chain(3), { anonymous: true })
  net.put(2, 'q', 'x')
  const run = net.ask(0, 'q', { mode: 'direct' })
  net.run()
  assert.equal(run.answers[0]?.from, undefined)
  for (const { message } of net.sent) {
    if (message.type === 'query') assert.deepEqual([message.mode.type, message.history.peers], ['proxied', []])
  }
})

test('the first hop turns direct into proxied unless it has dialled the asker itself', () => {
  for (const dialled of [true, false]) {
    const net = createNet(4, chain(4), { reachable: (node, of) => dialled && node === 1 && of === 0 })
    net.put(3, 'q', 'x')
    const run = net.ask(0, 'q', { mode: 'direct' })
    net.run()
    assert.equal(run.outcome?.reason, 'complete')
    assert.equal(
      net.sent.some((each) => each.direct),
      dialled
    )
  }
})

test('a first hop that sends somebody else’s record gets proxied, and nobody is dialled', () => {
  const net = createNet(
    4,
    [
      [0, 1],
      [1, 2],
    ],
    { liar: deaf }
  )
  net.put(2, 'q', 'x')
  net.inject(0, 1, queryMessage({ mode: { type: 'direct', asker: record(idOf(3)) } }))
  net.run()
  assert.equal(told(net).flatMap((each) => each.answers).length, 1)
  assert.equal(
    net.sent.some((each) => each.direct),
    false
  )
})

test('a record that nobody signed is dropped further on', () => {
  const net = createNet(
    3,
    [
      [0, 1],
      [1, 2],
    ],
    { liar: deaf }
  )
  net.inject(0, 1, queryMessage({ travelled: 2, mode: { type: 'direct', asker: bytes('record forged') } }))
  net.run()
  assert.equal(net.sent.length, 0)
  assert.equal(net.node(1).engine.stats().invalid, 1)
})

test('direct: answers that are slower than the end of what was passed on are waited for', () => {
  for (const budget of [undefined, 3, 2, 1]) {
    const net = createNet(4, mesh(4), {
      latencyMs: (message) => (message.type === 'answer' && message.answers.length > 0 ? 50 : 1),
    })
    for (const holder of [1, 2, 3]) net.put(holder, 'q', 'x')
    const run = net.ask(0, 'q', { mode: 'direct', results: 9, budget })
    net.run()
    assert.equal(run.answers.length, Math.min(3, budget ?? 3))
    assert.notEqual(run.outcome?.reason, 'expired')
    assert.ok(run.doneAtMs >= 50 && run.doneAtMs < 1000, `${run.doneAtMs} ms`)
  }
})

test('mixed: the hop where it turns asks in its own name', () => {
  const net = createNet(5, chain(5))
  net.put(4, 'q', 'x')
  const run = net.ask(0, 'q', { mode: { type: 'mixed', proxiedHops: 2 } })
  net.run()
  assert.equal(run.outcome?.reason, 'complete')
  assert.deepEqual(
    net.sent.filter((each) => each.direct).map((each) => [each.from, each.to]),
    [[4, 2]]
  )
})

/** 0 only speaks; 1 is asked by it in the name of 3, who is not connected; 2 has the answer. */
const inTheNameOfThree = (trace: bigint, id: bigint) =>
  queryMessage({ trace, id, travelled: 2, mode: { type: 'direct', asker: record(idOf(3)) } })

test('a peer can have us answer somebody else only so often; then the answers go back to it', () => {
  const links: [number, number][] = [
    [0, 1],
    [1, 2],
  ]
  const net = createNet(4, links, { liar: deaf, limits: { maxDirectPerPeer: 2, peerWindowMs: 1000 } })
  net.put(2, 'q', 'x')
  const to = (trace: bigint): readonly [number, boolean][] => {
    const before = net.sent.length
    net.inject(0, 1, inTheNameOfThree(trace, trace))
    net.run(net.time() + 50)
    return net.sent.slice(before).flatMap((each) => (each.message.type === 'answer' ? [[each.to, each.direct]] : []))
  }
  const direct = [[3, true]]
  assert.deepEqual([to(1n), to(2n)], [direct, direct])
  assert.deepEqual(to(3n), [
    [1, false],
    [0, false],
  ])
  const [word] = told(net, 0, 3n)
  assert.deepEqual([word?.answers.length, word?.closed], [1, 22], 'with the whole weight: budget and two hops')
  // Another causing peer has its own budget, and this one has its own again after the window.
  net.inject(2, 1, inTheNameOfThree(4n, 4n))
  net.run(1100)
  assert.equal(net.node(1).engine.stats().pending, 0)
  assert.deepEqual(to(5n), direct)
})

test('answers of a relay that dials nobody any more find their way back through relays without state', () => {
  const net = createNet(6, chain(6), { limits: { maxDirectPerPeer: 1 } })
  net.put(5, 'q', 'x')
  for (const directs of [true, false, false]) {
    const before = net.sent.length
    const run = net.ask(0, 'q', { mode: 'direct' })
    net.run()
    assert.deepEqual([run.answers.length, run.outcome?.reason, run.answers[0]?.from], [1, 'complete', idOf(5)])
    const answers = net.sent.slice(before).filter((each) => each.message.type === 'answer')
    assert.equal(
      answers.some((each) => each.direct),
      directs
    )
  }
  assert.equal(net.node(2).engine.stats().unknown, 0)
})

test('an answer to a query that we passed on is taken only from those we passed it to', () => {
  const net = createNet(
    4,
    [
      [0, 1],
      [1, 2],
      [1, 3],
    ],
    { liar: (node) => (node === 1 ? undefined : () => {}) }
  )
  net.inject(0, 1, queryMessage({ fanOut: 1, mode: { type: 'direct', asker: record(idOf(0)) } }))
  net.run(10)
  const [asked] = net.sent.flatMap((each) => (each.message.type === 'query' ? [each.to] : []))
  const say = (from: number): void =>
    net.inject(from, 1, {
      type: 'answer',
      app: 'test',
      id: 7n,
      answers: [{ from: undefined, hops: 2, body: bytes('q=x') }],
      closed: 1,
      unspent: 0,
      reason: 'done',
    })
  assert.ok(asked === 2 || asked === 3)
  say(5 - asked)
  say(0)
  net.run(20)
  assert.deepEqual([told(net).length, net.node(1).engine.stats().unknown], [0, 2])
  say(asked)
  net.run(30)
  assert.equal(told(net).length, 1)
  assert.deepEqual(told(net)[0]?.answers[0]?.body, bytes('q=x'), 'not a view of what came')
})

test('forged records count against the peer that brings them; copies of a query cost one check', () => {
  const links: [number, number][] = [
    [0, 1],
    [1, 2],
  ]
  const net = createNet(4, links, { liar: deaf, limits: { maxInvalidPerPeer: 3 } })
  for (let n = 0n; n < 9n; n++) {
    net.inject(0, 1, queryMessage({ trace: n, travelled: 2, mode: { type: 'direct', asker: bytes('forged') } }))
  }
  net.run()
  assert.deepEqual([net.recordsChecked(), net.blamed, net.node(1).engine.stats().invalid], [3, [[1, 0]], 9])
  for (let n = 0; n < 9; n++) net.inject(2, 1, inTheNameOfThree(77n, BigInt(n)))
  net.run()
  assert.equal(net.recordsChecked(), 4)
})
