/**
 * @module id-table
 * A table from whole numbers to values for what comes and goes all the time, such as calls that wait for their answers. A `Map` does the same,
 * but each time that it has seen as many newcomers as it has room it moves into a new table, and the old one, dead, keeps everything that was in it
 * alive until the next full collection of garbage (V8: the old table points to the new one): a third of all time went there.
 *
 * Open addressing with linear probing; a removal moves its followers up, so there are no gravestones (Knuth, TAOCP vol. 3, 6.4, algorithm R).
 */

/** Values by whole numbers from 0 to 2^53 - 1. Iterates in no particular order; what is added or removed meanwhile may be missed or met twice. */
export interface IdTable<T> {
  readonly size: number
  get(id: number): T | undefined
  /** Adds or replaces. */
  set(id: number, value: T): void
  has(id: number): boolean
  /** Whether there was one. */
  delete(id: number): boolean
  clear(): void
  /** All entries as they are now. */
  entries(): readonly (readonly [number, T])[]
}

const leastSlots = 16
const none = -1

/** Makes an empty table. */
export function createIdTable<T>(): IdTable<T> {
  let ids: number[] = []
  let values: (T | undefined)[] = []
  let mask = 0
  // Of 32 bits, as many as `mask` has are left.
  let shift = 0
  let size = 0

  /** Where an id would be if it were alone. Ids that count up come far apart, so that they build no clusters (Knuth, 6.4, Fibonacci hashing). */
  const homeOf = (id: number): number => Math.imul(id, 0x9e37_79b1) >>> shift

  /** The slot of an id, or the free one where it would go. The table is never full, so this ends. */
  const slotOf = (id: number): number => {
    let slot = homeOf(id)
    while (ids[slot] !== id && ids[slot] !== none) slot = (slot + 1) & mask
    return slot
  }

  const put = (id: number, value: T | undefined): void => {
    const slot = slotOf(id)
    ids[slot] = id
    values[slot] = value
  }

  const makeRoom = (slots: number): void => {
    ids = Array.from({ length: slots }, () => none)
    values = Array.from({ length: slots }, () => undefined)
    mask = slots - 1
    shift = Math.clz32(mask)
  }

  makeRoom(leastSlots)

  const resize = (slots: number): void => {
    const oldIds = ids
    const oldValues = values
    makeRoom(slots)
    for (let i = 0; i < oldIds.length; i++) {
      const id = oldIds[i] ?? none
      if (id !== none) put(id, oldValues[i])
    }
  }

  return {
    get size() {
      return size
    },
    get(id) {
      return values[slotOf(id)]
    },
    has: (id) => ids[slotOf(id)] === id,
    set(id, value) {
      if (ids[slotOf(id)] !== id) {
        size++
        // At most half full: then a probe looks at two slots on average (Knuth).
        if (size * 2 > mask) resize(2 * (mask + 1))
      }
      put(id, value)
    },
    delete(id) {
      let hole = slotOf(id)
      if (ids[hole] !== id) return false
      size--
      for (let next = (hole + 1) & mask; ids[next] !== none; next = (next + 1) & mask) {
        const follower = ids[next] ?? none
        // It may move up unless its home lies behind the hole.
        if (((next - homeOf(follower)) & mask) < ((next - hole) & mask)) continue
        ids[hole] = follower
        values[hole] = values[next]
        hole = next
      }
      ids[hole] = none
      values[hole] = undefined
      return true
    },
    clear() {
      size = 0
      makeRoom(leastSlots)
    },
    entries() {
      const found: (readonly [number, T])[] = []
      for (let i = 0; i < ids.length; i++) {
        const id = ids[i] ?? none
        // A slot with an id holds a T, which may itself be undefined.
        if (id !== none) found.push([id, values[i] as T])
      }
      return found
    },
  }
}
