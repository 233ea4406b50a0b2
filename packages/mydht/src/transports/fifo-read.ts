/**
 * @module transports/fifo-read
 * The end of a link that is read: asks its service for one read at a time, and for none while it is paused. Not here: the reading (`fifo-services.ts`).
 */
import type { Clock } from '../clock.ts'
import { toMyDhtError, type MyDhtError } from '../errors.ts'
import { endNotice } from './end-notice.ts'
import type { Crew } from './fifo-crew.ts'
import type { CallEvent, ReadCommand } from './fifo-services.ts'
import { lostWith, usePipe, type HeldStream, type OpenPipe } from './fifo-stream.ts'
import type { ReadStream } from './transport.ts'

/** A read stream and how its transport holds it. */
export interface FifoReader extends HeldStream {
  readonly read: ReadStream
}

/** Reads a pipe. Takes a service of the crew when it is started, and keeps it to the end. */
export function fifoReader(pipe: OpenPipe, crew: Crew<ReadCommand>, clock: Clock): FifoReader {
  const use = usePipe<ReadCommand>(pipe, 'bytes', clock)
  const end = endNotice(clock)
  let take: ((bytes: Uint8Array) => void) | undefined
  let paused = false
  let whenMoved: (() => void) | undefined

  const moved = (): void => {
    const wake = whenMoved
    whenMoved = undefined
    wake?.()
  }

  const unpaused = async (): Promise<void> => {
    while (paused && !end.end) {
      await new Promise<void>((resolve) => {
        whenMoved = resolve
      })
    }
  }

  const drop = (error: MyDhtError | undefined): void => {
    if (end.end) return
    end.give({ type: 'lost', error })
    use.interrupt()
    moved()
    if (!take) use.release()
  }

  /** The stream's next chunks, perhaps none; undefined: it is over. */
  const onEvent = (event: CallEvent): readonly Uint8Array[] | undefined => {
    if (end.end) return undefined
    if (event.type === 'bytes') return event.bytes
    if (event.type === 'failed') drop(lostWith(pipe.remote, event.reason))
    else end.give({ type: 'ended' })
    return undefined
  }

  const next = async (
    hand: Parameters<typeof use.call>[0],
    first: boolean
  ): Promise<readonly Uint8Array[] | undefined> => {
    try {
      return onEvent(await use.call(hand, { type: 'read', fd: pipe.fd, first }))
    } catch (thrown) {
      drop(toMyDhtError(thrown, 'MYDHT_CONNECTION_CLOSED', 'the thread that reads'))
      return undefined
    }
  }

  const run = async (onBytes: (bytes: Uint8Array) => void): Promise<void> => {
    const hand = await crew.take().catch((thrown: unknown) => {
      drop(toMyDhtError(thrown, 'MYDHT_CONNECTION_CLOSED', 'no thread to read with'))
    })
    if (hand === undefined) return use.release()
    try {
      for (let first = true; ; first = false) {
        if (paused) await unpaused()
        if (end.end) return
        const chunks = await next(hand, first)
        if (chunks === undefined) return
        for (const chunk of chunks) {
          // What was read while the reader paused is for later.
          if (paused) await unpaused()
          if (end.end) return
          onBytes(chunk)
        }
      }
    } finally {
      crew.give(hand)
      use.release()
    }
  }

  return {
    drop,
    released: use.released,
    read: {
      start: (onBytes, onEnd) => {
        if (take) throw new TypeError('this read stream was started already: start it once')
        end.listen(onEnd)
        take = onBytes
        if (!end.end) void run(onBytes)
      },
      pause: () => {
        paused = true
      },
      resume: () => {
        paused = false
        moved()
      },
      close: () => drop(undefined),
    },
  }
}
