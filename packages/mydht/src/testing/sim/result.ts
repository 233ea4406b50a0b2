/**
 * @module testing/sim/result
 * What a simulation comes to. Not here: how it is counted (`lookups.ts`, `simulate.ts`).
 */
import type { Summary } from './statistics.ts'

/** Lookups at the end of one hour of a network's life. */
export interface HourlyLookups {
  /** From 1; the last one may be over before its end. */
  readonly hour: number
  readonly lookups: number
  readonly succeeded: number
}

/** What a simulation came to. All but `memoryPerNodeBytes` and `elapsedMs` are the same whenever the scenario is. */
export interface SimResult {
  readonly nodes: number
  readonly seed: number
  readonly lookups: number
  readonly succeeded: number
  /** From the asker to where the value was found: 0 is its own store. Of lookups that succeeded. */
  readonly hops: Summary
  /** How many lookups went so many hops: the first number is of those that went none. */
  readonly hopCounts: readonly number[]
  /** Messages of all nodes while the lookups ran, for each lookup. */
  readonly messages: { readonly mean: number }
  /** Simulated milliseconds of lookups that succeeded. */
  readonly lookupMs: Summary
  /** Values that were put, and of those that were looked up afterwards, how many somebody found: of signed ones the newest version. */
  readonly records: { readonly put: number; readonly found: number }
  /** With `hourlyLookups`: what was found at the end of each hour. */
  readonly hourly: readonly HourlyLookups[]
  /** New versions that were published. */
  readonly updated: number
  /** Lookups that found an older version only, and records of which nobody found a newer one. Neither is counted as found. */
  readonly stale: { readonly lookups: number; readonly records: number }
  /** Nodes that said of a put that they hold the value, beside the one that put it. */
  readonly holders: Summary
  /** Nodes that left and nodes that found nobody to join. */
  readonly left: number
  readonly lonely: number
  /** Bytes per second and node over the whole life of the network. */
  readonly bytesPerNodeSecond: number
  readonly memoryPerNodeBytes: number
  readonly simulatedMs: number
  readonly elapsedMs: number
  /** Lines of the log, and SHA-256 of them. */
  readonly lines: number
  readonly digest: string
}
