/**
 * @module testing/sim/partitions
 * Partitions as plain data, so that a scenario file can state them: when the network is cut, how long, and who is on which side. Not here: what a
 * cut does to a link (`network.ts`).
 */
import { fraction } from './distribution.ts'
import { checkNames, checkShare } from './plain-checks.ts'
import type { Run } from './run.ts'

/** One cut of the network, and its end. */
export interface PartitionPlan {
  /** When it begins, in minutes after the puts. */
  readonly atMinutes: number
  /** How long it lasts, in minutes. */
  readonly minutes: number
  /** The shares of the sides: two or more, which add up to 1. @default [0.5, 0.5] */
  readonly sides?: readonly number[] | undefined
  /**
   * Who is drawn: each `host` for itself, or all hosts of one `region` (those whose addresses begin with the same number, as a country may have them)
   * together. @default 'host'
   */
  readonly drawn?: 'host' | 'region' | undefined
}

const names = new Set<string>(['atMinutes', 'minutes', 'sides', 'drawn'] satisfies readonly (keyof PartitionPlan)[])
/** Shares are written in decimals: a third is 0.333. */
const roundingOfShares = 0.01

/** Throws TypeError for partitions that make no sense: which one, and what would. */
export function checkPartitions(plans: readonly PartitionPlan[], hours: number): void {
  if (!Array.isArray(plans)) throw new TypeError(`partitions: got ${typeof plans}, give a list of objects`)
  let healedMinutes = 0
  for (const [index, plan] of plans.entries()) {
    const name = `partitions[${index}]`
    checkNames(name, plan, names)
    const { atMinutes, minutes, sides = halves, drawn = 'host' } = plan
    if (!(atMinutes >= healedMinutes && atMinutes < Infinity))
      throw new TypeError(
        `${name}.atMinutes: got ${String(atMinutes)}, give minutes from ${healedMinutes}: one follows the other`
      )
    if (!(minutes > 0 && minutes < Infinity))
      throw new TypeError(`${name}.minutes: got ${String(minutes)}, give a number above 0`)
    healedMinutes = atMinutes + minutes
    if (healedMinutes > hours * 60)
      throw new TypeError(
        `${name} ends after ${healedMinutes} minutes, but the network lives for ${hours * 60}: give more hours`
      )
    if (!Array.isArray(sides) || sides.length < 2) throw new TypeError(`${name}.sides: give two shares or more`)
    for (const share of sides) checkShare(`${name}.sides`, share)
    const sum = sides.reduce((all, share) => all + share, 0)
    if (Math.abs(sum - 1) > roundingOfShares)
      throw new TypeError(`${name}.sides: they add up to ${sum}, give shares that add up to 1`)
    if (drawn !== 'host' && drawn !== 'region')
      throw new TypeError(`${name}.drawn: got '${String(drawn)}', give one of host, region`)
  }
}

const halves: readonly number[] = [0.5, 0.5]

/** Cuts the network; notes in the log how many nodes are on each side. `index`: of the plan, which decides who is where. */
export function cut(run: Run, plan: PartitionPlan, index: number): void {
  const { sim, population } = run
  const { sides = halves, drawn = 'host' } = plan
  const drawnSides = new Map<string, number>()
  // Asked for each chunk that travels: what is drawn once is kept.
  const side = (host: string): number => {
    const who = drawn === 'region' ? host.slice(0, host.indexOf('.')) : host
    const known = drawnSides.get(who)
    if (known !== undefined) return known
    const found = sideOf(fraction(sim.random(`side of ${who} in partition ${index}`)), sides)
    drawnSides.set(who, found)
    return found
  }
  const counts = sides.map(() => 0)
  for (const { host } of population.members) {
    const at = side(host.host)
    counts[at] = (counts[at] ?? 0) + 1
  }
  sim.note(`partition ${index} into ${counts.join(' + ')} nodes`)
  sim.network.partition(side)
}

/** The side of a number from 0 to 1, where each side takes its share of them. */
function sideOf(drawn: number, sides: readonly number[]): number {
  let before = 0
  for (const [index, share] of sides.entries()) {
    before += share
    if (drawn < before) return index
  }
  return sides.length - 1
}
