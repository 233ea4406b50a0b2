/**
 * @module store
 * The store over an open database: what is kept is in the index, what is new waits in the writer, the rest is on disk. Not here: opening
 * (`level.ts`).
 */
import { maxKeyLength, MyDhtError, type Store, type StoredRecord, type StoreParts } from 'mydht/stores'
import type { Database } from './backend.ts'
import * as defaults from './defaults.ts'
import { checkOf, endOf, headBytes, writeRecord, type Totals } from './format.ts'
import { createKeyIndex, type IndexEntry } from './key-index.ts'
import { createWriter } from './writer.ts'

/** Bounds of a store on disk. */
export interface StoreBounds {
  readonly maxRecords: number
  readonly maxBytes: number
  readonly maxUnwrittenBytes: number
}

/** A store that reads its index behind. */
export type LevelStore = Store & { readonly loaded: Promise<void> }

/** Makes the store over a database with these totals, which it owns from then on. */
export function createStore(
  location: string,
  database: Database,
  totals: Totals,
  { maxRecords, maxBytes, maxUnwrittenBytes }: StoreBounds,
  { clock, log }: StoreParts
): LevelStore {
  const { level } = database
  const writer = createWriter(database, totals, clock, log)
  const read = (key: string): Uint8Array | undefined => (database.canGetSync ? level.getSync(key) : undefined)
  const index = createKeyIndex(totals, !database.canGetSync, read)
  const allocate = createSlab()
  let closing: Promise<void> | undefined
  let damage: MyDhtError | undefined

  const usable = (): void => {
    if (closing) throw new MyDhtError('MYDHT_CLOSED', 'this store is closed: make a new one')
    if (damage) throw damage
  }
  const damaged = (what: string): MyDhtError => {
    const message = `${location} is damaged (${what}): restore a backup, or move it away and begin with an empty one`
    damage = new MyDhtError('MYDHT_STORE_DAMAGED', message, { details: { folder: location } })
    return damage
  }
  const drop = (entry: IndexEntry): void => {
    void load()
    index.delete(entry)
    writer.write({ type: 'del', key: entry.key })
  }
  const sweep = (atMost: number): void => {
    const now = clock.now()
    for (let left = atMost; left > 0; left--) {
      const dead = index.dead(now)
      if (dead === undefined) return
      drop(dead)
    }
  }
  const fits = (cost: number, before: IndexEntry | undefined): boolean =>
    totals.bytes + cost - (before ? before.key.length + before.bytes : 0) <= maxBytes &&
    (before !== undefined || totals.records < maxRecords)
  const live = (key: string): IndexEntry | undefined => {
    const entry = index.find(key)
    if (entry === undefined || entry.expiresAtMs > clock.now()) return entry
    drop(entry)
    return undefined
  }
  /** A record as it lies there, dead or alive. It does not ask the index, whose memory is seldom near: the database answers sooner. */
  const recordOf = (key: string): StoredRecord | undefined => {
    const waiting = writer.peek(key)
    if (waiting === 'deleted') return undefined
    const value = waiting ?? (database.canGetSync ? level.getSync(key) : index.find(key)?.value)
    if (value === undefined) {
      if (index.find(key)) throw damaged(`the record '${key}' is missing`)
      return undefined
    }
    if (checkOf(value) === undefined) throw damaged(`the record '${key}' is not what was written`)
    return { bytes: value.subarray(headBytes), expiresAtMs: endOf(value) }
  }
  const liveRecord = (key: string): StoredRecord | undefined => {
    const record = recordOf(key)
    if (record === undefined || record.expiresAtMs > clock.now()) return record
    live(key)
    return undefined
  }

  let loading: Promise<void> | undefined
  /** Fills the index. Once, and before anything changes: what is read is compared with the totals. */
  const load = (): Promise<void> => {
    if (loading || closing) return loading ?? Promise.resolve()
    loading = index.load(pagesOf(database)).then(
      (whole) => {
        if (!whole && !closing) throw damaged('its records are not those that were written')
      },
      (thrown: unknown) => {
        if (!closing) throw damaged(thrown instanceof Error ? thrown.message : String(thrown))
      }
    )
    // Whoever does not wait for it hears of damage by the next call.
    loading.catch((error: unknown) => log?.('error', 'store-damaged', { message: String(error) }))
    return loading
  }
  // Not in this turn: whoever opened it gets what he came for first.
  clock.soon(() => void load())

  return {
    get loaded() {
      return load()
    },
    outlives: true,
    get(key) {
      usable()
      // The totals lie under a longer key.
      return key.length > maxKeyLength ? undefined : liveRecord(key)
    },
    put(key, bytes, expiresAtMs) {
      usable()
      checkPut(key, expiresAtMs)
      void load()
      sweep(defaults.sweepAtOnce)
      const cost = key.length + bytes.length
      let before = index.find(key)
      if (!fits(cost, before)) {
        sweep(Infinity)
        before = index.find(key)
        if (!fits(cost, before)) return 'full'
      }
      if (writer.waitingBytes + cost > maxUnwrittenBytes) return 'busy'
      const value = allocate(bytes.length + headBytes)
      const check = writeRecord(value, bytes, expiresAtMs)
      const kept = database.canGetSync ? undefined : value
      index.set({ key, bytes: bytes.length, check, expiresAtMs, value: kept }, before)
      writer.write({ type: 'put', key, value })
      return 'stored'
    },
    delete(key) {
      usable()
      const entry = live(key)
      if (entry) drop(entry)
      return entry !== undefined
    },
    entries() {
      usable()
      return each(index.keys())
    },
    size() {
      usable()
      sweep(Infinity)
      return { records: totals.records, bytes: totals.bytes }
    },
    flush() {
      if (closing) return Promise.reject(new MyDhtError('MYDHT_CLOSED', 'this store is closed: flush before close'))
      return damage ? Promise.reject(damage) : writer.flush()
    },
    close() {
      closing ??= shut()
      return closing
    },
  }

  async function shut(): Promise<void> {
    try {
      // A damaged one is left as it is.
      if (!damage) await writer.flush()
    } finally {
      await level.close()
      index.clear()
    }
  }

  function* each(keys: readonly string[]): Generator<readonly [string, StoredRecord]> {
    for (const key of keys) {
      usable()
      const record = liveRecord(key)
      if (record) yield [key, record]
    }
  }
}

