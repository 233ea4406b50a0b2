/**
 * @module peers/back-off
 * How long to wait after failures: doubling, capped, and spread by chance so that nodes which lost the same peer do not all come back at once.
 */
import type { Random } from '../random.ts'

/** The first and the longest wait, in milliseconds. */
export interface BackOffOptions {
  readonly firstMs: number
  readonly maxMs: number
}

/**
 * Milliseconds to wait after so many failures in a row: 0 for none, else evenly between half and all of `firstMs * 2^(failures - 1)`, capped.
 * The spread is the "equal jitter" of M. Brooker, "Exponential Backoff and Jitter", 2015.
 */
export function backOffMs(failures: number, options: BackOffOptions, random: Random): number {
  if (failures < 1) return 0
  const full = Math.min(options.maxMs, options.firstMs * 2 ** Math.min(failures - 1, 40))
  const half = Math.floor(full / 2)
  return half + random.below(Math.max(1, Math.floor(full) - half + 1))
}
