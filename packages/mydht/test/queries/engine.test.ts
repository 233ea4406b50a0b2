import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simpleRules } from '../../src/queries/index.ts'
import type { AnswerMessage, AppMessage, QueryMessage } from '../../src/wire/messages.ts'
import { bytes, createNet, idOf, record } from '../helpers/query-net.ts'
import type { Net } from '../helpers/query-net.ts'

const star = (leaves: number): [number, number][] => Array.from({ length: leaves }, (_, leaf) => [0, leaf + 1])
const chain = (count: number): [number, number][] => Array.from({ length: count - 1 }, (_, at) => [at, at + 1])
const mesh = (count: number): [number, number][] =>
  Array.from({ length: count }, (_, a) => a).flatMap((a) =>
    Array.from({ length: count - a - 1 }, (_, b): [number, number] => [a, a + b + 1])
  )

function queryMessage(parts: Partial<QueryMessage> = {}): QueryMessage {
  return {
    type: 'query',
    app: 'test',
    trace: 77n,
    id: 7n,
    mode: { type: 'proxied' },
    hops: 3,
    travelled: 1,
    fanOut: 3,
    results: 1,
    priority: 1,
    budget: 20,
    lifetimeMs: 5000,
    history: { keep: 'peers', limit: 0, peers: [] },
    body: bytes('q'),
    ...parts,
  }
}

/** Everything that was said to the silent peer 0 about its query 7. */
function told(net: Net, to = 0, id = 7n): AnswerMessage[] {
  return net.sent.flatMap(({ to: target, message }) =>
    target === to && message.type === 'answer' && message.id === id ? [message] : []
  )
}

/** A net whose peer 0 only listens. */
const deaf = (node: number) => (node === 0 ? () => {} : undefined)

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

test('a peer that cannot be reached is replaced at once, and its message is not counted as sent', () => {
  const net = createNet(4, star(3), {
    fate: (_from, to, message) => (to === 1 && message.type === 'query' ? 'full' : 'deliver'),
  })
  net.put(3, 'q', 'x')
  const run = net.ask(0, 'q', { fanOut: 1, budget: 2 })
  net.run()
  assert.deepEqual(run.outcome, { reason: 'complete', answers: 1, sent: 2, notFound: 1, failed: 1, invalid: 0 })
})

test('a peer that goes offline while it works is replaced at once', () => {
  const net = createNet(
    4,
    [
      [0, 1],
      [1, 2],
      [0, 3],
    ],
    { fate: (_from, to) => (to === 2 ? 'lose' : 'deliver') }
  )
  net.put(3, 'q', 'x')
  const run = net.ask(0, 'q', { fanOut: 1 })
  net.later(5, () => net.disconnect(0, 1))
  net.run(50)
  assert.deepEqual([run.outcome?.reason, run.outcome?.failed], ['complete', 1])
  assert.equal(net.sent.filter((each) => each.to === 1 && each.message.type === 'cancel').length, 0)
  assert.equal(net.pending(), 0, 'and it works no more for an asker that is gone')
})

test('a route that answers after a peer went offline does not make us send to it', () => {
  const net = createNet(3, star(2))
  const run = net.ask(0, 'q')
  net.node(0).engine.offline(net.node(1).ref)
  net.run()
  assert.equal(run.outcome?.reason, 'exhausted')
  assert.deepEqual(
    net.sent.filter((each) => each.from === 0).map((each) => each.to),
    [2]
  )
})

test('a direct relay whose neighbour is gone tries another', () => {
  const net = createNet(
    4,
    [
      [0, 1],
      [1, 2],
      [1, 3],
    ],
    { fate: (from, to) => (from === 1 && to === 2 ? 'offline' : 'deliver') }
  )
  net.put(3, 'q', 'x')
  const run = net.ask(0, 'q', { mode: 'direct', fanOut: 1 })
  net.run()
  assert.equal(run.outcome?.reason, 'complete')
})

test('a direct relay that can reach nobody gives the weight back to the asker', () => {
  const net = createNet(3, chain(3), { fate: (from, to) => (from === 1 && to === 2 ? 'offline' : 'deliver') })
  const run = net.ask(0, 'q', { mode: 'direct' })
  net.run()
  assert.deepEqual([run.outcome?.reason, run.outcome?.notFound], ['exhausted', 1])
  assert.ok(run.doneAtMs < 100)
})

