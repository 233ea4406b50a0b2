/**
 * `npm run stress -- [--seconds 60] [--seed N] [--services 1000] [--workers 4]`: services on a pool whose workers crash at random, for that long;
 * messages are counted at both ends. Prints what was counted, and fails where a message was lost unreported, doubled or reordered.
 * Not here: the run itself (packages/mydht/test/service/stress.ts), which `npm test` does too, for a second.
 */
import { parseArgs } from 'node:util'
import { ensureReady, fail } from './ensure.mjs'

const defaults = { seconds: '60', services: '1000', workers: '4' }
const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    seed: { type: 'string' },
    services: { type: 'string' },
    workers: { type: 'string' },
  },
})
const seconds = wholeNumber('seconds', values.seconds ?? defaults.seconds)
const services = wholeNumber('services', values.services ?? defaults.services)
const workers = wholeNumber('workers', values.workers ?? defaults.workers)
const seed = wholeNumber('seed', values.seed ?? String(Date.now() % 1_000_000))

ensureReady()
const { stress } = await import('../packages/mydht/dist/test/service/stress.js')

console.log(`stress: seed ${seed}, ${services} services on ${workers} workers for ${seconds} s`)
const began = performance.now()
const end = began + seconds * 1000
let nextWord = began + 10_000
const counts = await stress({
  seed,
  services,
  workers,
  goesOn: () => performance.now() < end,
  onRound: (round, { sent, came, throws, exits, stuck, wrong }) => {
    if (performance.now() < nextWord) return
    nextWord += 10_000
    const at = Math.round((performance.now() - began) / 1000)
    console.log(
      `${at} s: round ${round}, ${sent} sent, ${came} came, ${throws} throws, ${exits} exits, ${stuck} hangs, ${wrong.length} wrong`
    )
  },
})
const { wrong, ...figures } = counts
console.log(
  JSON.stringify({ seed, services, workers, seconds: Math.round((performance.now() - began) / 1000), ...figures })
)
for (const each of wrong) console.log(`wrong: ${each}`)
if (wrong.length > 0) fail(`messages were lost, doubled or reordered: run it again with --seed ${seed}`)
console.log('stress: none lost unreported, none doubled, none reordered')

function wholeNumber(name, text) {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) fail(`--${name} is '${text}': give a whole number from 1`)
  return value
}
