/**
 * @module apps/alarm
 * Several deadlines on the one `wake` that the framework gives a global service: a new `wake` replaces the one before, so somebody must know the next.
 */
import type { Clock } from '../clock.ts'

/** The wake-up of one global service, shared by its parts. */
export interface Alarm {
  /** Wants `run` to be called in `delayMs`. Each part (`run`) has one wish; the earlier of two counts. */
  by(run: () => void, delayMs: number): void
  /** Call it on the `wake` command: runs what is due and asks for the next. */
  wake(): void
}

/** Makes one; `ask` emits a `wake` event. */
export function createAlarm(clock: Clock, ask: (delayMs: number) => void): Alarm {
  const wishes = new Map<() => void, number>()
  let askedMs = Infinity

  const askBy = (dueMs: number): void => {
    if (dueMs >= askedMs) return
    askedMs = dueMs
    ask(Math.max(0, dueMs - clock.monotonicMs()))
  }

  return {
    by(run, delayMs) {
      const dueMs = clock.monotonicMs() + Math.max(0, delayMs)
      const wished = wishes.get(run)
      if (wished !== undefined && wished <= dueMs) return
      wishes.set(run, dueMs)
      askBy(dueMs)
    },
    wake() {
      askedMs = Infinity
      const nowMs = clock.monotonicMs()
      // Taken out first: a part may wish again while it runs, and is not to be called twice.
      const due = [...wishes.keys()].filter((run) => (wishes.get(run) ?? Infinity) <= nowMs)
      for (const run of due) wishes.delete(run)
      for (const run of due) run()
      let nextMs = Infinity
      for (const dueMs of wishes.values()) nextMs = Math.min(nextMs, dueMs)
      if (nextMs !== Infinity) askBy(nextMs)
    },
  }
}
