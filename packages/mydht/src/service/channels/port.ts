/**
 * @module service/channels/port
 * One end of the way to another thread or process: frames collected while a turn of the event loop lasts, then one batch, moved and not
 * cloned. One wake-up per batch. Not here: credit (each end counts what the other acknowledged: `../remote/`).
 */
import { BATCH_BYTES } from '../defaults.ts'
import type { Codec } from '../service.ts'
import { FrameWriter, type Room } from './frames.ts'

/** What carries batches. */
export interface Wire {
  /** Hands the batch over; its buffer is given away. Never throws: a wire that is cut says so elsewhere. */
  post(batch: Uint8Array<ArrayBuffer>): void
  /** Calls `run` once when the code of this turn, with its promise jobs, is done. */
  atTurnEnd(run: () => void): void
  /** Memory for batches. @default zeroed */
  readonly room?: Room
  /** Calls `run` once, a little later. */
  whenQuiet(run: () => void): void
}

/** Somebody with something to add to the next batch at the last moment, such as what it has acknowledged. */
export interface PortUser {
  /** Kept by the port: it is on the list for the next batch. */
  listed: boolean
  /** Called once before the batch goes, if `touch` or `touchLater` was called for it. */
  beforeFlush(): void
}

/** Collects frames and posts them in batches. */
export class Port {
  private readonly wire: Wire
  private readonly first: (() => void) | undefined
  private readonly last: (() => void) | undefined
  private readonly writer: FrameWriter
  private users: PortUser[] = []
  /** The end of the turn is waited for. */
  private waiting = false
  private held = false
  private asked = false
  private askedQuiet = false
  private flushing = false

  /** `first` is called before each batch goes, `last` when it has: what they post elsewhere is on its way before the batch is, or after it. */
  constructor(wire: Wire, first?: () => void, last?: () => void) {
    this.wire = wire
    this.writer = new FrameWriter(wire.room)
    this.first = first
    this.last = last
  }

  /** Adds a frame with these bytes for the end of the turn. */
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

  /** Asks for a batch at the end of the turn, and that `user` be called before it goes. */
  touch(user: PortUser): void {
    if (user.listed && this.waiting) return
    this.list(user)
    this.ask()
  }

  /** Asks that `user` be called before the next batch, which is in no hurry: one more is posted only if none is a little later. */
  touchLater(user: PortUser): void {
    if (user.listed) return
    this.list(user)
    if (this.askedQuiet) return
    this.askedQuiet = true
    this.wire.whenQuiet(this.quiet)
  }

  /** Sends at once what has become big. For moments when what waits is whole: a command, or events and the acknowledgement of what caused them. */
  sendBig(): void {
    if (this.writer.length >= BATCH_BYTES) this.send()
  }

  /** Sends at once what waits: for moments as with `sendBig`. */
  sendNow(): void {
    this.send()
  }

  /** Takes what waits away: it will not be posted. */
  take(): Uint8Array {
    return this.writer.take()
  }

  /** Much may be asked for now, and `flush` follows: no end of a turn needs to be waited for. */
  hold(): void {
    this.held = true
  }

  /** Posts what waits, if anything was asked for. */
  flush(): void {
    this.held = false
    if (this.asked || this.writer.length > 0) this.send()
    this.asked = false
  }

  private send(): void {
    this.first?.()
    const { users } = this
    if (users.length > 0) {
      this.flushing = true
      this.users = []
      for (const user of users) {
        user.listed = false
        user.beforeFlush()
      }
      this.flushing = false
    }
    if (this.writer.length > 0) this.wire.post(this.writer.take())
    this.last?.()
  }

  private list(user: PortUser): void {
    if (user.listed) return
    user.listed = true
    this.users.push(user)
  }

  private ask(): void {
    if (this.flushing) return
    if (this.held) this.asked = true
    else if (!this.waiting) {
      this.waiting = true
      this.wire.atTurnEnd(this.turnEnded)
    }
  }

  private readonly turnEnded = (): void => {
    this.waiting = false
    this.send()
  }

  private readonly quiet = (): void => {
    this.askedQuiet = false
    if (this.users.length > 0) this.send()
  }
}
