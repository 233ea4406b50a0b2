import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stress } from './stress.ts'
import type { StressCounts } from './stress-ledger.ts'

/** Everything that can happen has happened: how many rounds that takes depends on how busy the machine is. */
function seenAll(counts: Readonly<StressCounts>): boolean {
  const { incarnations, throws, exits, stuck, came, answered, maybeHandled, notSent } = counts
  const crashed = incarnations > 1000 && throws > 10 && exits > 0 && stuck > 0
  return crashed && came > 10_000 && answered > 100 && maybeHandled > 0 && notSent > 0
}

test('pool(4): a thousand services with seeded crashes lose nothing unreported, double nothing, reorder nothing', async () => {
  // `npm run stress` does the same for a minute.
  const goesOn = (round: number, counts: Readonly<StressCounts>): boolean =>
    round < 40 || (round < 20_000 && !seenAll(counts))
  const counts = await stress({ seed: 7, services: 1000, workers: 4, goesOn })
  assert.deepEqual(counts.wrong, [])
  assert.ok(seenAll(counts), JSON.stringify(counts))
})
