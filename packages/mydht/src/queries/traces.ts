/**
 * @module queries/traces
 * Two bounded, forgetful memories: which queries were seen here, and which ids were ours a moment ago. Not here: what is pending (`pending.ts`).
 */
import type { PeerRef } from '../identity/peer-ref.ts'

/** What is remembered of a query that was seen here. */
export interface Trace {
  /** The most hops that it still had, of all times it came. */
  hops: number
  /** We answered it from our own store: not twice. */
  answered: boolean
  /** Times that a relay without state tried another peer. */
  retries: number
  /** Who brought it; undefined: we asked it ourselves. */
  readonly cause: PeerRef | undefined
}

/** A memory of at most `max` keys, each for `keepMs` after it was put in; the oldest goes first. */
export interface Memory<K, V> {
  get(key: K, nowMs: number): V | undefined
  set(key: K, value: V, nowMs: number): void
  readonly size: number
}

/** Makes a memory. All keys are kept equally long, so the order of insertion is the order of expiry. */
export function createMemory<K, V>(max: number, keepMs: number): Memory<K, V> {
  const entries = new Map<K, { readonly value: V; readonly expiresMs: number }>()
  const purge = (nowMs: number): void => {
    for (const [key, entry] of entries) {
      if (entry.expiresMs > nowMs && entries.size <= max) return
      entries.delete(key)
    }
  }
  return {
    get: (key, nowMs) => {
      const entry = entries.get(key)
      return entry === undefined || entry.expiresMs <= nowMs ? undefined : entry.value
    },
    set: (key, value, nowMs) => {
      entries.delete(key)
      entries.set(key, { value, expiresMs: nowMs + keepMs })
      purge(nowMs)
    },
    get size() {
      return entries.size
    },
  }
}
