/**
 * @module queries/rules
 * The contract of the rules: from a query's priority to hops, fan-out, budget and lifetime, and the most that we grant to others.
 */

/** Plain data, so that it crosses threads and can be compared. All per-priority numbers are linear: `base + perPriority × priority`, rounded down. */
export interface Rules {
  readonly defaultPriority: number
  readonly hops: Linear
  /** Peers asked at a time by each hop. */
  readonly fanOut: Linear
  /** Query messages in all. */
  readonly budget: Linear
  readonly lifetimeMs: Linear
  /** Whether a peer that finds nothing says so. False: silence until the lifetime ends, but for `iterative` queries, whose asker waits for each hop. */
  readonly notFoundReplies: boolean
  /** The most that we do for a query of somebody else (and for our own). */
  readonly max: {
    readonly priority: number
    readonly hops: number
    readonly fanOut: number
    readonly results: number
    readonly budget: number
    readonly lifetimeMs: number
  }
}

/** `base + perPriority × priority`. */
export interface Linear {
  readonly base: number
  readonly perPriority: number
}
