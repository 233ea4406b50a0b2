/**
 * @module service/busy
 * Whose time it is when measured services run on each other's stacks (`inline`): each counts its own, so that the sum of all is never more than the
 * time that went by. Not here: the clock, and who is measured (`runner.ts`).
 */

/** Milliseconds that were measured inside the `handle` under way. One number per thread, as there is one stack; between two turns it means nothing. */
let innerMs = 0

/** A measured `handle` begins. Gives what `leaveBusy` needs at its end. */
export function enterBusy(): number {
  const outerMs = innerMs
  innerMs = 0
  return outerMs
}

/** A measured `handle` has ended `totalMs` after it began. Gives its own share: without the measured services that ran on its stack. */
export function leaveBusy(outerMs: number, totalMs: number): number {
  const ownMs = Math.max(0, totalMs - innerMs)
  innerMs = outerMs + totalMs
  return ownMs
}
