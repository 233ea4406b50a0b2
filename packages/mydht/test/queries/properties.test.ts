/** What holds for every network, mode and number: budgets, endings, tables, and that what can be found is found. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { QueryMode } from '../../src/queries/index.ts'
import { simpleRules } from '../../src/queries/index.ts'
import { createNet } from '../helpers/query-net.ts'

const seed = 20_26
const mode: fc.Arbitrary<QueryMode> = fc.oneof(
  fc.constant<QueryMode>('proxied'),
  fc.constant<QueryMode>('direct'),
  fc.nat(3).map((proxiedHops): QueryMode => ({ type: 'mixed', proxiedHops }))
)
const history = fc.oneof(
  fc.constant<'none'>('none'),
  fc.record({ keep: fc.constantFrom<'peers' | 'hops'>('peers', 'hops'), limit: fc.integer({ min: 1, max: 8 }) })
)
const graph = (max: number) =>
  fc.integer({ min: 2, max }).chain((count) =>
    fc.record({
      count: fc.constant(count),
      links: fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 3 * count }),
    })
  )
const wide = simpleRules({ max: { budget: 0xffff_ffff, hops: 200, fanOut: 200, priority: 255 } })

function reachable(links: readonly (readonly [number, number])[], target: number): boolean {
  const seen = new Set([0])
  for (let before = -1; before !== seen.size;) {
    before = seen.size
    for (const [a, b] of links) {
      if (seen.has(a)) seen.add(b)
      if (seen.has(b)) seen.add(a)
    }
  }
  return seen.has(target)
}

test('among honest peers every question ends before its time, within its budget, and leaves nothing behind', () => {
  fc.assert(
    fc.property(
      graph(9),
      mode,
      history,
      fc.record({
        fanOut: fc.integer({ min: 0, max: 5 }),
        hops: fc.nat(8),
        budget: fc.nat(60),
        results: fc.integer({ min: 1, max: 4 }),
      }),
      fc.array(fc.nat(8), { maxLength: 4 }),
      fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }),
      fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }),
      ({ count, links }, way, kept, numbers, holders, records, dialled) => {
        const net = createNet(count, links, {
          record: (node) => records[node] ?? true,
          reachable: (node, of) => dialled[(node + of) % 9] ?? true,
          // Some grant less than others: what they do not grant must come back.
          rules: (node) => simpleRules(node % 3 === 2 ? { max: { budget: 7, fanOut: 2 } } : {}),
        })
        for (const holder of holders) net.put(holder % count, 'q', `by ${holder % count}`)
        const run = net.ask(0, 'q', { mode: way, history: kept, ...numbers })
        net.run()
        assert.notEqual(run.outcome, undefined)
        assert.notEqual(run.outcome?.reason, 'expired')
        assert.ok(run.doneAtMs < 1000, 'not even a relay had to wait for the end of its lifetime')
        assert.ok(net.queries() <= numbers.budget, `${net.queries()} messages of ${numbers.budget}`)
        assert.equal(net.pending(), 0)
        assert.ok(run.answers.length <= numbers.results)
        assert.equal(new Set(run.answers.map((each) => each.from)).size, run.answers.length, 'nobody answers twice')
      }
    ),
    { seed, numRuns: 1500 }
  )
})

test('with hops and budget enough, proxied finds whatever is reachable, at any fan-out', () => {
  fc.assert(
    fc.property(graph(6), history, fc.integer({ min: 1, max: 4 }), ({ count, links }, kept, fanOut) => {
      const net = createNet(count, links, { rules: wide })
      net.put(count - 1, 'q', 'here')
      const run = net.ask(0, 'q', { mode: 'proxied', history: kept, fanOut, hops: 2 * count, budget: 1_000_000 })
      net.run()
      assert.equal(run.answers.length, reachable(links, count - 1) ? 1 : 0)
    }),
    { seed, numRuns: 600 }
  )
})

test('with hops, budget and fan-out enough, every mode finds whatever is reachable', () => {
  fc.assert(
    fc.property(graph(7), mode, history, ({ count, links }, way, kept) => {
      const net = createNet(count, links, { rules: wide })
      net.put(count - 1, 'q', 'here')
      const run = net.ask(0, 'q', { mode: way, history: kept, fanOut: count, hops: 2 * count, budget: 100_000_000 })
      net.run()
      assert.equal(run.answers.length, reachable(links, count - 1) ? 1 : 0)
    }),
    { seed, numRuns: 600 }
  )
})

test('all holders are found when all are wanted', () => {
  fc.assert(
    fc.property(graph(7), mode, fc.array(fc.nat(6), { maxLength: 7 }), ({ count, links }, way, some) => {
      const net = createNet(count, links, { rules: wide })
      const holders = new Set(some.map((each) => each % count))
      for (const holder of holders) net.put(holder, 'q', String(holder))
      const ask = { mode: way, fanOut: count, hops: 2 * count, budget: 100_000_000, results: 20 }
      const run = net.ask(0, 'q', ask)
      net.run()
      const expected = [...holders].filter((holder) => reachable(links, holder)).length
      assert.equal(run.answers.length, expected)
    }),
    { seed, numRuns: 400 }
  )
})

test('undelivered messages are asked elsewhere, without spending more than the budget', () => {
  fc.assert(
    fc.property(
      graph(8),
      mode,
      fc.nat(40),
      fc.array(fc.nat(3), { minLength: 20, maxLength: 20 }),
      ({ count, links }, way, budget, luck) => {
        let turn = 0
        const net = createNet(count, links, {
          fate: (_from, _to, message) => {
            if (message.type !== 'query') return 'deliver'
            return (luck[turn++ % 20] ?? 0) === 0 ? 'full' : 'deliver'
          },
        })
        const run = net.ask(0, 'q', { mode: way, budget, fanOut: 2 })
        net.run()
        assert.notEqual(run.outcome, undefined)
        assert.notEqual(run.outcome?.reason, 'expired')
        assert.ok(net.queries() <= budget)
        assert.equal(net.pending(), 0)
      }
    ),
    { seed, numRuns: 600 }
  )
})

test('whatever is lost and whoever leaves, every question ends, at its deadline at the latest, and leaves nothing behind', () => {
  fc.assert(
    fc.property(
      graph(8),
      mode,
      fc.array(fc.nat(4), { minLength: 20, maxLength: 20 }),
      fc.array(fc.tuple(fc.nat(7), fc.nat(7), fc.nat(12)), { maxLength: 6 }),
      ({ count, links }, way, luck, leaving) => {
        let turn = 0
        const net = createNet(count, links, { fate: () => ((luck[turn++ % 20] ?? 0) === 0 ? 'lose' : 'deliver') })
        for (const [a, b, at] of leaving) net.later(at, () => net.disconnect(a % count, b % count))
        const run = net.ask(0, 'q', { mode: way, lifetimeMs: 900 })
        net.run()
        assert.notEqual(run.outcome, undefined)
        assert.ok(run.doneAtMs <= 900)
        assert.equal(net.pending(), 0)
      }
    ),
    { seed, numRuns: 600 }
  )
})

test('liars about weight and answers neither hang a question, nor make the asker spend more than it was given', () => {
  const weights = fc.constantFrom(0, 1, 2, 40, 1_000_000, 0xffff_ffff)
  fc.assert(
    fc.property(
      graph(8),
      mode,
      fc.integer({ min: 1, max: 40 }),
      fc.array(fc.tuple(weights, weights, fc.boolean()), { minLength: 1, maxLength: 4 }),
      fc.nat(7),
      ({ count, links }, way, budget, words, lying) => {
        const liar = 1 + (lying % (count - 1))
        const net = createNet(count, links, {
          liar: (node) =>
            node !== liar
              ? undefined
              : (from, message, say) => {
                  if (message.type !== 'query') return
                  for (const [closed, unspent, truth] of words) {
                    const body = new TextEncoder().encode(truth ? 'q=lie' : 'rubbish')
                    const answers = [{ from: undefined, hops: 3, body }]
                    say(from, { type: 'answer', app: 'test', id: message.id, answers, closed, unspent, reason: 'done' })
                  }
                },
        })
        const run = net.ask(0, 'q', { mode: way, budget, results: 3, lifetimeMs: 2000 })
        net.run()
        assert.notEqual(run.outcome, undefined)
        assert.ok(run.doneAtMs <= 2000)
        assert.equal(net.pending(), 0)
        const ours = net.sent.filter((each) => each.message.type === 'query' && each.from === 0)
        assert.ok(ours.length <= budget)
        // In direct mode a liar below one neighbour can give that neighbour's whole share back unspent, once per neighbour.
        assert.ok(net.queries() <= budget * (1 + net.node(0).links.size))
      }
    ),
    { seed, numRuns: 1000 }
  )
})
