/**
 * @module service/remote/direct-in
 * The end of a direct way, at the service that gets commands past their owner: holds back what is ahead of commands that are still on their way through
 * the owner. Not here: how a command is handled (`resident.ts`).
 */
import { FrameWriter, NUMBER_BYTES, numberAt, readBatch } from '../channels/frames.ts'
import { DIRECT_WINDOW } from '../defaults.ts'
import type { DirectPort } from './direct-port.ts'
import { DONE, END, EPOCH } from './kinds.ts'

/** What the way needs of the service that it ends at. */
export interface DirectInOwner {
  /** A batch has come. */
  came(): void
  /** Takes a series of commands. */
  take(batch: Uint8Array, from: number, to: number): void
  /** `done` has grown. */
  handled(): void
  /** The other end has closed, and all that it had posted is handled. */
  gone(): void
}

/** A series of commands, as it came. */
type Series = readonly [epoch: number, batch: Uint8Array, from: number, to: number]

/** One way into a service. */
export class DirectIn {
  readonly link: number
  /** Commands that the service is done with. */
  done = 0
  /** Commands that wait for the service or were handed to it. */
  taken = 0
  /** Commands that the service was handed. */
  delivered = 0
  private readonly wire: DirectPort
  private readonly writer: FrameWriter = new FrameWriter()
  private readonly owner: DirectInOwner
  private epoch = 0
  /** The last epoch before whose commands everything from the owner has come. */
  private passed = 0
  /** Of later epochs. Bounded by the credit of the other end. */
  private held: Series[] = []
  private told = 0
  private over = false
  private closed = false

  constructor(link: number, wire: DirectPort, owner: DirectInOwner) {
    this.link = link
    this.wire = wire
    this.owner = owner
  }

  /** Begins to take what comes. */
  open(): void {
    this.wire.open(
      (batch) => this.receive(batch),
      () => {
        this.closed = true
        this.leaveIfDone()
      }
    )
  }

  /** Takes what has come: before anything of the owner's that is newer. */
  drain(): void {
    for (let batch = this.wire.take(); batch !== undefined; batch = this.wire.take()) this.receive(batch)
  }

  /** What went through the owner before this epoch has come. */
  pass(epoch: number): void {
    this.passed = Math.max(this.passed, epoch)
    const { held } = this
    this.held = []
    for (const series of held) this.offer(series)
  }

  /** The service is done with one more command. True: the other end should hear of it soon. */
  handled(): boolean {
    this.done++
    this.owner.handled()
    if (this.closed) this.leaveIfDone()
    return (this.done - this.told) * 2 >= DIRECT_WINDOW
  }

  /** The service has ended. Tells the other end how far it came, and closes. */
  end(): void {
    if (this.over) return
    this.over = true
    this.writer.putNumbers(0, END, [this.done, this.delivered])
    this.wire.post(this.writer.take())
    this.wire.close()
  }

  /** Tells the other end how far the service has come. */
  tell(): void {
    if (this.told === this.done || this.over) return
    this.told = this.done
    this.writer.putNumbers(0, DONE, [this.done])
    this.wire.post(this.writer.take())
  }

  private leaveIfDone(): void {
    if (this.done === this.taken && this.held.length === 0) this.owner.gone()
  }

  private receive(batch: Uint8Array): void {
    this.owner.came()
    readBatch(batch, (_, kind, bytes, from, to) => {
      // The last of several: those before it had no commands.
      if (kind === EPOCH) this.epoch = numberAt(bytes.subarray(to - NUMBER_BYTES, to), 0)
      else this.offer([this.epoch, bytes, from, to])
    })
  }

  private offer(series: Series): void {
    const [epoch, batch, from, to] = series
    if (this.over) return
    if (epoch > this.passed) this.held.push(series)
    else this.owner.take(batch, from, to)
  }
}
