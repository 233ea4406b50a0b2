/**
 * @module clock
 * Time as a part: the contract, and the clock of the machine. Not here: the virtual clock (see `testing/virtual-clock.ts`).
 * This is the only file of the core that may touch the machine's timers.
 */

/** A timer that was set. Cancelling twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void
}

/** Where every service gets its time from. All times are milliseconds. */
export interface Clock {
  /** Milliseconds since 1970: for absolute expiry that travels between machines. May jump. */
  now(): number
  /** Milliseconds since some start: for deadlines and durations. Never goes back. */
  monotonicMs(): number
  /** Calls `run` once, not earlier than `delayMs` from now. */
  after(delayMs: number, run: () => void): Timer
  /** Calls `run` once after this turn of the event loop: after pending promise jobs, before the clock moves on. */
  soon(run: () => void): void
}

/** The longest delay that the machine's timers take: they fire at once for longer ones. 2^31 - 1 milliseconds, 24 days. */
const longestMs = 0x7fff_ffff

/** The clock of the machine. Its timers hold the process open: whoever sets one cancels it on close. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, run) => {
    let handle = setTimeout(delayMs > longestMs ? again : run, Math.min(delayMs, longestMs))
    let leftMs = delayMs
    function again(): void {
      leftMs -= longestMs
      handle = setTimeout(leftMs > longestMs ? again : run, Math.min(leftMs, longestMs))
    }
    return { cancel: () => clearTimeout(handle) }
  },
  soon: (run) => {
    setImmediate(run)
  },
}
