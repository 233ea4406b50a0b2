/**
 * @module transports/fifo-write
 * The end of a link that is written: gathers what waits into frames, one write at a time. Not here: the writing (`fifo-services.ts`).
 */
import { concat } from '../bytes.ts'
import type { Clock } from '../clock.ts'
import { toMyDhtError, type MyDhtError } from '../errors.ts'
import { endNotice } from './end-notice.ts'
import type { Crew } from './fifo-crew.ts'
import { maxPayloadBytes } from './fifo-frames.ts'
import type { WriteCommand } from './fifo-services.ts'
import { lostWith, usePipe, type HeldStream, type OpenPipe } from './fifo-stream.ts'
import type { WriteStream } from './transport.ts'

/** A write stream and how its transport holds it. */
export interface FifoWriter extends HeldStream {
  readonly write: WriteStream
}

interface Waiting {
  /** Undefined: the end of the stream. */
  readonly bytes: Uint8Array | undefined
  readonly onSent: (sent: boolean) => void
  at: number
}

/** Writes a pipe. Takes a service of the crew while there is something to write: a stream that is silent costs no thread. */
export function fifoWriter(pipe: OpenPipe, crew: Crew<WriteCommand>, clock: Clock): FifoWriter {
  const use = usePipe<WriteCommand>(pipe, 'room', clock)
  const end = endNotice(clock)
  const waiting: Waiting[] = []
  let ending = false
  let running = false
  let number = 0

  /** Everything that waits, in order, was not sent. */
  const refuse = (): void => {
    for (const { onSent } of waiting.splice(0)) clock.soon(() => onSent(false))
  }

  const drop = (error: MyDhtError | undefined): void => {
    if (end.end) return
    end.give({ type: 'lost', error })
    refuse()
    use.interrupt()
    if (!running) use.release()
  }

  /** The next frame's payload; undefined: the end is next. Counts what it takes. */
  const gather = (): Uint8Array | undefined => {
    if (waiting[0]?.bytes === undefined) return undefined
    const parts: Uint8Array[] = []
    let room = maxPayloadBytes
    for (const each of waiting) {
      if (each.bytes === undefined) break
      const part = each.bytes.subarray(each.at, each.at + room)
      each.at += part.length
      room -= part.length
      parts.push(part)
      if (room === 0) break
    }
    return parts.length === 1 ? parts[0] : concat(parts)
  }

  /** What has left whole is answered. */
  const answer = (): void => {
    for (let head = waiting[0]; head?.bytes !== undefined && head.at === head.bytes.length; head = waiting[0]) {
      waiting.shift()
      head.onSent(true)
      if (end.end) return
    }
  }

  const step = async (hand: Parameters<typeof use.call>[0]): Promise<void> => {
    const bytes = gather()
    // Frames without bytes mean the end: empty writes are answered and not sent.
    if (bytes?.length === 0) return answer()
    const event = await use.call(hand, { type: 'write', fd: pipe.fd, number, bytes: bytes ?? new Uint8Array(0) })
    number++
    if (end.end) return
    if (event.type === 'failed') drop(lostWith(pipe.remote, event.hungUp ? 'its reader closed it' : event.reason))
    else if (bytes !== undefined) answer()
    else {
      end.give({ type: 'ended' })
      waiting.shift()
      refuse()
    }
  }

  const run = async (): Promise<void> => {
    running = true
    try {
      const hand = await crew.take()
      try {
        while (waiting.length > 0 && !end.end) await step(hand)
      } finally {
        crew.give(hand)
      }
    } catch (thrown) {
      drop(toMyDhtError(thrown, 'MYDHT_CONNECTION_CLOSED', 'the thread that writes'))
    } finally {
      running = false
      if (end.end) use.release()
    }
  }

  const put = (bytes: Uint8Array | undefined, onSent: (sent: boolean) => void): void => {
    waiting.push({ bytes, onSent, at: 0 })
    if (!running) void run()
  }

  return {
    drop,
    released: use.released,
    write: {
      write: (bytes, onSent) => {
        if (end.end) clock.soon(() => onSent(false))
        // Behind the end, whose answer comes first.
        else if (ending) waiting.push({ bytes, onSent, at: 0 })
        else put(bytes, onSent)
      },
      end: () => {
        if (ending || end.end) return
        ending = true
        put(undefined, () => {})
      },
      close: () => drop(undefined),
      onClosed: (listener) => end.listen(listener),
    },
  }
}
