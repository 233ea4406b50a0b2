/**
 * @module testing/sim/lookups
 * The questions at the end of a run, and what they found: the newest version, an older one, or nothing. Not here: what becomes of the numbers (`result.ts`).
 */
import type { Key, KvHit } from '../../apps/kv/kv.ts'
import { sequenceOf } from '../../apps/kv/records.ts'
import type { Member } from './population.ts'
import type { PutRecord } from './records.ts'
import type { Random } from '../../random.ts'
import { bySomebody, inLanes, type Run, type SimProgress } from './run.ts'
import { rounded } from './statistics.ts'

/** What the lookups of a run found: of each that found the newest version the hops and the time, and the keys. */
export interface Found {
  readonly hops: number[]
  readonly durationsMs: number[]
  readonly keys: Set<Key>
  /** Lookups that found an older version only, and their keys. */
  stale: number
  readonly staleKeys: Set<Key>
}

/** How often is asked, of which phase it is (undefined: beside the phases), and whose chance decides. */
export interface LookupPlan {
  readonly count: number
  readonly phase: SimProgress['phase'] | undefined
  readonly chance: Random
}

/** Asks for one record after the other, each time an honest node by chance. */
export async function lookUp(run: Run, records: readonly PutRecord[], plan: LookupPlan): Promise<Found> {
  const { sim, scenario } = run
  const { count, phase, chance } = plan
  const found: Found = { hops: [], durationsMs: [], keys: new Set(), stale: 0, staleKeys: new Set() }
  await inLanes(run, phase, count, async (index) => {
    const record = records[scenario.sybils > 0 ? 0 : index % Math.max(1, records.length)]
    if (record === undefined) return
    const { key, signed } = record
    const asked = await bySomebody(run, chance, async (member) => {
      const beganMs = sim.clock.monotonicMs()
      // Of when it was asked: what is published meanwhile may be found or not.
      const newest = signed?.sequence ?? 0
      const hit = await ask(run, member, record)
      return { hit, newest, by: member.node.id, tookMs: sim.clock.monotonicMs() - beganMs }
    })
    if (!asked) return
    const { hit, newest, by, tookMs } = asked
    if (hit === undefined) {
      sim.note(`missed ${key} by ${by}`)
    } else if (sequenceOf(hit.record) < newest) {
      found.stale++
      found.staleKeys.add(key)
      sim.note(`stale ${key} by ${by} hops ${hit.hops}`)
    } else {
      found.hops.push(hit.hops)
      found.durationsMs.push(rounded(tookMs))
      found.keys.add(key)
      sim.note(`found ${key} by ${by} hops ${hit.hops}`)
    }
  })
  return found
}

/** What one node finds under a key: the first value, or, of a signed one, the newest of as many as the scenario says, as `resolve` does. */
async function ask({ scenario }: Run, { node }: Member, { key, signed }: PutRecord): Promise<KvHit | undefined> {
  const { mode, paths, answers } = scenario
  const results = signed ? answers : 1
  let newest: KvHit | undefined
  for await (const hit of node.kv.find(key, { mode, paths, results })) {
    if (!newest || sequenceOf(hit.record) > sequenceOf(newest.record)) newest = hit
    // While its publisher holds a version himself, nobody can have a newer one.
    if (!signed || (signed.publisher.node === node && hit.via === undefined)) break
  }
  return newest
}

/** How many of a sample are 0, 1, 2 …. */
export function countsOf(hops: readonly number[]): readonly number[] {
  const counts = Array.from({ length: hops.length === 0 ? 0 : Math.max(...hops) + 1 }, () => 0)
  for (const each of hops) counts[each] = (counts[each] ?? 0) + 1
  return counts
}
