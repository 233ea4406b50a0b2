/**
 * @module service/back-off
 * When to restart what failed, and when to give up: exponential back-off, counted within a window. Not here: the restart itself.
 */
import { MAX_RESTARTS, RESTART_FIRST_DELAY_MS, RESTART_MAX_DELAY_MS, RESTART_WINDOW_MS } from './defaults.ts'
import type { RestartPolicy } from './restart-policy.ts'
import { checkCount, checkMs } from './spawn-check.ts'

/** Counts failures. Throws MYDHT_BAD_CONFIG where an option is no count or time above 0. */
export class BackOff {
  private readonly firstDelayMs: number
  private readonly maxDelayMs: number
  private readonly maxRestarts: number
  private readonly windowMs: number
  // At most `maxRestarts` + 1 of them: the one that gives up is the last.
  private failuresAtMs: number[] = []

  constructor(options: RestartPolicy) {
    this.firstDelayMs = checkMs('supervise({ firstDelayMs })', options.firstDelayMs ?? RESTART_FIRST_DELAY_MS)
    this.maxDelayMs = checkMs('supervise({ maxDelayMs })', options.maxDelayMs ?? RESTART_MAX_DELAY_MS)
    this.maxRestarts = checkCount('supervise({ maxRestarts })', options.maxRestarts ?? MAX_RESTARTS)
    this.windowMs = checkMs('supervise({ windowMs })', options.windowMs ?? RESTART_WINDOW_MS)
  }

  /** Failures within the window that ended with the last one. */
  get failures(): number {
    return this.failuresAtMs.length
  }

  /** Counts a failure at `nowMs` (monotonic). Gives the milliseconds to wait before the restart; undefined: give up. */
  failed(nowMs: number): number | undefined {
    this.failuresAtMs = this.failuresAtMs.filter((atMs) => nowMs - atMs < this.windowMs)
    this.failuresAtMs.push(nowMs)
    if (this.failures > this.maxRestarts) return undefined
    return Math.min(this.maxDelayMs, this.firstDelayMs * 2 ** (this.failures - 1))
  }
}
