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

/** The clock of the machine. Its timers hold the process open: whoever sets one cancels it on close. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, run) => {
    const handle = setTimeout(run, delayMs)
    return { cancel: () => clearTimeout(handle) }
  },
  soon: (run) => {
    setImmediate(run)
  },
}