test('a last word that finds a full queue waits until the peer takes messages again', () => {
  let full = true
  const net = createNet(2, [[0, 1]], {
    fate: (from, _to, message) => (full && from === 1 && message.type === 'answer' ? 'full' : 'deliver'),
  })
  net.put(1, 'q', 'x')
  const run = net.ask(0, 'q')
  net.run(100)
  assert.equal(net.pending(), 1)
  full = false
  net.node(1).engine.writable(net.node(0).ref)
  net.run()
  assert.equal(run.outcome?.reason, 'complete')
})

test('answers too long together go one by one; one too long alone is left out, but its branch ends', () => {
  const fate = (_from: number, _to: number, message: AppMessage) =>
    message.type === 'answer' && message.answers.reduce((sum, each) => sum + each.body.length, 0) > 8
      ? 'too-long'
      : 'deliver'
  const net = createNet(2, [[0, 1]], { fate })
  net.put(1, 'q', 'abc', 'def', 'much too long')
  const run = net.ask(0, 'q', { results: 5 })
  net.run()
  assert.deepEqual([run.answers.map((each) => each.text), run.outcome?.reason], [['q=abc', 'q=def'], 'exhausted'])
})

test('more answers than one message holds go in several', () => {
  const rules = simpleRules({ max: { results: 150 } })
  const net = createNet(2, [[0, 1]], { rules })
  net.put(1, 'q', ...Array.from({ length: 130 }, (_, index) => String(index)))
  for (const hops of [1, 2]) {
    const run = net.ask(0, 'q', { results: 150, hops })
    net.run()
    assert.deepEqual([run.answers.length, run.outcome?.reason], [130, 'exhausted'])
  }
})

test('a duplicate is closed at once, unless it has more hops left than before', () => {
  const net = createNet(
    3,
    [
      [0, 1],
      [1, 2],
    ],
    { liar: deaf }
  )
  net.inject(0, 1, queryMessage({ id: 1n, hops: 1 }))
  net.inject(0, 1, queryMessage({ id: 2n, hops: 1 }))
  net.inject(0, 1, queryMessage({ id: 3n, hops: 2, budget: 9 }))
  net.run()
  assert.deepEqual(
    told(net, 0, 2n).map(({ reason, closed, unspent }) => [reason, closed, unspent]),
    [['duplicate', 21, 20]]
  )
  assert.deepEqual(
    told(net, 0, 3n).map(({ reason, closed, unspent }) => [reason, closed, unspent]),
    [['done', 10, 8]]
  )
  assert.equal(net.node(1).engine.stats().duplicates, 1)
})

test('a repeated query with more hops is not answered from the store twice', () => {
  const net = createNet(2, [[0, 1]], { liar: deaf })
  net.put(1, 'q', 'x')
  net.inject(0, 1, queryMessage({ id: 1n, hops: 1, results: 5 }))
  net.inject(0, 1, queryMessage({ id: 2n, hops: 2, results: 5 }))
  net.run()
  assert.equal(told(net, 0, 1n).flatMap((each) => each.answers).length, 1)
  assert.equal(told(net, 0, 2n).flatMap((each) => each.answers).length, 0)
})

test('past its bounds an engine answers busy and gives the whole weight back', () => {
  for (const limits of [{ maxPending: 2 }, { maxPendingPerPeer: 2 }]) {
    const net = createNet(
      3,
      [
        [0, 1],
        [1, 2],
      ],
      { limits, liar: (node) => (node === 1 ? undefined : () => {}) }
    )
    for (let n = 0n; n < 3n; n++) net.inject(0, 1, queryMessage({ id: n, trace: n }))
    net.run(50)
    assert.deepEqual(
      told(net, 0, 2n).map(({ reason, closed, unspent }) => [reason, closed, unspent]),
      [['busy', 21, 20]]
    )
    assert.equal(net.pending(), 2)
    net.inject(2, 1, queryMessage({ id: 9n, trace: 9n }))
    net.run(60)
    assert.equal(net.pending(), 'maxPending' in limits ? 2 : 3)
    net.run()
    assert.equal(net.pending(), 0)
    net.inject(0, 1, queryMessage({ id: 10n, trace: 10n }))
    net.run(net.time() + 10)
    assert.equal(net.pending(), 1, 'what is over makes room')
  }
})

