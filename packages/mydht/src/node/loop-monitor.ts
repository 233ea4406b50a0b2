/**
 * @module node/loop-monitor
 * The delay of the main loop's thread over the last seconds: two watches that are reset in turns, of which the older one is read. Not here: how a
 * watch samples (`machine/`).
 */
import { loopWindowMs } from './defaults.ts'
import type { LoopDelay, LoopWatch } from './machine/machine.ts'

/** The delay, and how long it was sampled. */
export interface LoopStats extends LoopDelay {
  /** Milliseconds that the samples go back: between one and two windows once the node has run so long. */
  readonly overMs: number
}

/** Reads the delay of the last seconds. */
export interface LoopMonitor {
  read(): LoopStats
  /** Forgets what is too old. Called every now and then; late calls make the window longer. */
  turn(): void
  stop(): void
}

/** Begins to watch. Undefined: the machine has nothing to watch with. */
export function loopMonitor(watch: () => LoopWatch | undefined, nowMs: () => number): LoopMonitor | undefined {
  const first = watch()
  const second = watch()
  if (first === undefined || second === undefined) return undefined
  let older = { watch: first, sinceMs: nowMs() }
  let newer = { watch: second, sinceMs: nowMs() }
  return {
    read: () => ({ ...older.watch.read(), overMs: nowMs() - older.sinceMs }),
    turn() {
      if (nowMs() - newer.sinceMs < loopWindowMs) return
      older.watch.reset()
      const fresh = { watch: older.watch, sinceMs: nowMs() }
      older = newer
      newer = fresh
    },
    stop() {
      first.stop()
      second.stop()
    },
  }
}
