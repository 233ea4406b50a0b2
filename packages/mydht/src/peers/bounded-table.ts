/**
 * @module peers/bounded-table
 * A Map that forgets the entry that was not used for longest when it is full, so that strangers cannot make it grow.
 */

/** A table of at most so many entries. */
export interface BoundedTable<V> {
  /** The value, which counts as a use. */
  get(key: string): V | undefined
  /** Sets a value, which counts as a use; drops the longest unused entry when there are too many. */
  set(key: string, value: V): void
  delete(key: string): void
  size(): number
}

/** Makes a table of at most `limit` entries. Throws TypeError unless `limit` is a whole number of at least 1. */
export function boundedTable<V>(limit: number): BoundedTable<V> {
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw new TypeError(`a table has a whole number of entries of at least 1, got ${limit}`)
  // A Map iterates in the order of insertion: taking an entry out and putting it back makes it the youngest.
  const entries = new Map<string, V>()
  return {
    get(key) {
      const value = entries.get(key)
      if (value === undefined) return undefined
      entries.delete(key)
      entries.set(key, value)
      return value
    },
    set(key, value) {
      entries.delete(key)
      entries.set(key, value)
      if (entries.size <= limit) return
      for (const oldest of entries.keys()) {
        entries.delete(oldest)
        return
      }
    },
    delete: (key) => {
      entries.delete(key)
    },
    size: () => entries.size,
  }
}
