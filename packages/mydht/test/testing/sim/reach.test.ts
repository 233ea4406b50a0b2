/** @module Tests of one-way reachability as a scenario states it: who may dial whom, and that a network lives with it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reachRule } from '../../../src/testing/sim/reach.ts'
import { simulate } from '../../../src/testing/sim/simulate.ts'
import { createSimulation } from '../../../src/testing/sim/simulation.ts'

const hosts = Array.from({ length: 60 }, (_, i) => `11.0.${i}.1`)
const pairs = hosts.flatMap((a, i) => hosts.slice(i + 1).map((b) => [a, b] as const))

test('of one-way pairs just one can dial the other, either of them as often, and the share is what was asked for', () => {
  const may = reachRule(createSimulation({ seed: 1 }), { oneWay: 0.3 }, undefined)
  const ways = pairs.map(([a, b]) => `${may(a, b)} ${may(b, a)}`)
  const count = (way: string): number => ways.filter((each) => each === way).length
  assert.equal(count('false false'), 0)
  const oneWay = count('true false') + count('false true')
  assert.ok(Math.abs(oneWay / pairs.length - 0.3) < 0.05, `${oneWay} of ${pairs.length}`)
  assert.ok(Math.abs(count('true false') / oneWay - 0.5) < 0.1, `${count('true false')} of ${oneWay} the one way`)
})

test('behind the wall they dial each other and everybody, nobody outside dials them, and the first host is outside', () => {
  const [first] = hosts
  const may = reachRule(createSimulation({ seed: 1 }), { walled: 0.9 }, first)
  const outside = hosts.filter((host) => host === first || may(first ?? '', host))
  const inside = hosts.filter((host) => !outside.includes(host))
  assert.ok(inside.length > 40 && outside.includes(first ?? ''), `${inside.length} inside`)
  for (const one of inside) {
    for (const other of inside) assert.ok(may(one, other))
    for (const other of outside) assert.deepEqual([may(one, other), may(other, one)], [true, false])
  }
})

test('a network of which a third of the pairs are one-way, and a third of the nodes walled, finds what it put', async () => {
  const scenario = { nodes: 10, lookups: 20, records: 6, replicas: 4, settleMs: 4000, seed: 2 }
  const all = await simulate(scenario)
  const some = await simulate({ ...scenario, reach: { oneWay: 0.3, walled: 0.3 } })
  assert.equal(some.succeeded, 20)
  assert.notEqual(some.digest, all.digest)
})
