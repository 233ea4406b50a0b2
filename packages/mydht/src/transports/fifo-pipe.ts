/**
 * @module transports/fifo-pipe
 * Pipes of the system, opened so that the thread that opens them never waits: whoever opens both ends at once has no other end to wait for.
 * Descriptors belong to the whole process; other threads then read and write them, and block. Not here: what flows (`fifo-frames.ts`).
 */
import { closeSync, constants, fstatSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { platform } from 'node:process'
import { MyDhtError } from '../errors.ts'

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants

/** Opens both ends, to be used without ever blocking. Throws what the system says, and MYDHT_CONNECT_FAILED where it is no pipe. */
export function openBoth(path: string): number {
  return pipeOnly(openSync(path, O_RDWR | O_NONBLOCK | O_NOFOLLOW), path)
}

/** Opens the end that is read, to be read by blocking calls. Does not block itself. Throws as `openBoth`. */
export function openToRead(path: string): number {
  return openEnd(path, O_RDONLY)
}

/** Opens the end that is written, to be written by blocking calls. Does not block itself. Throws as `openBoth`. */
export function openToWrite(path: string): number {
  return openEnd(path, O_WRONLY)
}

function openEnd(path: string, way: number): number {
  const both = openBoth(path)
  try {
    return pipeOnly(openSync(path, way | O_NOFOLLOW), path)
  } finally {
    closeSync(both)
  }
}

function pipeOnly(fd: number, path: string): number {
  if (fstatSync(fd).isFIFO()) return fd
  closeSync(fd)
  throw new MyDhtError('MYDHT_CONNECT_FAILED', `${path} is no pipe: give fifo() a directory of its own`)
}

/** Opens both ends of a pipe that this process has open as `fd`, even if its file has gone or is another by now. */
export function reopenBoth(path: string, fd: number): number {
  if (platform !== 'linux') return openBoth(path)
  try {
    return openSync(`/proc/self/fd/${fd}`, O_RDWR | O_NONBLOCK)
  } catch (thrown) {
    // A system without /proc.
    if (codeOf(thrown) === 'ENOENT') return openBoth(path)
    throw thrown
  }
}

/** Writes to a pipe whose reader is there; does not wait. `nobody`: no reader, or no pipe. `full`: no room for all of it. Throws what else the system says. */
export function writeIfHeard(path: string, text: string): 'written' | 'nobody' | 'full' {
  try {
    const fd = pipeOnly(openSync(path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW), path)
    try {
      if (text.length > 0) writeSync(fd, text)
    } finally {
      closeSync(fd)
    }
    return 'written'
  } catch (thrown) {
    const code = codeOf(thrown)
    if (code === 'ENXIO' || code === 'ENOENT' || code === 'EPIPE') return 'nobody'
    if (code === 'EAGAIN') return 'full'
    throw thrown
  }
}

/** Whether a pipe has a reader. */
export function isHeard(path: string): boolean {
  return writeIfHeard(path, '') === 'written'
}

/** Writes one byte to a descriptor of `openBoth`, if there is room: where there is none, nobody waits for bytes. */
export function pokeReader(both: number, byte: string): void {
  try {
    writeSync(both, byte)
  } catch (thrown) {
    if (codeOf(thrown) !== 'EAGAIN') throw thrown
  }
}

/** Reads what is in a pipe, through a descriptor of `openBoth`, so that who waits for room goes on. Gives it. */
export function drainNow(both: number): Uint8Array {
  // The most that a pipe holds, unless a program made it larger.
  const bytes = new Uint8Array(65_536)
  try {
    return bytes.subarray(0, readSync(both, bytes))
  } catch (thrown) {
    if (codeOf(thrown) === 'EAGAIN') return bytes.subarray(0, 0)
    throw thrown
  }
}

/** Removes a file, if it is there. */
export function removeFile(path: string): void {
  rmSync(path, { force: true })
}

/** The system's name of what went wrong: `ENOENT`; '' where it did not come from the system. */
export function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : ''
}
