/**
 * @module testing/sim/simulate
 * Runs a scenario: nodes start, values are put, the network lives, values are looked up; and says what came of it. Not here: pictures and files
 * (the command `mydht sim`).
 */
import { systemClock } from '../../clock.ts'
import { keyToBytes } from '../../apps/kv/key.ts'
import { live } from './living.ts'
import { countsOf, lookUp } from './lookups.ts'
import { liveBytes } from './memory.ts'
import { putAll } from './records.ts'
import type { SimResult } from './result.ts'
import { createRun, pass, type SimulateOptions } from './run.ts'
import { fullScenario, type Scenario } from './scenario.ts'
import { simulation } from './simulation.ts'
import { startAll } from './starting.ts'
import { rounded, summary } from './statistics.ts'
import { surround } from './sybils.ts'

/**
 * Runs a scenario. Rejects with TypeError for one that makes no sense, with `signal.reason`, and with a SimulationError that names the seed when
 * anything else goes wrong.
 *
 * @example
 * console.log(await simulate({ nodes: 100, lookups: 500, seed: 7 }))
 */
export async function simulate(scenario: Scenario, options: SimulateOptions = {}): Promise<SimResult> {
  const full = fullScenario(scenario)
  const startedMs = systemClock.monotonicMs()
  const before = await liveBytes()
  const running = simulation({ seed: full.seed, network: full.network, onLine: options.onLine }, async (sim) => {
    const run = createRun(sim, full, options)
    await startAll(run)
    await pass(run, full.settleMs, 'start')
    const memoryPerNodeBytes = Math.max(0, Math.round(((await liveBytes()) - before) / full.nodes))
    const records = await sim.run(putAll(run))
    const [target] = records
    if (target !== undefined && full.sybils > 0) await sim.run(surround(run, keyToBytes(target.key)))
    await live(run, records)
    const messagesBefore = await sim.run(run.population.messages())
    const found = await sim.run(
      lookUp(run, records, { count: full.lookups, phase: 'lookup', chance: sim.random('lookup') }),
      { maxMs: Infinity }
    )
    const messages = (await sim.run(run.population.messages())) - messagesBefore
    const simulatedMs = sim.clock.monotonicMs()
    const result: SimResult = {
      nodes: full.nodes,
      seed: full.seed,
      lookups: full.lookups,
      succeeded: found.hops.length,
      hops: summary(found.hops),
      hopCounts: countsOf(found.hops),
      messages: { mean: rounded(messages / Math.max(1, full.lookups)) },
      lookupMs: summary(found.durationsMs),
      records: { put: records.length, found: found.keys.size },
      hourly: run.hourly,
      updated: run.updated,
      stale: { lookups: found.stale, records: [...found.staleKeys].filter((key) => !found.keys.has(key)).length },
      holders: summary(run.acknowledged),
      left: run.left,
      lonely: run.population.lonely,
      bytesPerNodeSecond: rounded((sim.network.stats().bytes / full.nodes / Math.max(1, simulatedMs)) * 1000),
      memoryPerNodeBytes,
      simulatedMs: rounded(simulatedMs),
      elapsedMs: 0,
      lines: 0,
      digest: '',
    }
    run.over = true
    await sim.run(Promise.all(run.population.members.map(({ node }) => node.close())))
    const elapsedMs = Math.round(systemClock.monotonicMs() - startedMs)
    return { ...result, elapsedMs, lines: sim.lines, digest: sim.digest() }
  })
  return running.catch((thrown: unknown) => {
    throw options.signal?.aborted ? options.signal.reason : thrown
  })
}