function checkPut(key: string, expiresAtMs: number): void {
  if (key.length > maxKeyLength) throw new TypeError(`a key has at most ${maxKeyLength} letters, got ${key.length}`)
  // The first one costs nothing for letters as ours are.
  if (/[\ud800-\udfff]/.test(key) && /\p{Surrogate}/u.test(key))
    throw new TypeError('a key is well-formed text: this one has half a letter')
  if (Number.isNaN(expiresAtMs)) throw new TypeError('expiresAtMs is NaN: give milliseconds since 1970, or Infinity')
}

/** All that is in the database when this is called, a page at a time; the next one is read while this one is looked at. */
function pagesOf({ level, readAhead = {} }: Database): AsyncIterable<[string, Uint8Array][]> {
  // Made at once: an iterator sees what was there when it was made, and nothing of what is written later.
  const iterator = level.iterator(readAhead)
  return (async function* pages() {
    let coming = iterator.nextv(defaults.loadAtOnce)
    try {
      for (;;) {
        const page = await coming
        if (page.length === 0) return
        coming = iterator.nextv(defaults.loadAtOnce)
        yield page
      }
    } finally {
      // Whoever leaves early, at damage, waits for what is under way; how that ends is nobody's business any more.
      await coming.catch(() => {})
      await iterator.close()
    }
  })()
}

/** Cuts small values out of one slab after another: making an array costs more than filling it. A slab goes when its values are written. */
function createSlab(): (length: number) => Uint8Array {
  let slab = new Uint8Array(0)
  let used = 0
  return (length) => {
    if (length > slabBytes / 8) return new Uint8Array(length)
    if (used + length > slab.length) {
      slab = new Uint8Array(slabBytes)
      used = 0
    }
    used += length
    return slab.subarray(used - length, used)
  }
}

const slabBytes = 65_536
