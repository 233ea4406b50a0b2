/**
 * @module testing/sim/event-log
 * The log of a simulation: one line for each thing that happens, and a hash over all of them. Two runs of one seed have the same log, byte for byte.
 */
import { createHash } from 'node:crypto'
import type { Clock } from '../../clock.ts'

/** The log of one simulation. */
export interface EventLog {
  /** Adds a line: the time in milliseconds, then `text`, which has no line break. */
  add(text: string): void
  /** Lines so far. */
  readonly lines: number
  /** SHA-256 of all lines so far, each with its line break, in hexadecimal. */
  digest(): string
}

/** Lines that are hashed at a time: a hash call for each would cost more than the line. */
const batchLines = 256

/** Makes one. `onLine` gets each line as it is added, without its line break. */
export function createEventLog(clock: Clock, onLine?: (line: string) => void): EventLog {
  const hash = createHash('sha256')
  let waiting = ''
  let count = 0
  let lines = 0
  const flush = (): void => {
    hash.update(waiting)
    waiting = ''
    count = 0
  }
  return {
    add(text) {
      const line = `${clock.monotonicMs()} ${text}`
      onLine?.(line)
      waiting += `${line}\n`
      lines++
      if (++count >= batchLines) flush()
    },
    get lines() {
      return lines
    },
    digest() {
      flush()
      return hash.copy().digest('hex')
    },
  }
}
