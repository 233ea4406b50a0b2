/**
 * @module sim/log-file
 * The file of `mydht sim --log`: every line of the event log, written a slab at a time. At once, for a simulation may fill memory faster than
 * a stream empties it.
 */
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { usageError } from '../output.ts'

/** Letters that are collected before they are written: one write for some thousand lines. */
const slabLetters = 256 * 1024

/** An open log. */
export interface LogFile {
  /** Adds a line, given without its line break. What cannot be written aborts `failed`, and nothing is written from then on. */
  readonly add: (line: string) => void
  /** Aborts when the file could not be written; its reason is what the user is told. */
  readonly failed: AbortSignal
  /** Writes the rest. */
  close(): void
}

/** Opens, and empties, the file. Throws a usage error if it cannot be written. */
export function openLogFile(file: string): LogFile {
  const failure = new AbortController()
  let waiting = ''
  const orUsageError = <T>(run: () => T): T => {
    try {
      return run()
    } catch (error) {
      throw usageError(`cannot write the log ${file} (${error instanceof Error ? error.message : String(error)})`)
    }
  }
  const handle = orUsageError(() => openSync(file, 'w'))
  const write = (): void => {
    const slab = waiting
    waiting = ''
    if (failure.signal.aborted) return
    try {
      orUsageError(() => writeFileSync(handle, slab))
    } catch (error) {
      failure.abort(error)
    }
  }
  return {
    failed: failure.signal,
    add(line) {
      waiting += `${line}\n`
      if (waiting.length >= slabLetters) write()
    },
    close() {
      write()
      closeSync(handle)
    },
  }
}
