/**
 * @module testing/sim/living
 * What happens to a network between the puts and the lookups. Not here: sessions, which end all the time (`starting.ts`).
 */
import { fraction } from './distribution.ts'
import { pass, type Run } from './run.ts'

/** The time between the puts and the lookups, and what happens in it. */
export async function live(run: Run): Promise<void> {
  const { sim, scenario, population } = run
  await pass(run, scenario.hours * 3_600_000, 'live')
  if (scenario.kill > 0) {
    const chance = sim.random('kill')
    const doomed = population.members.filter(() => fraction(chance) < scenario.kill)
    sim.note(`killed ${doomed.length}`)
    for (const member of doomed) population.kill(member, 'silent')
    run.left += doomed.length
  }
  await pass(run, scenario.recoverMinutes * 60_000, 'live')
  await pass(run, scenario.settleMs, 'live')
}
