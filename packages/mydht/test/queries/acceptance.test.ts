/** BEHAVIOUR.md §10, query tests: the same topologies, in our words. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { QueryMode } from '../../src/queries/index.ts'
import { simpleRules } from '../../src/queries/index.ts'
import type { Net, NetOptions } from '../helpers/query-net.ts'
import { createNet, linksOf } from '../helpers/query-net.ts'

const modes: readonly (readonly [string, QueryMode])[] = [
  ['direct', 'direct'],
  ['proxied', 'proxied'],
  ...[0, 1, 2, 3].map((proxiedHops) => [`mixed ${proxiedHops}`, { type: 'mixed', proxiedHops }] as const),
]

const hopFactor3 = simpleRules({ hops: { base: 0, perPriority: 3 } })

function netOf(lists: readonly (readonly number[])[], options: NetOptions = {}): Net {
  const net = createNet(lists.length, linksOf(lists), { rules: hopFactor3, ...options })
  net.put(lists.length - 1, 'last', 'here')
  return net
}

function find(net: Net, ask: Parameters<Net['ask']>[2] = {}): { found: boolean; reason: string | undefined } {
  const run = net.ask(0, 'last', ask)
  net.run()
  assert.equal(net.pending(), 0)
  assert.equal(run.answers.length, run.outcome?.answers)
  return { found: run.answers.some((each) => each.text === 'last=here'), reason: run.outcome?.reason }
}

for (const [name, mode] of modes) {
  test(`${name}: a peer three edges away is found`, () => {
    assert.deepEqual(find(netOf([[2], [3], [4], []]), { mode }), { found: true, reason: 'complete' })
  })

  test(`${name}: five edges need priority 2; priority 1 goes three hops and finds nothing`, () => {
    assert.deepEqual(find(netOf([[2], [3], [4], [5], [6], []]), { mode, priority: 2 }), {
      found: true,
      reason: 'complete',
    })
    assert.deepEqual(find(netOf([[2], [3], [4], [5], [6], []]), { mode, priority: 1 }), {
      found: false,
      reason: 'exhausted',
    })
  })

  test(`${name}: found in a dense group with fan-out 5`, () => {
    const dense = [[5, 6, 2, 7, 8], [3, 5, 6, 7], [5, 6, 7, 8, 4], [], [], [], [], []]
    const net = netOf(dense)
    net.put(7, 'last')
    net.put(3, 'last', 'here')
    assert.equal(find(net, { mode, fanOut: 5 }).found, true)
  })

  test(`${name}: found where two roads lead to the same peer`, () => {
    assert.equal(find(netOf([[2], [3], [], [3]]), { mode }).found, true)
  })

  test(`${name}: a peer that nobody is connected to is not found, and the asker hears so before its time is over`, () => {
    const net = netOf([[2, 3, 4], [3, 5], [1], [4], [1], []])
    assert.deepEqual(find(net, { mode, fanOut: 1 }), { found: false, reason: 'exhausted' })
    assert.ok((net.node(0).asks.get(1)?.doneAtMs ?? Infinity) < 1000)
  })

  test(`${name}: links to oneself and loops do no harm`, () => {
    assert.equal(find(netOf([[1, 2], [2, 3], [3, 4], [4]]), { mode }).found, true)
  })

  test(`${name}: without history, loops end by their trace`, () => {
    const net = netOf([[2, 3], [3, 1], [1, 2], []])
    assert.deepEqual(find(net, { mode, history: 'none' }), { found: false, reason: 'exhausted' })
    assert.ok(net.queries() <= 12)
  })

  test(`${name}: a value stored at the fourth peer is found by the first, with a history of 7 peers`, () => {
    assert.equal(find(netOf([[], [1, 3], [], [3]]), { mode, history: { keep: 'peers', limit: 7 } }).found, true)
  })
}

for (const history of ['none', { keep: 'peers', limit: 4 }, { keep: 'hops', limit: 3 }] as const) {
  for (const mode of ['direct', 'proxied', { type: 'mixed', proxiedHops: 9 }] as const) {
    test(`discovery dials known peers (${JSON.stringify(mode)}, history ${JSON.stringify(history)})`, () => {
      const options = { known: [[1, 3], [2], [3], [4], []], rules: simpleRules({ hops: { base: 0, perPriority: 4 } }) }
      const discovering = createNet(5, [[3, 4]], options)
      discovering.put(4, 'last', 'here')
      assert.equal(find(discovering, { mode, history, discover: true }).found, true)
      const without = createNet(5, [[3, 4]], options)
      assert.deepEqual(find(without, { mode, history }), { found: false, reason: 'no-route' })
    })
  }
}

test('only the asker discovers: the flag does not travel', () => {
  const net = createNet(3, [[0, 1]], { known: [[], [2], []] })
  net.put(2, 'last', 'here')
  assert.deepEqual(find(net, { discover: true }), { found: false, reason: 'exhausted' })
  assert.deepEqual([...net.node(1).links], [0])
})
