/** @module test/queries/asking — What our own questions bring: how many are asked, what comes back, and how a question ends. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simpleRules } from '../../src/queries/index.ts'
import { chain, mesh, queryMessage, star } from '../helpers/query-messages.ts'
import { bytes, createNet, idOf, type Net } from '../helpers/query-net.ts'

test('a mesh of ten with fan-out 5 and five hops stays within its budget and reaches everybody', () => {
  for (const mode of ['proxied', 'direct'] as const) {
    const net = createNet(10, mesh(10))
    net.put(9, 'q', 'x')
    const run = net.ask(0, 'q', { mode, fanOut: 5, hops: 5, budget: 100, results: 5 })
    net.run()
    assert.deepEqual([run.answers.length, run.outcome?.reason], [1, 'exhausted'])
    assert.ok(net.queries() <= 100)
  }
})

test('the wanted number of answers is the whole, not a share, and surplus is late', () => {
  const net = createNet(7, star(6))
  for (let leaf = 1; leaf <= 6; leaf++) net.put(leaf, 'q', `${leaf}`)
  const run = net.ask(0, 'q', { results: 4, fanOut: 6 })
  net.run()
  assert.deepEqual([run.answers.length, run.outcome?.reason], [4, 'complete'])
  assert.equal(net.node(0).engine.stats().late, 2)
})

test('partial results and not-founds together complete at once with what came', () => {
  const net = createNet(7, star(6))
  net.put(2, 'q', 'a')
  net.put(5, 'q', 'b', 'c')
  const run = net.ask(0, 'q', { results: 9, fanOut: 2 })
  net.run()
  assert.deepEqual(run.answers.map((each) => each.text).sort(), ['q=a', 'q=b', 'q=c'])
  assert.deepEqual(run.outcome, { reason: 'exhausted', answers: 3, sent: 6, notFound: 4, failed: 0, invalid: 0 })
})

test('fan-out is how many are asked at a time: a star of nine is asked wholly by fan-out 1', () => {
  const net = createNet(10, star(9))
  net.put(9, 'q', 'last')
  const run = net.ask(0, 'q', { fanOut: 1, hops: 1 })
  net.run()
  assert.equal(run.answers.length, 1)
})

test('our own store answers first, and says so', () => {
  const net = createNet(2, [[0, 1]])
  net.put(0, 'q', 'mine')
  const run = net.ask(0, 'q')
  assert.deepEqual(
    run.answers.map(({ from, via, hops }) => ({ from, via, hops })),
    [{ from: idOf(0), via: undefined, hops: 0 }]
  )
  assert.equal(run.outcome?.reason, 'complete')
  const other = net.ask(0, 'q', { local: false })
  net.run()
  assert.deepEqual([other.answers.length, other.outcome?.reason], [0, 'exhausted'])
})

test('an answer tells who found it, who brought it, and how far', () => {
  for (const [mode, via] of [
    ['proxied', 1],
    ['direct', 3],
  ] as const) {
    const net = createNet(4, chain(4))
    net.put(3, 'q', 'x')
    const run = net.ask(0, 'q', { mode })
    net.run()
    assert.deepEqual(
      run.answers.map((each) => [each.from, each.via, each.hops]),
      [[idOf(3), idOf(via), 3]]
    )
    assert.equal(
      net.sent.some((each) => each.direct),
      mode === 'direct'
    )
  }
})

test('answers stream: the near one is handed out before the far one is found', () => {
  const net = createNet(5, chain(5))
  net.put(1, 'q', 'near')
  net.put(4, 'q', 'far')
  const run = net.ask(0, 'q', { results: 2 })
  net.run(4)
  assert.deepEqual([run.answers.length, run.outcome], [1, undefined])
  net.run()
  assert.equal(run.outcome?.reason, 'complete')
})

test('when enough has come, those who still work are told to stop', () => {
  const net = createNet(
    6,
    [
      [0, 1],
      [0, 2],
      [2, 3],
      [3, 4],
      [4, 5],
    ],
    { fate: (_from, to) => (to === 5 ? 'lose' : 'deliver') }
  )
  net.later(10, () => net.put(1, 'q', 'x'))
  net.ask(0, 'q')
  net.run(20)
  assert.equal(net.pending(), 4)
  const second = net.ask(0, 'q')
  net.run(30)
  assert.deepEqual(
    [second.outcome?.reason, net.pending()],
    ['complete', 4],
    'only the first question is still worked on'
  )
})

test('cancelling ends a question and all that works on it', () => {
  const net = createNet(6, chain(6), { fate: (_from, to) => (to === 5 ? 'lose' : 'deliver') })
  const run = net.ask(0, 'q')
  net.run(20)
  assert.equal(net.pending(), 5)
  net.node(0).engine.cancel(run.id)
  net.node(0).engine.cancel(run.id)
  assert.equal(run.outcome?.reason, 'cancelled')
  net.run(40)
  assert.equal(net.pending(), 0)
})

test('without hops only our own store is asked; without anybody the reason is no-route', () => {
  const net = createNet(2, [])
  assert.equal(net.ask(0, 'q', { hops: 0 }).outcome?.reason, 'exhausted')
  const alone = net.ask(0, 'q')
  net.run()
  assert.equal(alone.outcome?.reason, 'no-route')
})

test('silence ends at the lifetime, with what came before', () => {
  const net = createNet(3, star(2), {
    fate: (_from, to, message) => (to === 2 && message.type === 'query' ? 'lose' : 'deliver'),
  })
  net.put(1, 'q', 'x')
  const run = net.ask(0, 'q', { results: 2, lifetimeMs: 3000 })
  net.run()
  assert.deepEqual([run.outcome?.reason, run.answers.length, run.doneAtMs], ['expired', 1, 3000])
})

test('a relay gives up before its asker does, so its last word arrives in time', () => {
  const net = createNet(4, chain(4), {
    fate: (_from, to, message) => (to === 3 && message.type === 'query' ? 'lose' : 'deliver'),
  })
  const run = net.ask(0, 'q', { lifetimeMs: 3000 })
  net.run()
  assert.deepEqual([run.outcome?.reason, run.outcome?.notFound], ['exhausted', 1])
  assert.ok(run.doneAtMs < 3000)
})

test('rules without not-found replies: silence until an answer or the end of the lifetime', () => {
  const net = createNet(4, star(3), { rules: simpleRules({ notFoundReplies: false }) })
  const run = net.ask(0, 'q', { lifetimeMs: 2000 })
  net.run()
  assert.deepEqual([run.outcome?.reason, run.doneAtMs], ['expired', 2000])
  assert.equal(
    net.sent.some((each) => each.message.type === 'answer'),
    false
  )
  net.put(2, 'q', 'x')
  const again = net.ask(0, 'q')
  net.run()
  assert.equal(again.outcome?.reason, 'complete')
})

test('our own questions past the bound end as busy', () => {
  const net = createNet(2, [[0, 1]], { limits: { maxPending: 1 } })
  net.ask(0, 'q')
  assert.equal(net.ask(0, 'q').outcome?.reason, 'busy')
})

test('ids may be the caller’s own, but not one in use', () => {
  const net = createNet(2, [[0, 1]])
  const { engine } = net.node(0)
  assert.equal(engine.ask({ body: bytes('q') }, 1), 1)
  assert.equal(engine.ask({ body: bytes('q') }), 2)
  assert.throws(() => engine.ask({ body: bytes('q') }, 1), TypeError)
  assert.throws(() => engine.ask({ body: bytes('q'), hops: Number.NaN }), TypeError)
})

test('closing ends our own questions, lets those who wait know, and makes later calls do nothing', () => {
  const net = createNet(4, chain(4), {
    fate: (_from, to, message) => (to === 3 && message.type === 'query' ? 'lose' : 'deliver'),
  })
  const run = net.ask(0, 'q')
  net.run(100)
  net.node(2).engine.close()
  net.run(200)
  assert.equal(run.outcome?.reason, 'exhausted')
  const { engine } = net.node(0)
  const late = net.ask(0, 'q')
  engine.close()
  assert.equal(late.outcome?.reason, 'cancelled')
  assert.equal(net.ask(0, 'q').outcome?.reason, 'cancelled')
  net.run()
  assert.equal(engine.stats().pending, 0)
})

test('a question with a shorter lifetime than those before it ends in time', () => {
  const net = createNet(2, [[0, 1]], { fate: () => 'lose' })
  const long = net.ask(0, 'q', { lifetimeMs: 5000 })
  const short = net.ask(0, 'q', { lifetimeMs: 1000 })
  net.run()
  assert.deepEqual([short.doneAtMs, long.doneAtMs], [1000, 5000])
})

test('our own question that comes back along a loop is a duplicate, whatever hops it has left', () => {
  const net = createNet(3, mesh(3))
  net.ask(0, 'q', { history: 'none' })
  net.run()
  const { sent, duplicates, received } = net.node(0).engine.stats()
  assert.equal(sent, 2)
  assert.equal(duplicates, received)
  net.inject(1, 0, queryMessage({ trace: traceOf(net), hops: 9 }))
  net.run()
  assert.equal(net.node(0).engine.stats().sent, 2)
})

function traceOf(net: Net): bigint {
  const first = net.sent[0]?.message
  assert.ok(first?.type === 'query')
  return first.trace
}
