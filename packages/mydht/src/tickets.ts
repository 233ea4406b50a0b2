/**
 * @module tickets
 * Numbers by which a service knows the answers to what it asked.
 */
import type { Random } from './random.ts'

/** Numbers below this one are given: 2^31, so that there is room above for others. */
export const ticketsBelow: number = 2 ** 31

/**
 * Gives one number after the other. The first is any: what an incarnation of a service asked for that has failed since must not be taken for an
 * answer to the next one.
 *
 * @example
 * const nextTicket = createTickets(parts.random)
 */
export function createTickets(random: Pick<Random, 'below'>): () => number {
  let last = random.below(ticketsBelow)
  return () => (last = (last + 1) % ticketsBelow)
}
