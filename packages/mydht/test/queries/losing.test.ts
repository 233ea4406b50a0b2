/** @module test/queries/losing — Peers that cannot be reached, go away or take no more: nobody waits for them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simpleRules } from '../../src/queries/index.ts'
import type { AppMessage } from '../../src/wire/messages.ts'
import { chain, deaf, queryMessage, star, told } from '../helpers/query-messages.ts'
import { createNet, idOf, record } from '../helpers/query-net.ts'

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
