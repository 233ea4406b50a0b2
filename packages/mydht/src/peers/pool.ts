/**
 * @module peers/pool
 * How many peers to dial now to hold the wanted number of connections, and when to look again. Pure: whom to dial is the route's and the
 * peer store's affair, whether one may is `dial-policy.ts`.
 */
import type { Random } from '../random.ts'
import { backOffMs, type BackOffOptions } from './back-off.ts'

/** What the pool must know. Times in monotonic milliseconds. */
export interface PoolState {
  /** Connections that we want; 0: the pool does nothing. */
  readonly wanted: number
  readonly connected: number
  readonly dialling: number
  /** Rounds in a row in which nobody could be reached, and when the last one ended. */
  readonly failedRounds: number
  readonly lastFailureMs: number
  readonly nowMs: number
}

/** How the pool goes about it. */
export interface PoolOptions extends BackOffOptions {
  readonly maxDials: number
  /** How many more to dial than are missing, as a share of them. */
  readonly extraRatio: number
}

/** What to do: dial so many, and look again after so many milliseconds (undefined: only when something changes). */
export interface PoolPlan {
  readonly dial: number
  readonly againMs: number | undefined
}

/** The plan for this moment. Draws from `random` only while it backs off. */
export function planPool(state: PoolState, options: PoolOptions, random: Random): PoolPlan {
  const missing = state.wanted - state.connected - state.dialling
  if (missing <= 0) return { dial: 0, againMs: undefined }
  if (state.failedRounds > 0) {
    const left = state.lastFailureMs + backOffMs(state.failedRounds, options, random) - state.nowMs
    if (left > 0) return { dial: 0, againMs: left }
  }
  const some = Math.ceil(missing * (1 + options.extraRatio))
  return { dial: Math.max(0, Math.min(some, options.maxDials - state.dialling)), againMs: undefined }
}
