/**
 * @module transports/fifo-blocked
 * Calls of other threads that may be blocked in the system, and how they are made to return: no thread can be ended before its call has. Not here:
 * what the calls do (`fifo-services.ts`).
 */
import { closeSync } from 'node:fs'
import process from 'node:process'
import type { Clock } from '../clock.ts'
import { drainNow, openBoth, pokeReader, reopenBoth } from './fifo-pipe.ts'

/** A pipe with somebody who may wait at it: for bytes, or for room. */
export interface BlockedAt {
  readonly path: string
  /** A descriptor of it in this process; undefined where only the other thread has one. */
  readonly fd: number | undefined
  readonly waitsFor: 'bytes' | 'room'
  /** What to write to one who waits for bytes. */
  readonly byte: string
}

/** How long until a call that has not returned is nudged again, in milliseconds: it may not have begun, or may wait for more room. */
const againMs = 5

/**
 * Whoever leaves the process without closing its transports: the system waits for every thread, and those that are blocked would never end.
 * One listener for all transports of this thread, while any call is under way.
 */
const underWay = new Set<BlockedAt>()

function atExit(): void {
  for (const at of underWay) {
    const both = open(at)
    // Left open: the process ends. What it drains makes room for the rest of any frame.
    if (both !== undefined) nudge(at, both)
  }
}

/** Watches a call until it settles. */
export async function watched<T>(at: BlockedAt, call: Promise<T>): Promise<T> {
  if (underWay.size === 0) process.on('exit', atExit)
  underWay.add(at)
  try {
    return await call
  } finally {
    underWay.delete(at)
    if (underWay.size === 0) process.off('exit', atExit)
  }
}

/** Makes a call return that may be blocked, and settles when it has. Bytes are lost or made up: only for a pipe that is given up. */
export async function interrupt(at: BlockedAt, call: Promise<unknown>, clock: Clock): Promise<void> {
  let over = false
  const returned = call.then(
    () => (over = true),
    () => (over = true)
  )
  let both: number | undefined
  while (!over) {
    both ??= open(at)
    if (both !== undefined) nudge(at, both)
    let timer: { cancel(): void } | undefined
    const again = new Promise((resolve) => {
      timer = clock.after(againMs, () => resolve(undefined))
    })
    await Promise.race([returned, again])
    timer?.cancel()
  }
  if (both !== undefined) closeSync(both)
}

/** Undefined: not now. The pipe may not be there yet, or this process may have too many files open. */
function open({ path, fd }: BlockedAt): number | undefined {
  try {
    return fd === undefined ? openBoth(path) : reopenBoth(path, fd)
  } catch {
    return undefined
  }
}

function nudge({ waitsFor, byte }: BlockedAt, both: number): void {
  if (waitsFor === 'bytes') pokeReader(both, byte)
  else drainNow(both)
}
