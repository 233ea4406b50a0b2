/**
 * @module service/channels/port
 * One end of the way to another thread or process: frames collected while a turn of the event loop lasts, then one batch, moved and not
 * cloned. One wake-up per batch. Not here: credit (each end counts what the other acknowledged: `../remote/`).
 */
import { BATCH_BYTES } from '../defaults.ts'
import type { Codec } from '../service.ts'
import { FrameWriter } from './frames.ts'

/** What carries batches. */
export interface Wire {
  /** Hands the batch over; its buffer is given away. Never throws: a wire that is cut says so elsewhere. */
  post(batch: Uint8Array<ArrayBuffer>): void
  /** Calls `run` once when the code of this turn, with its promise jobs, is done. */
  atTurnEnd(run: () => void): void
}

/** Somebody with something to add to the next batch at the last moment, such as what it has acknowledged. */
export interface PortUser {
  /** Called once before the batch goes, if `touch` was called for it. */
  beforeFlush(): void
}

/** Collects frames and posts them in batches. */
export class Port {
  private readonly wire: Wire
  private readonly writer: FrameWriter = new FrameWriter()
  private readonly touched: Set<PortUser> = new Set()
  private asked = false
  private flushing = false

  constructor(wire: Wire) {
    this.wire = wire
  }

  /** Adds a frame with these bytes for the end of the turn, or sends at once what has become big. */
  frame(instance: number, kind: number, payload: Uint8Array): void {
    this.writer.put(instance, kind, payload)
    this.ask()
  }

  /** Adds a frame of numbers, and bytes behind them. */
  numbers(instance: number, kind: number, numbers: readonly number[], rest?: Uint8Array): void {
    this.writer.putNumbers(instance, kind, numbers, rest)
    this.ask()
  }

  /**
   * Adds a frame with what `codec` makes of `value`, behind the number `before`, and asks for no batch: call `touch` when it is counted. Throws what
   * the codec throws, and has then added nothing.
   */
  put<T>(instance: number, kind: number, codec: Codec<T>, value: T, before?: number): void {
    this.writer.putValue(instance, kind, codec, value, before)
  }

  /** Asks for a batch, and that `user` be called before it goes. */
  touch(user: PortUser): void {
    this.touched.add(user)
    this.ask()
  }

  /** Posts what waits. */
  flush(): void {
    this.flushing = true
    for (const user of this.touched) user.beforeFlush()
    this.touched.clear()
    this.flushing = false
    if (this.writer.length > 0) this.wire.post(this.writer.take())
  }

  private ask(): void {
    if (this.flushing) return
    if (this.writer.length >= BATCH_BYTES) this.flush()
    else if (!this.asked) {
      this.asked = true
      this.wire.atTurnEnd(this.turnEnded)
    }
  }

  private readonly turnEnded = (): void => {
    this.asked = false
    this.flush()
  }
}
