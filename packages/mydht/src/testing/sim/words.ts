/**
 * @module testing/sim/words
 * The words that a scenario chooses from. Not here: what they come to.
 */

/** The kinds of malice. */
export const malices = ['silent', 'forging', 'lying', 'replaying'] as const

/** The ways to ask. */
export const modes = ['iterative', 'proxied', 'direct'] as const

/** The routes of a simulation. */
export const routes = ['kademlia', 'flood'] as const
