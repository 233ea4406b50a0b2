/**
 * @module stores/expiry-heap
 * A binary heap of things that die at a known time, soonest first. What was replaced or deleted stays in it as a stale entry until it comes up
 * or the heap is rebuilt, so that a change costs nothing but a push.
 */

/** Something that dies; milliseconds since 1970, finite. */
export interface Expiring {
  readonly expiresAtMs: number
}

/** Things ordered by when they die. */
export interface ExpiryHeap<T extends Expiring> {
  /** Adds one; `live` is how many are current in all, so that the heap can bound its stale ones. */
  add(one: T, live: number): void
  /** Takes out the current one that dies first, if it dies at `now` or before. */
  next(now: number): T | undefined
  /** When something dies next, or sooner, where what was replaced is still in it; Infinity: never. */
  soonest(): number
  clear(): void
}

/** Makes a heap; `current` says whether an entry still counts. */
export function createExpiryHeap<T extends Expiring>(current: (one: T) => boolean): ExpiryHeap<T> {
  let heap: T[] = []

  const at = (index: number): number => heap[index]?.expiresAtMs ?? Infinity
  const swap = (a: number, b: number): void => {
    const one = heap[a]
    const other = heap[b]
    if (one === undefined || other === undefined) return
    heap[a] = other
    heap[b] = one
  }
  const sink = (from: number): void => {
    for (let index = from; ;) {
      const left = index * 2 + 1
      const child = at(left + 1) < at(left) ? left + 1 : left
      if (at(child) >= at(index)) return
      swap(index, child)
      index = child
    }
  }
  const pop = (): T | undefined => {
    const top = heap[0]
    const last = heap.pop()
    if (last !== undefined && heap.length > 0) {
      heap[0] = last
      sink(0)
    }
    return top
  }

  return {
    add(one, live) {
      // 64 spare: no rebuilding all the time while there are few.
      if (heap.length >= live * 2 + 64) {
        heap = heap.filter(current)
        for (let index = (heap.length >> 1) - 1; index >= 0; index--) sink(index)
      }
      heap.push(one)
      for (let index = heap.length - 1; index > 0;) {
        const parent = (index - 1) >> 1
        if (at(parent) <= at(index)) break
        swap(index, parent)
        index = parent
      }
    },
    next(now) {
      while (at(0) <= now) {
        const top = pop()
        if (top !== undefined && current(top)) return top
      }
      return undefined
    },
    soonest: () => at(0),
    clear() {
      heap = []
    },
  }
}
