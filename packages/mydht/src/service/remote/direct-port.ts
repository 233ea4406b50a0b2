/**
 * @module service/remote/direct-port
 * One end of a direct way between two services: between two threads a message port, on one thread a pair of queues. Not here: what goes over it
 * (`direct-out.ts`, `direct-in.ts`).
 */
import { systemClock } from '../../clock.ts'

/** One end. What was posted before an end closed still arrives at the other, then `closed` is called there. */
export interface DirectPort {
  /** Hands a batch over; its buffer is given away. Does nothing when the way is closed. */
  post(batch: Uint8Array<ArrayBuffer>): void
  /** A batch that has come and was not handed to `received` yet. */
  take(): Uint8Array | undefined
  /** Begins to hand over what comes. Called once. */
  open(received: (batch: Uint8Array) => void, closed: () => void): void
  close(): void
}

/** What a worker is told of a way that begins or ends at one of its services. */
export interface DirectPaper {
  /** Its number, one of its owner's. */
  readonly link: number
  /** The instance where it begins, if that is here. */
  readonly source: number | undefined
  /** The instance where it ends, if that is here. */
  readonly target: number | undefined
  readonly outlet: string
  /** Counts the batches that were posted to the target directly, by whomever. */
  readonly posted: SharedArrayBuffer
  /** Where the target's definition is, whose codec writes its commands. */
  readonly module: string
  readonly name: string
}

/** Both ends of a way on one thread: batches are handed over in later turns of the event loop, so that no service runs on another's stack. */
export function localPair(): readonly [DirectPort, DirectPort] {
  const [one, other] = [new LocalEnd(), new LocalEnd()]
  one.other = other
  other.other = one
  return [one, other]
}

class LocalEnd implements DirectPort {
  other: LocalEnd | undefined = undefined
  private waiting: Uint8Array[] = []
  private asked = false
  private over = false
  private received: ((batch: Uint8Array) => void) | undefined = undefined
  private closed: (() => void) | undefined = undefined

  post(batch: Uint8Array<ArrayBuffer>): void {
    if (this.over || this.other === undefined) return
    this.other.waiting.push(batch)
    this.other.ask()
  }

  take(): Uint8Array | undefined {
    return this.waiting.shift()
  }

  open(received: (batch: Uint8Array) => void, closed: () => void): void {
    this.received = received
    this.closed = closed
    this.ask()
  }

  close(): void {
    if (this.over) return
    this.over = true
    const { other } = this
    if (other === undefined || other.over) return
    other.over = true
    other.ask()
  }

  private ask(): void {
    if (this.asked || this.received === undefined) return
    this.asked = true
    systemClock.soon(this.deliver)
  }

  private readonly deliver = (): void => {
    this.asked = false
    for (let batch = this.take(); batch !== undefined; batch = this.take()) this.received?.(batch)
    if (!this.over) return
    const { closed } = this
    this.closed = undefined
    closed?.()
  }
}
