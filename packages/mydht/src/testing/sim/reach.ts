/**
 * @module testing/sim/reach
 * Who can open a link to whom, as plain data, so that a scenario file can state it: one-way pairs, and a wall. Not here: routers that let nobody in
 * (`behindRouters`), and partitions.
 */
import { fraction } from './distribution.ts'
import { checkNames, checkShare } from './plain-checks.ts'
import type { Simulation } from './simulation.ts'

/** One-way reachability: who cannot be dialled by whom. A link that is open carries both ways. */
export interface ReachPlan {
  /** Share of pairs of hosts of which only one, drawn by chance, can dial the other. @default 0 */
  readonly oneWay?: number | undefined
  /** Share of hosts behind one wall: they dial everybody, and nobody outside dials them. @default 0 */
  readonly walled?: number | undefined
}

const names = new Set<string>(['oneWay', 'walled'] satisfies readonly (keyof ReachPlan)[])

/** Throws TypeError for a plan that makes no sense. */
export function checkReach(plan: ReachPlan): void {
  checkNames('reach', plan, names)
  checkShare('reach.oneWay', plan.oneWay ?? 0)
  checkShare('reach.walled', plan.walled ?? 0)
}

/** The rule of a plan, for `network.reach`. `first`: the host by which all join at first, which is outside the wall; undefined: there are no nodes. */
export function reachRule(
  sim: Pick<Simulation, 'random'>,
  { oneWay = 0, walled = 0 }: ReachPlan,
  first: string | undefined
): (from: string, to: string) => boolean {
  const inside = new Map<string, boolean>()
  const isInside = (host: string): boolean => {
    if (walled === 0 || host === first) return false
    const known = inside.get(host) ?? fraction(sim.random(`wall of ${host}`)) < walled
    inside.set(host, known)
    return known
  }
  return (from, to) => {
    if (isInside(to) && !isInside(from)) return false
    if (oneWay === 0) return true
    const [low, high] = from < to ? [from, to] : [to, from]
    const drawn = fraction(sim.random(`way between ${low} and ${high}`))
    // One half of the share is of pairs where the lower may, the other of pairs where the higher may.
    return drawn >= oneWay || drawn < oneWay / 2 === (from === low)
  }
}
