/**
 * @module testing/sim/living
 * What happens to a network between the puts and the lookups: partitions and new versions of records, then a kill. Not here: sessions, which end all
 * the time (`starting.ts`).
 */
import { fraction } from './distribution.ts'
import { lookUp } from './lookups.ts'
import { cut } from './partitions.ts'
import { updateAll, type PutRecord } from './records.ts'
import { pass, throwIfAborted, type Run } from './run.ts'

/** The time between the puts and the lookups, and what happens in it. */
export async function live(run: Run, records: readonly PutRecord[]): Promise<void> {
  const { sim, scenario } = run
  const updating = update(run, records).catch((thrown: unknown) => {
    run.failure ??= { thrown }
  })
  schedulePartitions(run)
  await hours(run, records)
  // The last new versions may take longer than the hours.
  if (scenario.updates > 0) await sim.run(updating, { maxMs: Infinity })
  throwIfAborted(run)
  if (scenario.kill > 0) kill(run)
  await pass(run, scenario.recoverMinutes * 60_000, 'live')
  await pass(run, scenario.settleMs, 'live')
}

/** The hours, with lookups at the end of each where the scenario says so. */
async function hours(run: Run, records: readonly PutRecord[]): Promise<void> {
  const { sim, scenario } = run
  const lookups = scenario.hourlyLookups
  if (lookups === 0) return pass(run, scenario.hours * 3_600_000, 'live')
  const beganMs = sim.clock.monotonicMs()
  const chance = sim.random('hourly lookups')
  for (let hour = 1; hour <= Math.ceil(scenario.hours); hour++) {
    const untilMs = beganMs + Math.min(hour, scenario.hours) * 3_600_000
    const leftMs = Math.max(0, untilMs - sim.clock.monotonicMs())
    await pass(run, leftMs, 'live', (hour - 1) / scenario.hours, Math.min(1, hour / scenario.hours))
    const found = await sim.run(lookUp(run, records, { count: lookups, phase: undefined, chance }), { maxMs: Infinity })
    run.hourly.push({ hour, lookups, succeeded: found.hops.length })
  }
}

/** Gives signed records their new versions, a round at a time, evenly over the hours. A round that takes longer than that delays the next. */
async function update(run: Run, records: readonly PutRecord[]): Promise<void> {
  const { sim, scenario } = run
  const beganMs = sim.clock.monotonicMs()
  const everyMs = (scenario.hours * 3_600_000) / (scenario.updates + 1)
  for (let round = 1; round <= scenario.updates; round++) {
    const delayMs = Math.max(0, beganMs + round * everyMs - sim.clock.monotonicMs())
    await new Promise<void>((resolve) => void sim.clock.after(delayMs, resolve))
    await updateAll(run, records)
    sim.note(`round ${round} of updates is over`)
  }
}

function schedulePartitions(run: Run): void {
  const { sim, scenario } = run
  for (const [index, plan] of scenario.partitions.entries()) {
    sim.clock.after(plan.atMinutes * 60_000, () => cut(run, plan, index))
    sim.clock.after((plan.atMinutes + plan.minutes) * 60_000, () => sim.network.heal())
  }
}

function kill(run: Run): void {
  const { sim, scenario, population } = run
  const chance = sim.random('kill')
  const doomed = population.members.filter(() => fraction(chance) < scenario.kill)
  sim.note(`killed ${doomed.length}`)
  for (const member of doomed) population.kill(member, 'silent')
  run.left += doomed.length
}
