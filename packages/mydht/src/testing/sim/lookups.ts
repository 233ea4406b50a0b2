/**
 * @module testing/sim/lookups
 * The questions at the end of a run, and what they found. Not here: what becomes of the numbers (`result.ts`).
 */
import type { Key } from '../../apps/kv/kv.ts'
import { inLanes, type Run } from './run.ts'
import { rounded } from './statistics.ts'

/** What the lookups of a run found: of each that succeeded the hops and the time, and the keys. */
export interface Found {
  readonly hops: number[]
  readonly durationsMs: number[]
  readonly keys: Set<Key>
}

/** Asks as often as the scenario says, each time an honest node by chance. */
export async function lookUp(run: Run, keys: readonly Key[]): Promise<Found> {
  const { sim, scenario, population } = run
  const chance = sim.random('lookup')
  const found: Found = { hops: [], durationsMs: [], keys: new Set() }
  await inLanes(run, 'lookup', scenario.lookups, async (index) => {
    const key = keys[scenario.sybils > 0 ? 0 : index % Math.max(1, keys.length)]
    const member = population.someHonest(chance)
    if (key === undefined || !member) return
    const beganMs = sim.clock.monotonicMs()
    try {
      const { mode, paths } = scenario
      for await (const hit of member.node.kv.find(key, { mode, paths })) {
        found.hops.push(hit.hops)
        found.durationsMs.push(rounded(sim.clock.monotonicMs() - beganMs))
        found.keys.add(key)
        sim.note(`found ${key} by ${member.node.id} hops ${hit.hops}`)
        return
      }
    } catch (thrown) {
      // Its session was over meanwhile, perhaps.
      sim.note(`failed ${key} ${String(thrown)}`)
      return
    }
    sim.note(`missed ${key} by ${member.node.id}`)
  })
  return found
}

/** How many of a sample are 0, 1, 2 …. */
export function countsOf(hops: readonly number[]): readonly number[] {
  const counts = Array.from({ length: hops.length === 0 ? 0 : Math.max(...hops) + 1 }, () => 0)
  for (const each of hops) counts[each] = (counts[each] ?? 0) + 1
  return counts
}
