/**
 * @module node/tally
 * What all services of one name have done together, also those that have ended: a connection's `read` counts on when the connection is gone.
 */
import type { Ended, ServiceStats } from '../service/handle.ts'

/** Anything that counts and ends: a handle. */
export interface Counted {
  stats(): ServiceStats
  onEnd(listener: (ended: Ended<unknown>) => void): void
}

/** The services of one name: those that run, and the sum of the others. */
export interface Tally {
  readonly running: Set<Counted>
  past: ServiceStats
}

/** Counters at their start. */
export const noStats: ServiceStats = { queued: 0, handled: 0, busyMs: 0, lagMs: 0, restarts: 0, dropped: 0 }

/** Counts a service that was spawned, from now to its end and after. */
export function count(tallies: Map<string, Tally>, service: string, handle: Counted): void {
  const tally = tallies.get(service) ?? { running: new Set(), past: noStats }
  tallies.set(service, tally)
  tally.running.add(handle)
  handle.onEnd(() => {
    if (!tally.running.delete(handle)) return
    // What waited at its end waits no more, and how long the last command waited says nothing about now.
    tally.past = add(tally.past, { ...handle.stats(), queued: 0, lagMs: 0 })
  })
}

/** The counters of all services of one name: sums, and the longest lag of those that run. */
export function total({ running, past }: Tally): ServiceStats {
  let sum = past
  for (const handle of running) sum = add(sum, handle.stats())
  return sum
}

function add(one: ServiceStats, other: ServiceStats): ServiceStats {
  const direct = (one.direct ?? 0) + (other.direct ?? 0)
  return {
    ...(direct === 0 ? {} : { direct }),
    queued: one.queued + other.queued,
    handled: one.handled + other.handled,
    busyMs: one.busyMs + other.busyMs,
    lagMs: Math.max(one.lagMs, other.lagMs),
    restarts: one.restarts + other.restarts,
    dropped: one.dropped + other.dropped,
  }
}
