import { seededRandom, type Random } from '../../src/random.ts'
import { pool } from '../../src/service/spawners/pool.ts'
import { realParts } from './elsewhere.ts'
import { Ledger, type StressCounts } from './stress-ledger.ts'
import { tallyMemory } from './tally.ts'

/** What a run is made of. */
export interface StressOptions {
  readonly seed: number
  readonly services: number
  readonly workers: number
  /** Asked before each round, in which every service is sent a command; told what was counted so far. */
  readonly goesOn: (round: number, counts: Readonly<StressCounts>) => boolean
  /** Called after each round. */
  readonly onRound?: (round: number, counts: Readonly<StressCounts>) => void
}

/** Milliseconds after which a worker that spins is ended: long enough for one that only waits for a core. */
const stuckMs = 1000

/**
 * Sends to many services on few workers while they are made to throw, their workers to exit and to hang until they are killed; compares what was sent,
 * what came, what was reported and what the services themselves counted. `wrong` in what it gives must be empty.
 */
export async function stress({ seed, services, workers, goesOn, onRound }: StressOptions): Promise<StressCounts> {
  const random = seededRandom(seed)
  const memory = new SharedArrayBuffer(4 * services)
  const handled = new Int32Array(memory)
  const parts = { ...realParts, memory: { [tallyMemory]: memory } }
  const spawner = pool(workers, { queueLimit: 64, stuckMs })
  const counts: StressCounts = {
    sent: 0,
    refused: 0,
    came: 0,
    calls: 0,
    answered: 0,
    incarnations: 0,
    throws: 0,
    exits: 0,
    stuck: 0,
    notSent: 0,
    maybeHandled: 0,
    wrong: [],
  }
  const open = (slot: number): Ledger => new Ledger(spawner, parts, slot, handled, counts)
  const ledgers = Array.from({ length: services }, (_, slot) => open(slot))
  let seq = 0
  for (let round = 0; goesOn(round, counts); round++) {
    for (const [slot, before] of ledgers.entries()) {
      let ledger = before
      if (ledger.handle.state === 'failed') {
        // Its end has to be compared before another one counts in its slot.
        await ledger.compared
        ledgers[slot] = ledger = open(slot)
      }
      if (random.below(100) === 0) ledger.call(seq++)
      else ledger.send(seq++)
    }
    crash(ledgers[random.below(services)], round, random, counts)
    onRound?.(round, counts)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await Promise.all(ledgers.map((ledger) => ledger.handle.close()))
  await Promise.all(ledgers.map((ledger) => ledger.compared))
  return counts
}

/** Most crashes are one service's; a few take their worker with them, and all that live there. */
function crash(unlucky: Ledger | undefined, round: number, random: Random, counts: StressCounts): void {
  const chance = random.below(round < 100 ? 20 : 200)
  const type = chance === 0 ? 'spin' : chance < 3 ? 'exit' : 'throw'
  if (unlucky?.handle.send({ type }) !== true) return
  if (type === 'throw') counts.throws++
  else if (type === 'exit') counts.exits++
  else counts.stuck++
}
