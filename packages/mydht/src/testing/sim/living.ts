/**
 * @module testing/sim/living
 * What happens to a network between the puts and the lookups: partitions and new versions of records, then a kill. Not here: sessions, which end all
 * the time (`starting.ts`).
 */
import { fraction } from './distribution.ts'
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
  await pass(run, scenario.hours * 3_600_000, 'live')
  // The last new versions may take longer than the hours.
  if (scenario.updates > 0) await sim.run(updating, { maxMs: Infinity })
  throwIfAborted(run)
  if (scenario.kill > 0) kill(run)
  await pass(run, scenario.recoverMinutes * 60_000, 'live')
  await pass(run, scenario.settleMs, 'live')
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
