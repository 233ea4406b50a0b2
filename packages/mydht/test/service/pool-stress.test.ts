import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stress } from './stress.ts'

test('pool(4): a thousand services with seeded crashes lose nothing unreported, double nothing, reorder nothing', async () => {
  // `npm run stress` does the same for a minute.
  const counts = await stress({ seed: 7, services: 1000, workers: 4, goesOn: (round) => round < 40 })
  assert.deepEqual(counts.wrong, [])
  assert.equal(
    counts.incarnations > 1000 && counts.throws > 10 && counts.exits > 0 && counts.stuck > 0,
    true,
    JSON.stringify(counts)
  )
  assert.ok(
    counts.came > 10_000 && counts.answered > 100 && counts.maybeHandled > 0 && counts.notSent > 0,
    JSON.stringify(counts)
  )
})
