/**
 * @module stores/store
 * The contract of a store: keys to records, bounded, expiring. It keeps bytes; whether they are worth keeping is decided before (apps validate).
 */
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Part } from '../part.ts'

/** A record as kept: its bytes and when it dies, in milliseconds since 1970. The bytes are the store's: do not change them. */
export interface StoredRecord {
  readonly bytes: Uint8Array
  readonly expiresAtMs: number
}

/** `stored`; or nothing was changed: `full`, until something dies or is deleted, or `busy`, until the disk has what waits for it. */
export type StoreOutcome = 'stored' | 'full' | 'busy'

/**
 * Keys (text of at most 64 letters) to records. Synchronous: a service's `handle` waits for no disk; a store on disk answers from memory or a
 * synchronous read, and tells by `flush` when what was put is durable.
 */
export interface Store {
  /** The record, or undefined when absent or expired. */
  get(key: string): StoredRecord | undefined
  /** Keeps a copy of `bytes`, replacing what was there. `full` when that would break a bound even after expired records are gone. */
  put(key: string, bytes: Uint8Array, expiresAtMs: number): StoreOutcome
  /** Whether there was one. */
  delete(key: string): boolean
  /** Live records, each once, in no promised order. Stop early by leaving the loop. Changing the store meanwhile is allowed. */
  entries(): Iterable<readonly [key: string, record: StoredRecord]>
  /** Live records and their bytes now (an upper bound while expired ones wait to be swept). */
  size(): { readonly records: number; readonly bytes: number }
  /**
   * Settles when everything put before is as durable as this store can make it; many calls at a time cost one write. Rejects with
   * MYDHT_STORE_FAILED when the disk refuses.
   */
  flush(): Promise<void>
  /**
   * Settles once `entries` and `size` know every record of earlier runs, which a large store reads while it works already. Rejects with
   * MYDHT_STORE_DAMAGED when they are not whole. Left out: they know from the start.
   */
  readonly loaded?: Promise<void> | undefined
  /** What it keeps is there again when it is opened the next time. @default false */
  readonly outlives?: boolean | undefined
  /** Keeps what is not written yet, then lets go. Idempotent. Afterwards every other call throws MYDHT_CLOSED. */
  close(): Promise<void>
}

/** What a store gets from its app. */
export interface StoreParts {
  readonly clock: Clock
  readonly log?: Log | undefined
}

/**
 * What a store's factory makes: `memory()` is a `Part` of this. A store that must be opened comes as a promise, which rejects with
 * MYDHT_STORE_LOCKED, MYDHT_STORE_DAMAGED, MYDHT_STORE_FAILED or MYDHT_BAD_CONFIG.
 */
export type StoreFactory = (parts: StoreParts) => Store | Promise<Store>

/** A store as the configuration names it. */
export type StorePart = Part<StoreFactory>
