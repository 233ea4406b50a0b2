import assert from 'node:assert/strict'
import test from 'node:test'
import { planDemo } from '../src/demo/plan.ts'
import type { DemoChoices } from '../src/demo/plan.ts'
import { neighboursOf } from '../src/demo/topology.ts'

const choices: DemoChoices = {
  nodes: 16,
  topology: 'star',
  transport: 'tcp',
  shadow: 'noise',
  encoding: 'binary',
  seed: 1,
  parallel: 4,
}

test('in a star everybody joins node 0, and all but node 0 are strangers to node 1', () => {
  const plan = planDemo(choices)
  assert.deepEqual(plan.joins.slice(0, 4), [[], [0], [0], [0]])
  assert.deepEqual(plan.fetchers, [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
  assert.equal(plan.diameter, 2)
})

test('in a line everybody joins the one before, and the neighbours of node 1 are on both sides', () => {
  const plan = planDemo({ ...choices, topology: 'line', nodes: 6 })
  assert.deepEqual(plan.joins, [[], [0], [1], [2], [3], [4]])
  assert.deepEqual(plan.fetchers, [3, 4, 5])
  assert.equal(plan.diameter, 5)
})

test('by chance everybody joins two different nodes before it, the same ones for the same seed', () => {
  const one = planDemo({ ...choices, topology: 'random', nodes: 32, seed: 7 })
  for (const [node, joins] of one.joins.entries()) {
    assert.equal(new Set(joins).size, Math.min(node, 2))
    assert.ok(joins.every((joined) => joined < node))
  }
  assert.deepEqual(planDemo({ ...choices, topology: 'random', nodes: 32, seed: 7 }).joins, one.joins)
  assert.notDeepEqual(planDemo({ ...choices, topology: 'random', nodes: 32, seed: 8 }).joins, one.joins)
})

test('nobody fetches who is linked to the sharer, and records are resolved by strangers to their publisher', () => {
  for (let seed = 0; seed < 20; seed++) {
    const plan = planDemo({ ...choices, topology: 'random', seed })
    const linked = neighboursOf(plan.joins, plan.sharer)
    assert.ok(plan.fetchers.every((node) => !linked.has(node) && node !== plan.sharer))
    assert.ok(plan.records.length > 1)
    for (const { publisher, resolver } of plan.records) {
      assert.notEqual(publisher, resolver)
      const strangers = [...plan.joins.keys()].filter(
        (node) => node !== publisher && !neighboursOf(plan.joins, publisher).has(node)
      )
      if (strangers.length > 0) assert.ok(!neighboursOf(plan.joins, publisher).has(resolver))
    }
  }
})

test('too few nodes for a stranger are refused with what to do', () => {
  assert.throws(() => planDemo({ ...choices, nodes: 2 }), { code: 'MYDHT_CLI_USAGE', exitCode: 2 })
  assert.throws(() => planDemo({ ...choices, nodes: 3, topology: 'line' }), { exitCode: 2, message: /--nodes 4/ })
  assert.deepEqual(planDemo({ ...choices, nodes: 3 }).fetchers, [2])
  assert.deepEqual(planDemo({ ...choices, nodes: 4, topology: 'line' }).fetchers, [3])
})
