/**
 * @module peers/alarm
 * One timer for many deadlines: it rings at the earliest that it was told of. Whoever hears it looks what is due and sets it again.
 */
import type { Clock, Timer } from '../clock.ts'

/** A full queue swallowed the ring: try again so soon, in milliseconds. */
const retryMs = 50

/** Rings once for each time that it was set. */
export interface Alarm {
  /** Rings not later than this, in monotonic milliseconds; a ring that is set for earlier stays. */
  notLaterThan(atMs: number): void
  cancel(): void
}

/** Makes an alarm. `ring` gives false when nobody heard it: then it rings again a little later. */
export function alarm(clock: Clock, ring: () => boolean): Alarm {
  let set: { readonly timer: Timer; readonly atMs: number } | undefined
  const notLaterThan = (atMs: number): void => {
    if (set !== undefined && set.atMs <= atMs) return
    set?.timer.cancel()
    const run = (): void => {
      set = undefined
      if (!ring()) notLaterThan(clock.monotonicMs() + retryMs)
    }
    set = { timer: clock.after(Math.max(0, atMs - clock.monotonicMs()), run), atMs }
  }
  return {
    notLaterThan,
    cancel() {
      set?.timer.cancel()
      set = undefined
    },
  }
}
