/** @module test/queries/receiving — Queries of others: duplicates, bounds, refusals, and what a relay passes up. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chain, deaf, queryMessage, star, told } from '../helpers/query-messages.ts'
import { createNet } from '../helpers/query-net.ts'

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

test('a question that the app does not understand is refused', () => {
  const net = createNet(2, [[0, 1]])
  const run = net.ask(0, '?what')
  net.run()
  assert.deepEqual([run.outcome?.reason, run.outcome?.failed], ['exhausted', 1])
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
