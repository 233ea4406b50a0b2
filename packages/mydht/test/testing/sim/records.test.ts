/** @module Tests of values that get new versions while a simulated network lives: only the newest counts as found, an older one is stale. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulate } from '../../../src/testing/sim/simulate.ts'
import type { Scenario } from '../../../src/testing/sim/scenario.ts'

const small: Scenario = { nodes: 12, lookups: 30, records: 9, settleMs: 3000, route: 'flood' }

test('each signed record gets as many new versions as the scenario says, and the newest is found', async () => {
  const result = await simulate({ ...small, updates: 2, signed: 0.34, hours: 0.1 })
  assert.equal(result.updated, 2 * 3)
  assert.deepEqual(result.records, { put: 9, found: 9 })
  assert.deepEqual(result.stale, { lookups: 0, records: 0 })
  assert.equal(result.succeeded, 30)
})

test('replaying nodes bring back old versions, which count as stale, and not to whoever waits for enough answers', async () => {
  const attack: Scenario = { ...small, nodes: 14, route: 'kademlia', replicas: 6, updates: 1, malice: 'replaying' }
  const [few, many] = [{ answers: 1 }, { answers: 14 }].map((answers) => ({ ...attack, ...answers, malicious: 0.4 }))
  const first = await simulate(few ?? assert.fail())
  assert.ok(first.stale.lookups > 2, JSON.stringify(first))
  assert.equal(first.succeeded + first.stale.lookups, 30)
  assert.equal((await simulate(few ?? assert.fail())).digest, first.digest)
  const all = await simulate(many ?? assert.fail())
  assert.deepEqual([all.succeeded, all.stale.lookups], [30, 0])
})

test('whoever is gone publishes no more, and what is left of its records is not taken for older than it is', async () => {
  // The only round is three minutes after the puts: some publishers are gone by then.
  const sessionMinutes = { kind: 'uniform', from: 1, to: 6 } as const
  const result = await simulate({ ...small, updates: 1, hours: 0.1, sessionMinutes, replicas: 4, route: 'kademlia' })
  assert.ok(result.updated > 0 && result.updated < 9, `${result.updated} updated`)
  assert.equal(result.stale.lookups, 0)
})
