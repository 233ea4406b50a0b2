/**
 * @module queries/weights
 * The arithmetic of budgets and weights. A *budget* counts the messages that may still be sent; a *weight* is what a branch owes to whoever
 * keeps state for it: when all of it has come back, nobody works on that branch any more (weight throwing: S.-T. Huang, "Detecting
 * termination of distributed computations by external agents", ICDCS 1989). Not here: who holds which (`pending.ts`).
 *
 * Where every hop keeps state, a message weighs its budget plus one for itself. In direct mode relays keep no state and report nothing, so
 * a report from below must account for every message on the path above it: a message weighs its budget plus the hops it has come. A relay
 * that asks several peers pays for that path once per peer, out of the budget, so weights add up exactly and budgets are never exceeded.
 */
import type { QueryMessage } from '../wire/messages.ts'
import { maxWeight } from './defaults.ts'

/** What a query message weighs: the sum of what its receiver and all below it must report as closed. */
export function weightOf(message: Pick<QueryMessage, 'mode' | 'budget' | 'travelled'>): number {
  return message.budget + (message.mode.type === 'direct' ? Math.max(1, message.travelled) : 1)
}

/** `weight` as one answer message can carry it. */
export function wireWeight(weight: number): number {
  return Math.min(weight, maxWeight)
}

/** `total` in `parts` whole shares that differ by at most one, the larger first; they add up to `total`. */
export function splitEvenly(total: number, parts: number): readonly number[] {
  if (parts < 1) return []
  const share = Math.floor(total / parts)
  const rest = total - share * parts
  return Array.from({ length: parts }, (_, index) => share + (index < rest ? 1 : 0))
}

/** How many peers a hop with state may ask at once with `pool` messages left. */
export function affordable(pool: number, wanted: number): number {
  return Math.max(0, Math.min(pool, wanted))
}

/**
 * Budgets for the peers that a direct relay passes a query on to, whose weights add up to the weight that it was given. `travelled`: hops that
 * the query had come when the relay got it. At most `wanted` shares, fewer when the budget is short, none when it is 0.
 */
export function splitPassing(budget: number, travelled: number, wanted: number): readonly number[] {
  if (budget < 1) return []
  const weight = budget + Math.max(1, travelled)
  const path = Math.max(1, travelled) + 1
  const count = Math.min(wanted, Math.floor(weight / path))
  return splitEvenly(weight - count * path, count)
}
