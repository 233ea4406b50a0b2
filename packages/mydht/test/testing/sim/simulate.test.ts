/** @module Tests of scenarios: what happens is what the scenario says, and the same scenario is the same log. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Scenario } from '../../../src/testing/sim/scenario.ts'
import type { SimProgress } from '../../../src/testing/sim/run.ts'
import type { SimResult } from '../../../src/testing/sim/result.ts'
import { simulate } from '../../../src/testing/sim/simulate.ts'
import { SimulationError } from '../../../src/testing/sim/simulation.ts'
import { fit, summary } from '../../../src/testing/sim/statistics.ts'

test('an abort rejects with its reason, and a listener that throws fails the simulation with its seed', async () => {
  const stop = new AbortController()
  const reason = new RangeError('enough')
  const aborted = simulate(
    { nodes: 10, lookups: 50 },
    {
      signal: stop.signal,
      onProgress: ({ phase }) => {
        if (phase === 'lookup') stop.abort(reason)
      },
    }
  )
  await assert.rejects(aborted, (thrown) => thrown === reason)
  const broken = simulate(
    { nodes: 4, seed: 99 },
    {
      onProgress: () => {
        throw new Error('no room')
      },
    }
  )
  await assert.rejects(broken, (thrown) => thrown instanceof SimulationError && thrown.seed === 99)
})

const small: Scenario = { nodes: 16, lookups: 30, records: 10, settleMs: 3000, route: 'flood' }

/** What must be the same in two runs of one scenario. */
function repeatable(result: SimResult): object {
  return { ...result, memoryPerNodeBytes: 0, elapsedMs: 0 }
}

test('everything is found in a small quiet network; the same scenario gives the same result and digest, another seed another', async () => {
  const once = await simulate({ ...small, seed: 3 })
  assert.equal(once.succeeded, 30)
  assert.deepEqual(once.records, { put: 10, found: 10 })
  assert.equal(once.left, 0)
  assert.ok(once.hops.mean > 0 && once.hops.p99 <= 6, JSON.stringify(once.hops))
  assert.equal(
    once.hopCounts.reduce((sum, each) => sum + each, 0),
    30
  )
  assert.ok(once.messages.mean > 1)
  assert.deepEqual(repeatable(await simulate({ ...small, seed: 3 })), repeatable(once))
  const other = await simulate({ ...small, seed: 4 })
  assert.notEqual(other.digest, once.digest)
  // What the simulations before it have left is not taken off.
  assert.ok(other.memoryPerNodeBytes > 50_000, `${other.memoryPerNodeBytes} bytes`)
})

test('sessions end, whoever leaves is replaced, and what only he had is lost', async () => {
  const sessionMinutes = { kind: 'exponential', median: 20 } as const
  const told: (number | undefined)[] = []
  const onProgress = ({ hourly }: SimProgress): void => void told.push(hourly?.hour)
  const result = await simulate({ ...small, sessionMinutes, hours: 1, hourlyLookups: 20 }, { onProgress })
  // 16 places, an hour of half-lives of 20 minutes: about 16 × 3 × ln 2 = 33 leave.
  assert.ok(result.left > 15 && result.left < 60, `${result.left} left`)
  const [hour] = result.hourly
  assert.deepEqual([result.hourly.length, hour?.hour, hour?.lookups], [1, 1, 20])
  assert.ok(hour && hour.succeeded < 20, `${hour?.succeeded} of 20 found after an hour`)
  assert.deepEqual(new Set(told), new Set([undefined, 1]))
  assert.ok(result.records.found < 10, `${result.records.found} of 10 found`)
  assert.equal(result.lonely, 0)
})

test('killed nodes are gone, and the others go on', async () => {
  const result = await simulate({ ...small, kill: 0.3, recoverMinutes: 10 })
  assert.ok(result.left >= 2 && result.left <= 9, `${result.left} killed`)
  assert.ok(result.succeeded > 10 && result.succeeded < 30, `${result.succeeded} of 30`)
})

test('by distance, each value is found in a hop or two, and the same scenario gives the same digest', async () => {
  const scenario: Scenario = { nodes: 16, lookups: 40, records: 10, settleMs: 8000, seed: 2 }
  const once = await simulate(scenario)
  assert.equal(once.succeeded, 40)
  assert.ok(once.hops.max <= 2 && once.messages.mean < 10, JSON.stringify(once))
  assert.equal((await simulate(scenario)).digest, once.digest)
})

test('an attacker who surrounds a key from one address block hides it only where nobody limits address blocks', async () => {
  const attack: Scenario = {
    nodes: 12,
    lookups: 20,
    records: 1,
    replicas: 3,
    settleMs: 12_000,
    sybils: 21,
    seed: 1,
    limits: { maxIdleConnections: 64 },
  }
  const guarded = await simulate(attack)
  assert.equal(guarded.succeeded, 20)
  const open = await simulate({ ...attack, blockRule: false })
  assert.ok(open.succeeded < 20, `${open.succeeded} of 20 found without the rule`)
})

for (const malice of ['silent', 'forging', 'lying', 'replaying'] as const) {
  test(`${malice} nodes cost lookups, and never pass a made-up value for one`, async () => {
    const result = await simulate({ ...small, malicious: 0.4, malice })
    assert.ok(result.succeeded > 5 && result.succeeded <= 30, `${result.succeeded} of 30`)
    assert.equal(result.records.put, 10)
  })
}

test('behind routers nobody is dialled, and the network holds together by those who can be', async () => {
  const result = await simulate({ ...small, behindRouters: 0.3 })
  assert.ok(result.succeeded > 25, `${result.succeeded} of 30`)
})

test('summaries take percentiles by nearest rank, and a line is fitted', () => {
  assert.deepEqual(summary([]), { mean: 0, p50: 0, p99: 0, max: 0 })
  assert.deepEqual(summary([4, 1, 3, 2]), { mean: 2.5, p50: 2, p99: 4, max: 4 })
  assert.deepEqual(
    fit([
      [1, 5],
      [2, 7],
      [3, 9],
    ]),
    { slope: 2, at0: 3 }
  )
})
