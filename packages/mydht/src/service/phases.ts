/**
 * @module service/phases
 * Where a runner stands. Numbers, since the hot path compares them; below CLOSING a runner takes commands, so their order matters.
 */

/** Nothing under way, nothing waits: the next command may be delivered. */
export const IDLE = 0
/** A `handle` (or `create`) is under way. */
export const HANDLING = 1
/** Commands wait for a turn that was asked for, or for an instance to finish its `close`. */
export const SCHEDULED = 2
/** Commands wait until the outbox drains. */
export const HELD = 3
/** Takes no more commands; waits for what is under way. */
export const CLOSING = 4
/** Closed. */
export const ENDED = 5
/** Failed. */
export const FAILED = 6

/** One of the phases above. */
export type Phase = 0 | 1 | 2 | 3 | 4 | 5 | 6
