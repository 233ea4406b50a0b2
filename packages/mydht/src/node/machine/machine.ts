/**
 * @module node/machine/machine
 * What only the machine knows about itself: the contract of the package import `#machine`. Not here: Node's answers (`node.ts`), and those of
 * places that have none (`none.ts`).
 */

/** Memory in bytes: `rssBytes` is the whole process's, the others are of the thread that asks. */
export interface MemoryUse {
  readonly rssBytes: number
  readonly heapUsedBytes: number
  readonly heapTotalBytes: number
  readonly externalBytes: number
  readonly arrayBuffersBytes: number
}

/** How late the event loop of a thread came to what was due, in milliseconds: sampled every 10 ms while it does not block, less often while it does. */
export interface LoopDelay {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

/** Samples this thread's event loop. Does not keep the program alive. */
export interface LoopWatch {
  /** Of all samples since the start or the last `reset`; zeros when there are none. */
  read(): LoopDelay
  reset(): void
  stop(): void
}

/** The machine. Undefined: it does not say. */
export interface Machine {
  memory(): MemoryUse | undefined
  watchLoop(): LoopWatch | undefined
}
