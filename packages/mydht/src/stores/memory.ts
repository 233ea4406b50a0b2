/**
 * @module stores/memory
 * A store in memory: a map, and a heap that knows what dies next. Nothing survives the process.
 */
import { MyDhtError } from '../errors.ts'
import { part, type Part } from '../part.ts'
import * as defaults from './defaults.ts'
import { createExpiryHeap, type Expiring } from './expiry-heap.ts'
import type { Store, StoredRecord, StoreParts } from './store.ts'

/** Bounds of a store in memory. */
export interface MemoryOptions {
  /** @default 65536 */
  readonly maxRecords?: number | undefined
  /** Letters of keys and bytes of records together. @default 64 MiB */
  readonly maxBytes?: number | undefined
}

/**
 * A store in memory.
 *
 * @example
 * kv({ store: memory({ maxRecords: 1000 }) })
 */
export function memory(options: MemoryOptions = {}): Part<(parts: StoreParts) => Store> {
  return part(import.meta.url, 'createMemoryStore', options, createMemoryStore)
}

interface Entry extends StoredRecord, Expiring {
  readonly key: string
}

/** Makes the store of `memory()`. Throws MYDHT_BAD_CONFIG for a bound that is no whole number from 1. */
export function createMemoryStore(options: MemoryOptions): (parts: StoreParts) => Store {
  const maxRecords = bound('maxRecords', options.maxRecords ?? defaults.maxRecords)
  const maxBytes = bound('maxBytes', options.maxBytes ?? defaults.maxBytes)
  return ({ clock }) => {
    const entries = new Map<string, Entry>()
    const heap = createExpiryHeap<Entry>((entry) => entries.get(entry.key) === entry)
    let used = 0
    let closed = false

    const open = (): void => {
      if (closed) throw new MyDhtError('MYDHT_CLOSED', 'this store is closed: make a new one')
    }
    const drop = (entry: Entry): void => {
      entries.delete(entry.key)
      used -= cost(entry.key, entry.bytes)
    }
    const sweep = (): void => {
      const now = clock.now()
      for (let dead = heap.next(now); dead !== undefined; dead = heap.next(now)) drop(dead)
    }
    const live = (key: string): Entry | undefined => {
      const entry = entries.get(key)
      if (entry === undefined || entry.expiresAtMs > clock.now()) return entry
      drop(entry)
      return undefined
    }

    const store: Store = {
      get(key) {
        open()
        return live(key)
      },
      put(key, bytes, expiresAtMs) {
        open()
        if (key.length > defaults.maxKeyLength)
          throw new TypeError(`a key has at most ${defaults.maxKeyLength} letters, got ${key.length}`)
        if (Number.isNaN(expiresAtMs))
          throw new TypeError('expiresAtMs is NaN: give milliseconds since 1970, or Infinity')
        sweep()
        const before = entries.get(key)
        const usedThen = used + cost(key, bytes) - (before ? cost(key, before.bytes) : 0)
        if (usedThen > maxBytes || (!before && entries.size >= maxRecords)) return 'full'
        const entry: Entry = { key, bytes: bytes.slice(), expiresAtMs }
        entries.set(key, entry)
        used = usedThen
        if (expiresAtMs !== Infinity) heap.add(entry, entries.size)
        return 'stored'
      },
      delete(key) {
        open()
        const entry = live(key)
        if (entry) drop(entry)
        return entry !== undefined
      },
      entries() {
        open()
        // The keys are copied so that each record comes once, however the store changes meanwhile.
        return each([...entries.keys()], live)
      },
      size() {
        open()
        sweep()
        return { records: entries.size, bytes: used }
      },
      flush: () =>
        closed
          ? Promise.reject(new MyDhtError('MYDHT_CLOSED', 'this store is closed: flush before close'))
          : Promise.resolve(),
      close() {
        closed = true
        entries.clear()
        heap.clear()
        used = 0
        return Promise.resolve()
      },
    }
    return store
  }
}

function* each(
  keys: readonly string[],
  live: (key: string) => Entry | undefined
): Generator<readonly [string, StoredRecord]> {
  for (const key of keys) {
    const entry = live(key)
    if (entry) yield [key, entry]
  }
}

function cost(key: string, bytes: Uint8Array): number {
  return key.length + bytes.length
}

function bound(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new MyDhtError('MYDHT_BAD_CONFIG', `memory({ ${name}: ${value} }): give a whole number from 1`)
}
