/**
 * @module key-index
 * Which records there are, how long and until when: in memory, so that nothing is scanned to find what has died, and what is absent costs no
 * read. It is filled while the store works already; until then a key that is asked for is looked up on disk. What was there at the opening is in order (`sorted-index.ts`), what came
 * since in a map. Not here: the records' bytes.
 */
import { createExpiryHeap, type Expiring } from 'mydht/stores'
import * as defaults from './defaults.ts'
import { checkOf, endOf, headBytes, totalsKey, type Totals } from './format.ts'
import { createSortedIndex, type SortedEntry } from './sorted-index.ts'

/** What is known of a record. */
export interface IndexEntry extends Expiring {
  readonly key: string
  /** Of the record, without its key. */
  readonly bytes: number
  readonly check: number
  /** The whole value, where the database cannot be read at once. */
  readonly value: Uint8Array | undefined
}

/** The records by key. It counts into `totals`. */
export interface KeyIndex {
  find(key: string): IndexEntry | undefined
  /** Takes an entry in, in place of `before`, which `find` gave for its key. */
  set(entry: IndexEntry, before: IndexEntry | undefined): void
  delete(entry: IndexEntry): void
  /** One that died at `now` or before and is still here. */
  dead(now: number): IndexEntry | undefined
  /** All keys known now. */
  keys(): readonly string[]
  /** Fills it. False: what was read is not what the totals say, or a record is not what was written. */
  load(pages: AsyncIterable<readonly (readonly [key: string, value: Uint8Array])[]>): Promise<boolean>
  clear(): void
}

/** Makes an empty index over a database whose records are counted in `totals` already. `readNow` gives a value from disk. */
export function createKeyIndex(
  totals: Totals,
  keepValues: boolean,
  readNow: (key: string) => Uint8Array | undefined
): KeyIndex {
  const entries = new Map<string, IndexEntry>()
  const sorted = createSortedIndex(keepValues ? 0 : Math.min(totals.records, defaults.maxExpected))
  const heap = createExpiryHeap<IndexEntry>((entry) => entries.get(entry.key) === entry)
  /** Until all are known: keys that were deleted, whose records the filling must pass over. */
  let gone: Set<string> | undefined = new Set()

  const take = (entry: IndexEntry): void => {
    entries.set(entry.key, entry)
    if (entry.expiresAtMs !== Infinity) heap.add(entry, entries.size)
  }
  const count = ({ key, bytes, check }: IndexEntry, sign: 1 | -1): void => {
    totals.records += sign
    totals.bytes += sign * (key.length + bytes)
    totals.sum = (totals.sum + sign * check) >>> 0
  }

  const ofSorted = (entry: SortedEntry | undefined): IndexEntry | undefined => entry && { ...entry, value: undefined }
  const forget = (key: string): void => {
    if (!entries.delete(key)) sorted.remove(key)
  }
  /** Takes in what lies on disk. False: it is not what was written. */
  const read = (key: string, value: Uint8Array, seen: Totals): boolean => {
    const check = checkOf(value)
    const expiresAtMs = check === undefined ? Number.NaN : endOf(value)
    if (check === undefined || Number.isNaN(expiresAtMs)) return false
    const bytes = value.length - headBytes
    seen.records++
    seen.bytes += key.length + bytes
    seen.sum = (seen.sum + check) >>> 0
    // An empty table is not asked: that alone would hash every key.
    const isKnown = (entries.size > 0 && entries.has(key)) || (gone !== undefined && gone.size > 0 && gone.has(key))
    if (isKnown || (!keepValues && sorted.push(key, bytes, check, expiresAtMs))) return true
    take({ key, bytes, check, expiresAtMs, value: keepValues ? value : undefined })
    return true
  }

  return {
    find(key) {
      const entry = entries.get(key) ?? ofSorted(sorted.find(key))
      if (entry !== undefined || gone === undefined || gone.has(key)) return entry
      const value = readNow(key)
      const found = value && entryOf(key, value, keepValues)
      if (found) take(found)
      return found
    },
    set(entry, before) {
      if (before) {
        count(before, -1)
        forget(entry.key)
      }
      count(entry, 1)
      take(entry)
    },
    delete(entry) {
      forget(entry.key)
      gone?.add(entry.key)
      count(entry, -1)
    },
    dead: (now) => heap.next(now) ?? ofSorted(sorted.dead(now)),
    keys: () => [...sorted.keys(), ...entries.keys()],
    async load(pages) {
      const expected = { ...totals }
      const seen: Totals = { records: 0, bytes: 0, sum: 0 }
      for await (const page of pages)
        for (const [key, value] of page) if (key !== totalsKey && !read(key, value, seen)) return false
      gone = undefined
      sorted.seal()
      return seen.records === expected.records && seen.bytes === expected.bytes && seen.sum === expected.sum
    },
    clear() {
      entries.clear()
      sorted.clear()
      heap.clear()
    },
  }
}

function entryOf(key: string, value: Uint8Array, keepValue: boolean): IndexEntry | undefined {
  const check = checkOf(value)
  if (check === undefined) return undefined
  const expiresAtMs = endOf(value)
  if (Number.isNaN(expiresAtMs)) return undefined
  return { key, bytes: value.length - headBytes, check, expiresAtMs, value: keepValue ? value : undefined }
}
