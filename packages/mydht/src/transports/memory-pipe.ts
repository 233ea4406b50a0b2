/**
 * @module transports/memory-pipe
 * One direction of a memory link: bytes in order, copied once, late by a latency, bounded by a window. Not here: who meets whom.
 *
 * A write is taken (copied, `onSent` true) as far as the window has room for bytes that the reader has not got yet; the rest waits in the
 * writer's own memory. So a paused reader holds the writer back, and a link carries at most a window per latency, as TCP does.
 */
import type { Clock, Timer } from '../clock.ts'
import { MyDhtError } from '../errors.ts'
import { endNotice } from './end-notice.ts'
import type { ReadStream, WriteStream } from './transport.ts'

/** How one direction behaves. */
export interface PipeSetup {
  readonly clock: Clock
  /** Milliseconds until what is sent now arrives; asked once for each chunk with its length, and with 0 for each news. */
  readonly delayMs: (bytes: number) => number
  /** Asked once for each chunk: true breaks the link instead of sending it. */
  readonly breaks: () => boolean
  /** While true nothing arrives, neither bytes nor news: the way is cut. Who ends that calls `wake`. @default never */
  readonly held?: (() => boolean) | undefined
  readonly maxBufferedBytes: number
  readonly chunkBytes: number
}

/** What a pipe tells its link. */
export interface PipeEvents {
  /** The writer dropped it or the network broke it (then with an error): the link does the rest. */
  onWriterDrop(error?: MyDhtError): void
  onReaderDrop(): void
  /** One of its two sides is done. */
  readonly onDone: () => void
}

/** One direction. */
export interface Pipe {
  readonly write: WriteStream
  readonly read: ReadStream
  /** True once the writer's end was given. */
  writerDone(): boolean
  readerDone(): boolean
  /** The writer drops now: nothing more leaves; the reader hears of it a delay later. Nothing happens when the writer had ended. */
  writerGone(error: MyDhtError | undefined): void
  /** The reader drops now; the writer hears of it a delay later. Nothing happens when the reader had its end. */
  readerGone(error: MyDhtError | undefined): void
  /** The way is open again: what was held arrives. */
  wake(): void
}

interface Waiting {
  readonly bytes: Uint8Array
  readonly onSent: (sent: boolean) => void
  at: number
}

interface Travelling {
  /** Undefined: the writer's end. */
  readonly bytes: Uint8Array | undefined
  readonly arrivesAt: number
}

