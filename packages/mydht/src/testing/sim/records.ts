/**
 * @module testing/sim/records
 * The values that a run puts before anything happens to its network. Not here: how they are looked up (`lookups.ts`).
 */
import { maxTtlMs } from '../../apps/kv/defaults.ts'
import type { Key } from '../../apps/kv/kv.ts'
import { inLanes, type Run } from './run.ts'

/** How much longer than the network is watched a value lives, in hours. */
const ttlHours = 24

/** Puts them all, each at an honest node by chance. */
export async function putAll(run: Run): Promise<readonly Key[]> {
  const { sim, scenario, population } = run
  const chance = sim.random('put')
  const keys: Key[] = []
  await inLanes(run, 'put', scenario.records, async (index) => {
    const member = population.someHonest(chance)
    if (!member) return
    const ttlMs = Math.min(maxTtlMs, (scenario.hours + ttlHours) * 3_600_000)
    const { key, holders } = await member.node.kv.put(`record ${index} of seed ${scenario.seed}`, { ttlMs })
    keys.push(key)
    if (holders) run.acknowledged.push(holders.acknowledged)
  })
  return keys
}
