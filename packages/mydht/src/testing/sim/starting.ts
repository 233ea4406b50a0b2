/**
 * @module testing/sim/starting
 * How the nodes of a run start, and how those leave whose sessions are over. Not here: what one node is (`population.ts`).
 */
import { draw, fraction } from './distribution.ts'
import type { Member } from './population.ts'
import { reachRule } from './reach.ts'
import { report, throwIfAborted, type Run } from './run.ts'

/** Simulated milliseconds in which a network of any size starts, and starts under way at a time at the least. */
const rampMs = 60_000
const startLanes = 4

/** Starts all nodes, several at a time. The first ones are honest: a network that begins with an attacker is his. */
export async function startAll(run: Run): Promise<void> {
  const { sim, scenario, population } = run
  const chance = sim.random('malice')
  const malicious = Array.from({ length: scenario.nodes }, (_, i) => i > 0 && fraction(chance) < scenario.malicious)
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < scenario.nodes) {
      throwIfAborted(run)
      report(run, 'start', next / scenario.nodes)
      const member = await population.start({ malice: malicious[next++] ? scenario.malice : undefined })
      if (member) schedule(run, member)
    }
  }
  const first = await sim.run(population.start({ malice: undefined }))
  if (!first) throw new Error('the first node did not start')
  schedule(run, first)
  if (scenario.reach) sim.network.reach(reachRule(sim, scenario.reach, first.host.host))
  next = 1
  // As many at a time as it takes: a start needs about a third of a second.
  const lanes = Math.max(startLanes, Math.ceil((scenario.nodes * 300) / rampMs))
  await sim.run(Promise.all(Array.from({ length: lanes }, lane)))
}

/** Has a member leave when its session is over, and a new node come in its place. */
function schedule(run: Run, member: Member): void {
  const { sim, scenario, population } = run
  if (scenario.sessionMinutes === 'for ever') return
  const chance = sim.random(`session of ${member.node.id}`)
  sim.clock.after(draw(scenario.sessionMinutes, chance) * 60_000, () => {
    if (run.over || !population.kill(member, fraction(chance) < scenario.silentLeaves ? 'silent' : 'reset')) return
    run.left++
    population.start({ malice: member.malice }).then(
      (next) => next && schedule(run, next),
      (thrown: unknown) => {
        // Told by the next step of the scenario, with the seed, instead of by a process that dies.
        run.failure ??= { thrown }
      }
    )
  })
}
