/**
 * @module apps/peers/defaults
 * The numbers of the peer store that its options leave out, each with its reason.
 */

/** Peers that proved themselves: at 1 KiB each, 4 MiB; far more than a node ever connects to. */
export const maxProven = 4096

/** Peers that others named: enough to find a dozen that live, too few to be worth filling for anybody. */
export const maxCandidates = 1024

/** Peers of one address block in a table: one operator's network shall not be most of what we know. */
export const maxPerBlock = 8

/** Peers that proved themselves once and do not answer now: enough that somebody of them is there again, and a quarter of those that we know. */
export const maxFormer = 1024

/** How long after the end of its record such a peer is still dialled, in milliseconds: whoever was off over the holidays finds his network again. */
export const rememberMs: number = 30 * 24 * 3_600_000

/** Candidates that the peers of one public address block (/24, /48) may have named: a quarter, so that several must lie to fill the table. */
export const maxNamedPerBlock = 256

/** Peers that one message may name: at 1 KiB each, a quarter of a slab. */
export const maxNamed = 16

/** Connected peers that are asked to name others when the main loop wants more than we know: as Kademlia's alpha. */
export const askedForNames = 3

/** How long they have for it, in milliseconds: a dial waits for it. */
export const namesTimeoutMs = 2000

/** The main loop's wishes that may wait for such names. Past it they are answered at once with what is known. */
export const maxWishes = 64

/** Kept peers that are taken in at a time after a start: each costs a check of its signature, so 64 are six milliseconds. */
export const restoredAtOnce = 64