/** Makes one direction. */
export function createPipe(setup: PipeSetup, events: PipeEvents): Pipe {
  const { clock } = setup
  const waiting: Waiting[] = []
  const travelling: Travelling[] = []
  let buffered = 0
  let ending = false
  let onBytes: ((bytes: Uint8Array) => void) | undefined
  let paused = false
  let timer: Timer | undefined
  let soon = false
  let farNews: Timer | undefined
  let heldNews: (() => void) | undefined
  const readEnd = endNotice(clock, events.onDone)
  const writeEnd = endNotice(clock, events.onDone)

  /** Moves what waits into the window, as far as there is room. */
  const send = () => {
    while (!writeEnd.end && waiting.length > 0) {
      const first = waiting[0]
      if (!first) break
      const left = first.bytes.length - first.at
      const length = Math.min(left, setup.chunkBytes, setup.maxBufferedBytes - buffered)
      if (length === 0 && left > 0) break
      if (length > 0) {
        if (setup.breaks()) {
          events.onWriterDrop(
            new MyDhtError('MYDHT_CONNECTION_CLOSED', 'the memory network broke this link, as lossOfConnection asks')
          )
          return
        }
        // A copy by the constructor: `slice` of a Buffer would be a view.
        travel(new Uint8Array(first.bytes.subarray(first.at, first.at + length)))
        first.at += length
        buffered += length
      }
      if (first.at < first.bytes.length) continue
      waiting.shift()
      clock.soon(() => first.onSent(true))
    }
    if (ending && waiting.length === 0 && !writeEnd.end) {
      travel(undefined)
      writeEnd.give({ type: 'ended' })
    }
    schedule()
  }

  const travel = (bytes: Uint8Array | undefined) => {
    // May be earlier than what was sent before: that one, at the head of the queue, then holds it up. A stream has an order.
    travelling.push({ bytes, arrivesAt: clock.monotonicMs() + setup.delayMs(bytes?.length ?? 0) })
  }

  const schedule = () => {
    const head = travelling[0]
    if (!head || !onBytes || paused || timer || soon || readEnd.end || setup.held?.()) return
    const waitMs = head.arrivesAt - clock.monotonicMs()
    if (waitMs > 0) {
      timer = clock.after(waitMs, () => {
        timer = undefined
        deliver(head.arrivesAt)
      })
      return
    }
    soon = true
    clock.soon(() => {
      soon = false
      deliver(0)
    })
  }

  /** Hands over what has arrived: by the clock, or by the timer that was set for it (timers may be early by a rounding). */
  const deliver = (until: number) => {
    const now = Math.max(until, clock.monotonicMs())
    // Only what was here at the start: a reader that makes its writer write gives the rest of the program a turn in between.
    for (let left = travelling.length; left > 0 && !paused && !readEnd.end && !setup.held?.(); left -= 1) {
      const head = travelling[0]
      if (!head || head.arrivesAt > now) break
      travelling.shift()
      if (head.bytes) {
        buffered -= head.bytes.length
        onBytes?.(head.bytes)
      } else {
        readEnd.give({ type: 'ended' })
      }
    }
    send()
  }

  const forget = () => {
    travelling.length = 0
    buffered = 0
    timer?.cancel()
    timer = undefined
  }

  const refuseWaiting = () => {
    for (const each of waiting.splice(0)) clock.soon(() => each.onSent(false))
  }

  /** Tells the far side a delay later, unless it goes by itself before. */
  const tellFar = (run: () => void) => {
    if (setup.held?.()) {
      heldNews = run
      return
    }
    const delay = setup.delayMs(0)
    if (delay > 0) farNews = clock.after(delay, run)
    else run()
  }

  return {
    writerDone: () => writeEnd.end !== undefined,
    readerDone: () => readEnd.end !== undefined,
    writerGone: (error) => {
      if (writeEnd.end) return
      farNews?.cancel()
      heldNews = undefined
      refuseWaiting()
      forget()
      writeEnd.give({ type: 'lost', error })
      if (!readEnd.end) tellFar(() => readEnd.give({ type: 'lost', error: dropped() }))
    },
    readerGone: (error) => {
      if (readEnd.end) return
      farNews?.cancel()
      heldNews = undefined
      forget()
      readEnd.give({ type: 'lost', error })
      if (writeEnd.end) return
      tellFar(() => {
        refuseWaiting()
        forget()
        writeEnd.give({ type: 'lost', error: dropped() })
      })
    },
    wake: () => {
      const news = heldNews
      heldNews = undefined
      if (news) tellFar(news)
      else schedule()
    },
    write: {
      write: (bytes, onSent) => {
        if (ending || writeEnd.end) {
          // Behind the answers to those before it, which may still wait for the reader.
          if (waiting.length === 0) clock.soon(() => onSent(false))
          else late(onSent)
          return
        }
        waiting.push({ bytes, onSent, at: 0 })
        send()
      },
      end: () => {
        if (ending) return
        ending = true
        send()
      },
      close: () => {
        if (!writeEnd.end) events.onWriterDrop()
      },
      onClosed: writeEnd.listen,
    },
    read: {
      start: (take, onEnd) => {
        if (onBytes) throw new TypeError('this read stream was started already: start it once')
        onBytes = take
        readEnd.listen(onEnd)
        schedule()
      },
      pause: () => {
        paused = true
      },
      resume: () => {
        paused = false
        schedule()
      },
      close: () => {
        if (!readEnd.end) events.onReaderDrop()
      },
    },
  }

  /** A write after `end`: answered with false right behind the last one that waits. */
  function late(onSent: (sent: boolean) => void): void {
    const last = waiting.at(-1)
    if (!last) return
    waiting[waiting.length - 1] = {
      ...last,
      onSent: (sent) => {
        last.onSent(sent)
        onSent(false)
      },
    }
  }
}

function dropped(): MyDhtError {
  return new MyDhtError('MYDHT_CONNECTION_CLOSED', 'the other side dropped this memory link; open a new one to go on')
}
