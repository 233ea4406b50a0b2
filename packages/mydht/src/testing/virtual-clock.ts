/**
 * @module testing/virtual-clock
 * A clock that stands still until a test moves it: same calls, same order, same result, as fast as the machine goes.
 * It sees its own timers and promise jobs, not sockets or worker threads: for same-thread placements only.
 */
import { setImmediate } from 'node:timers'
import type { Clock, Timer } from '../clock.ts'

/** A clock whose time moves only when `advance` or `runUntilIdle` moves it. */
export interface VirtualClock extends Clock {
  /**
   * Moves time on by `ms` (0: settles this instant), running what falls due on the way: promise jobs first, then `soon` in order
   * of asking, then timers by due time and, at one instant, in order of setting. Rejects with whatever a callback throws,
   * and with a TypeError while another move is under way.
   */
  advance(ms: number): Promise<void>
  /**
   * Runs until neither `soon` nor any timer is left, however far off. Gives the milliseconds that passed. Rejects with an Error
   * after `maxSteps` callbacks (@default 1 000 000): something sets itself again for ever; use `advance`.
   */
  runUntilIdle(options?: { readonly maxSteps?: number | undefined }): Promise<number>
  /**
   * Runs what falls due until `promise` settles, and gives what it gives; time stands where it settled. Rejects with an Error when nothing is
   * left to run, or after `maxMs` (@default an hour): nobody will settle it.
   */
  until<T>(promise: Promise<T>, options?: { readonly maxMs?: number | undefined }): Promise<T>
  /** Timers and `soon` calls that wait. */
  readonly waiting: number
}

/** Immediates that are asked for at a time: past this nothing is gained. */
const mostImmediates = 64

/** Options of `virtualClock`. */
export interface VirtualClockOptions {
  /** What `now()` gives at the start, in milliseconds since 1970. @default 2026-01-01T00:00:00Z */
  readonly startMs?: number | undefined
}

interface Entry extends Timer {
  readonly due: number
  readonly order: number
  readonly run: () => void
  /** Place in the heap; -1 once fired or cancelled. */
  at: number
}

/**
 * Makes a virtual clock.
 *
 * @example
 * const clock = virtualClock()
 * clock.after(1000, () => console.log('a second later'))
 * await clock.advance(1000)
 */
export function virtualClock(options: VirtualClockOptions = {}): VirtualClock {
  const startMs = options.startMs ?? 1_767_225_600_000
  const heap: Entry[] = []
  let soonest: (() => void)[] = []
  let batch: (() => void)[] = []
  let batchAt = 0
  let elapsed = 0
  let orders = 0
  let moving = false
  const never = (): boolean => false

  const clock: VirtualClock = {
    now: () => startMs + elapsed,
    monotonicMs: () => elapsed,
    after: (delayMs, run) => {
      if (Number.isNaN(delayMs)) throw new TypeError('after(delayMs): got NaN, give milliseconds')
      const due = elapsed + Math.max(0, delayMs)
      const entry: Entry = { due, order: orders++, run, at: heap.length, cancel: () => remove(heap, entry) }
      heap.push(entry)
      rise(heap, entry)
      return entry
    },
    soon: (run) => {
      soonest.push(run)
    },
    advance: async (ms) => {
      if (!(ms >= 0 && ms < Infinity)) throw new TypeError(`advance(ms): got ${ms}, give a finite number from 0`)
      const target = elapsed + ms
      await move(target, Infinity, never)
      elapsed = target
    },
    until: async (promise, { maxMs = 3_600_000 } = {}) => {
      let settled = false
      const settle = (): void => {
        settled = true
      }
      promise.then(settle, settle)
      await move(elapsed + maxMs, Infinity, () => settled)
      if (settled) return promise
      const why = heap.length === 0 ? 'nothing is left to run' : `${maxMs} ms have passed`
      throw new Error(`the promise has not settled at ${elapsed} ms of the virtual clock: ${why}`)
    },
    runUntilIdle: async ({ maxSteps = 1_000_000 } = {}) => {
      const before = elapsed
      await move(Infinity, maxSteps, never)
      return elapsed - before
    },
    get waiting() {
      return heap.length + soonest.length + batch.length - batchAt
    },
  }
  return clock

  /** Runs callbacks until `target`, or until `stop` says so. Promise jobs run between any two: Node does them between immediates. */
  function move(target: number, maxSteps: number, stop: () => boolean): Promise<void> {
    if (moving) throw new TypeError('the virtual clock is moving already: await one advance() before the next')
    moving = true
    return new Promise((resolve, reject) => {
      let steps = 0
      let over = false
      let failure: { readonly thrown: unknown } | undefined
      // Immediates are asked for by the batch: a round of Node's own loop for each callback would cost more than most callbacks.
      let batchSize = 1
      let asked = 0
      const ask = (): void => {
        for (; asked < batchSize; asked++) setImmediate(turn)
        batchSize = Math.min(mostImmediates, batchSize * 2)
      }
      const turn = (): void => {
        asked--
        if (!over) step()
        if (asked > 0) return
        if (!over) return ask()
        moving = false
        if (failure) reject(failure.thrown)
        else resolve()
      }
      const step = (): void => {
        const run = stop() ? undefined : next(target)
        over = run === undefined || ++steps > maxSteps
        if (run === undefined) return
        try {
          if (over) throw new Error(`the virtual clock is not idle after ${maxSteps} callbacks: use advance(ms)`)
          run()
        } catch (thrown) {
          failure = { thrown }
          over = true
        }
      }
      ask()
    })
  }

  /** What to run next, not later than `target`; moves time to it. */
  function next(target: number): (() => void) | undefined {
    if (batchAt < batch.length) return batch[batchAt++]
    const first = heap[0]
    // Timers of this very instant run between two batches of `soon`, so neither starves the other.
    if (first !== undefined && first.due <= elapsed && first.due <= target && batch.length > 0) {
      batch = []
      batchAt = 0
      remove(heap, first)
      return first.run
    }
    batch = soonest
    batchAt = 0
    soonest = []
    if (batch.length > 0) return batch[batchAt++]
    if (first === undefined || first.due > target) return undefined
    elapsed = Math.max(elapsed, first.due)
    remove(heap, first)
    return first.run
  }
}

// A binary heap by due time, then by order of setting. Entries know their place, so that cancelling leaves nothing behind.

function before(a: Entry, b: Entry): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order)
}

function put(heap: Entry[], entry: Entry, at: number): void {
  heap[at] = entry
  entry.at = at
}

function rise(heap: Entry[], entry: Entry): void {
  let at = entry.at
  while (at > 0) {
    const up = (at - 1) >> 1
    const parent = heap[up]
    if (parent === undefined || !before(entry, parent)) break
    put(heap, parent, at)
    at = up
  }
  put(heap, entry, at)
}

function sink(heap: Entry[], entry: Entry): void {
  let at = entry.at
  for (;;) {
    const left = heap[2 * at + 1]
    const right = heap[2 * at + 2]
    if (left === undefined) break
    const child = right !== undefined && before(right, left) ? right : left
    if (!before(child, entry)) break
    const down = child.at
    put(heap, child, at)
    at = down
  }
  put(heap, entry, at)
}

function remove(heap: Entry[], entry: Entry): void {
  if (entry.at < 0) return
  const last = heap.pop()
  if (last !== undefined && last !== entry) {
    put(heap, last, entry.at)
    rise(heap, last)
    sink(heap, last)
  }
  entry.at = -1
}
