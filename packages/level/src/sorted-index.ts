/**
 * @module sorted-index
 * What the disk held at the opening: keys in order, found by halving, with lengths, checks and ends in plain arrays beside them. It is filled once and only shrinks, so a record costs
 * a fraction of the time and half of the memory of an entry in a map. Not here: what came since (`key-index.ts`).
 */

/** One of its records. */
export interface SortedEntry {
  readonly key: string
  /** Of the record, without its key. */
  readonly bytes: number
  readonly check: number
  /** Milliseconds since 1970. */
  readonly expiresAtMs: number
}

/** Records in the order of their keys. */
export interface SortedIndex {
  /** Takes in the next one. False: it does not come after the one before, as this language compares text, and is not taken. */
  push(key: string, bytes: number, check: number, expiresAtMs: number): boolean
  /** All are in: from now on it is known who dies next. */
  seal(): void
  find(key: string): SortedEntry | undefined
  /** False: there is none. */
  remove(key: string): boolean
  /** The one that dies first, if it dies at `now` or before; it stays. */
  dead(now: number): SortedEntry | undefined
  keys(): readonly string[]
  clear(): void
}

/** Makes an empty one, for about so many records. */
export function createSortedIndex(expected: number): SortedIndex {
  let keys: string[] = []
  let lengths = new Uint32Array(expected)
  let checks = new Uint32Array(expected)
  let ends = new Float64Array(expected)
  /** 1: removed. */
  let gone = new Uint8Array(expected)
  let goneCount = 0
  /** Places by end, the soonest first: a binary heap, in which what was removed stays until it comes up. */
  let heap = new Uint32Array(0)
  let heapSize = 0
  let isSealed = false
  /** The heap is made when somebody may be dead, which is long after the opening as a rule. */
  let isOrdered = false
  /** Nobody dies before. */
  let soonest = Infinity

  const grow = (): void => {
    const size = Math.max(1024, keys.length * 2)
    const [lengthsThen, checksThen, endsThen, goneThen] = [lengths, checks, ends, gone]
    lengths = new Uint32Array(size)
    checks = new Uint32Array(size)
    ends = new Float64Array(size)
    gone = new Uint8Array(size)
    lengths.set(lengthsThen)
    checks.set(checksThen)
    ends.set(endsThen)
    gone.set(goneThen)
  }
  const endAt = (index: number): number => (index < heapSize ? (ends[heap[index] ?? 0] ?? Infinity) : Infinity)
  const sink = (from: number): void => {
    for (let index = from; ;) {
      const left = index * 2 + 1
      const child = endAt(left + 1) < endAt(left) ? left + 1 : left
      if (endAt(child) >= endAt(index)) return
      const place = heap[index] ?? 0
      heap[index] = heap[child] ?? 0
      heap[child] = place
      index = child
    }
  }
  const order = (): void => {
    isOrdered = true
    heap = new Uint32Array(keys.length)
    heapSize = 0
    for (let at = 0; at < keys.length; at++) if (ends[at] !== Infinity && gone[at] !== 1) heap[heapSize++] = at
    for (let index = (heapSize >> 1) - 1; index >= 0; index--) sink(index)
  }
  /** Lets go of what was removed, once that is most of it. */
  const shrink = (): void => {
    const isLeft = (_: unknown, at: number): boolean => gone[at] !== 1
    lengths = lengths.filter(isLeft)
    checks = checks.filter(isLeft)
    ends = ends.filter(isLeft)
    keys = keys.filter(isLeft)
    gone = new Uint8Array(keys.length)
    goneCount = 0
    isOrdered = false
  }
  const placeOf = (key: string): number => {
    let low = 0
    let high = keys.length - 1
    while (low <= high) {
      const middle = (low + high) >>> 1
      const one = keys[middle] ?? ''
      if (one === key) return gone[middle] === 1 ? -1 : middle
      if (one < key) low = middle + 1
      else high = middle - 1
    }
    return -1
  }
  const entryAt = (at: number): SortedEntry => ({
    key: keys[at] ?? '',
    bytes: lengths[at] ?? 0,
    check: checks[at] ?? 0,
    expiresAtMs: ends[at] ?? 0,
  })

  return {
    seal() {
      isSealed = true
    },
    push(key, bytes, check, expiresAtMs) {
      const at = keys.length
      if (at > 0 && !((keys[at - 1] ?? '') < key)) return false
      if (at >= ends.length) grow()
      keys.push(key)
      lengths[at] = bytes
      checks[at] = check
      ends[at] = expiresAtMs
      if (expiresAtMs < soonest) soonest = expiresAtMs
      return true
    },
    find(key) {
      const at = placeOf(key)
      return at < 0 ? undefined : entryAt(at)
    },
    remove(key) {
      const at = placeOf(key)
      if (at < 0) return false
      gone[at] = 1
      goneCount++
      // Not while it is filled: what comes next is compared with the last key.
      if (isSealed && goneCount > 1024 && goneCount * 2 > keys.length) shrink()
      return true
    },
    dead(now) {
      if (!isSealed || now < soonest) return undefined
      if (!isOrdered) order()
      while (endAt(0) <= now) {
        const at = heap[0] ?? 0
        if (gone[at] !== 1) return entryAt(at)
        heapSize--
        heap[0] = heap[heapSize] ?? 0
        sink(0)
      }
      return undefined
    },
    keys: () => keys.filter((_, at) => gone[at] !== 1),
    clear() {
      keys = []
      lengths = new Uint32Array(0)
      checks = new Uint32Array(0)
      ends = new Float64Array(0)
      gone = new Uint8Array(0)
      heap = new Uint32Array(0)
      heapSize = 0
      isOrdered = false
    },
  }
}
