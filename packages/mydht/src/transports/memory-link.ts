/**
 * @module transports/memory-link
 * One or two memory pipes as the two ends of a link. Not here: how a pipe moves bytes, who meets whom.
 */
import type { MyDhtError } from '../errors.ts'
import { createPipe } from './memory-pipe.ts'
import type { Pipe, PipeSetup } from './memory-pipe.ts'
import type { ReadStream, WriteStream } from './transport.ts'

/** What one side holds of a link. */
export interface MemoryEnd {
  readonly read: ReadStream | undefined
  readonly write: WriteStream | undefined
  /** Drops what has not ended on this side; its ends give `error`, the other side hears of it. */
  drop(error: MyDhtError | undefined): void
  /** Calls `listener` once, when both streams of this side are done. One listener; set it before anything else happens. */
  onDone(listener: () => void): void
  /** The way is open again, after `held` of its setup was true: what was held arrives. */
  wake(): void
}

/**
 * Makes a link: the dialer's end and the listener's. One-way: the dialer writes, the listener reads. `backSetup`: how the listener's direction
 * behaves, where it differs.
 */
export function createLink(
  setup: PipeSetup,
  duplex: boolean,
  backSetup: PipeSetup = setup
): { readonly dialer: MemoryEnd; readonly listener: MemoryEnd } {
  const there = createPipe(setup, {
    onWriterDrop: (error) => dialer.drop(error),
    onReaderDrop: () => listener.drop(undefined),
    onDone: () => check(),
  })
  const back = duplex
    ? createPipe(backSetup, {
        onWriterDrop: (error) => listener.drop(error),
        onReaderDrop: () => dialer.drop(undefined),
        onDone: () => check(),
      })
    : undefined
  const dialer = linkEnd(there, back)
  const listener = linkEnd(back, there)
  return { dialer, listener }

  function check(): void {
    dialer.check()
    listener.check()
  }
}

function linkEnd(out: Pipe | undefined, into: Pipe | undefined): MemoryEnd & { check(): void } {
  let whenDone: (() => void) | undefined
  return {
    read: into?.read,
    write: out?.write,
    drop: (error) => {
      out?.writerGone(error)
      into?.readerGone(error)
    },
    onDone: (listener) => {
      whenDone = listener
    },
    check: () => {
      if ((out && !out.writerDone()) || (into && !into.readerDone())) return
      const tell = whenDone
      whenDone = undefined
      tell?.()
    },
    wake: () => {
      out?.wake()
      into?.wake()
    },
  }
}
