/** @module test/kill: a process that writes is killed hundreds of times, and nothing that it acknowledged is lost. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { killRounds } from './kill/rounds.ts'

test('kill -9 at any moment loses nothing acknowledged and leaves nothing half done, 200 times', async (context) => {
  const seed = 20_261_125
  // Shorter where many others share the machine: a test may take 120 s.
  const report = await killRounds(200, seed, 90_000)
  context.diagnostic(JSON.stringify(report))
  assert.ok(report.rounds === 200 || report.elapsedMs >= 90_000, JSON.stringify(report))
  // Or it would have been killed before it wrote anything.
  assert.ok(report.acknowledged > report.rounds * 5, JSON.stringify(report))
})