test('a busy peer counts as failed and the next is asked', () => {
  const net = createNet(3, star(2), {
    liar: (node) =>
      node !== 1
        ? undefined
        : (from, message, say) => {
            if (message.type !== 'query') return
            const { id, budget } = message
            say(from, {
              type: 'answer',
              app: 'test',
              id,
              answers: [],
              closed: budget + 1,
              unspent: budget,
              reason: 'busy',
            })
          },
  })
  net.put(2, 'q', 'x')
  const run = net.ask(0, 'q', { fanOut: 1 })
  net.run()
  assert.deepEqual([run.outcome?.reason, run.outcome?.failed], ['complete', 1])
})

test('our own questions past the bound end as busy', () => {
  const net = createNet(2, [[0, 1]], { limits: { maxPending: 1 } })
  net.ask(0, 'q')
  assert.equal(net.ask(0, 'q').outcome?.reason, 'busy')
})

test('a question that the app does not understand is refused', () => {
  const net = createNet(2, [[0, 1]])
  const run = net.ask(0, '?what')
  net.run()
  assert.deepEqual([run.outcome?.reason, run.outcome?.failed], ['exhausted', 1])
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

test('answers that pass through are shown to the app, own ones are not', () => {
  const seen: string[] = []
  const net = createNet(3, chain(3), {
    app: { passing: (_question, answer) => void seen.push(new TextDecoder().decode(answer)) },
  })
  net.put(2, 'q', 'x')
  net.ask(0, 'q')
  net.run()
  assert.deepEqual(seen, ['q=x'])
})

test('a relay never passes up more answers than its parent wants, its own included', () => {
  const net = createNet(
    3,
    [
      [0, 1],
      [1, 2],
    ],
    { liar: deaf }
  )
  net.put(1, 'q', 'a', 'b')
  net.put(2, 'q', 'c', 'd', 'e')
  net.inject(0, 1, queryMessage({ results: 3 }))
  net.run()
  assert.equal(told(net).flatMap((each) => each.answers).length, 3)
})

test('a direct relay gives up after a few dead neighbours, and the asker spends what is left elsewhere', () => {
  const dead = Array.from({ length: 10 }, (_, index): [number, number] => [1, index + 3])
  const net = createNet(13, [[0, 1], [0, 2], ...dead], {
    fate: (from, to) => (from === 1 && to > 2 ? 'offline' : 'deliver'),
  })
  let tries = 0
  const { route } = net.node(1)
  const original = { ...route }
  route.next = (request) => {
    tries++
    return original.next(request)
  }
  net.put(2, 'q', 'x')
  const run = net.ask(0, 'q', { mode: 'direct', fanOut: 1, budget: 2 })
  net.run()
  assert.equal(run.outcome?.reason, 'complete')
  assert.equal(tries, 4)
})

test('a direct relay that waits for its route sends nothing to peers that went offline meanwhile', () => {
  const direct = queryMessage({ mode: { type: 'direct', asker: record(idOf(0)) } })
  for (const gone of [0, 2]) {
    const net = createNet(3, chain(3), { liar: deaf })
    net.inject(0, 1, direct)
    net.later(0, () => net.node(1).engine.offline(net.node(gone).ref))
    net.run()
    assert.equal(net.sent.filter((each) => each.to === gone).length, 0)
    assert.equal(net.sent.length, gone === 0 ? 0 : 1)
  }
})

test('in direct mode the answer comes even when the first hop is gone', () => {
  const net = createNet(4, chain(4))
  net.put(3, 'q', 'x')
  const run = net.ask(0, 'q', { mode: 'direct' })
  net.run(2)
  net.disconnect(0, 1)
  net.run()
  assert.equal(run.outcome?.reason, 'complete')
})

test('a route that never answers holds nobody beyond the lifetime', () => {
  const net = createNet(4, chain(4), { lost: (node) => node === 1, liar: deaf })
  net.inject(0, 1, queryMessage({ id: 1n, mode: { type: 'direct', asker: record(idOf(0)) } }))
  net.inject(0, 1, queryMessage({ id: 2n, trace: 2n }))
  net.run()
  assert.deepEqual(
    [1n, 2n].map((id) => told(net, 0, id).map(({ closed, unspent }) => [closed, unspent])),
    [[[21, 20]], [[21, 20]]]
  )
  assert.ok(net.time() <= 5001)
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
