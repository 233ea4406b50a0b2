/**
 * @module service/outbox
 * Where a service's events wait when their destination is full, in order. Not here: who is to answer a call (`runner.ts`).
 */
import type { Clock } from '../clock.ts'
import { Queue } from './channels/queue.ts'
import { RETRY_MS } from './defaults.ts'
import type { Destination } from './handle.ts'

/** What an outbox tells the runner of its service. */
export interface OutboxOwner {
  /** The outbox was at its mark and is empty now: commands may be delivered again. */
  outboxDrained(): void
  /** The outbox is past twice its bound. */
  outboxOverflowed(): void
  /** `destination.send` threw. */
  destinationFailed(thrown: unknown): void
}

/** What a runner needs of an outbox. */
export interface EventOutbox<in Event> {
  /** At its mark: no command may be delivered. */
  readonly held: boolean
  /** Events that had nowhere to go. */
  readonly dropped: number
  /** Takes `event`. False: the outbox is at its mark, the service should stop emitting. */
  put(event: Event): boolean
  /** Offers what waits once more, then drops and counts the rest. */
  close(): void
}

/** The events of one service between `emit` and their destination. */
export class Outbox<Event> implements EventOutbox<Event> {
  /** At its mark, and not yet empty again: no command may be delivered. */
  held = false
  /** Events that had nowhere to go. */
  dropped = 0
  private readonly destination: Destination<Event>
  private readonly clock: Clock
  private readonly owner: OutboxOwner
  private readonly limit: number
  private readonly waiting: Queue<Event>
  private stop: AbortController | undefined = undefined
  private closed = false

  constructor(destination: Destination<Event>, limit: number, clock: Clock, owner: OutboxOwner) {
    this.destination = destination
    this.clock = clock
    this.owner = owner
    this.limit = limit
    this.waiting = new Queue(2 * limit)
  }

  /** Events that wait. */
  get length(): number {
    return this.waiting.length
  }

  put(event: Event): boolean {
    if (this.waiting.length === 0 && this.deliver(event)) return true
    if (this.closed || !this.waiting.push(event)) {
      this.dropped++
      if (!this.closed) this.owner.outboxOverflowed()
      return false
    }
    if (this.waiting.length >= this.limit) this.held = true
    if (this.stop === undefined) void this.pump()
    return !this.held
  }

  close(): void {
    if (this.closed) return
    this.flush()
    this.closed = true
    this.drop()
    this.stop?.abort()
  }

  private deliver(event: Event): boolean {
    try {
      return this.destination.send(event)
    } catch (thrown) {
      this.owner.destinationFailed(thrown)
      return false
    }
  }

  /** Sends until the destination refuses. Gives how many went. */
  private flush(): number {
    let sent = 0
    while (!this.closed && this.waiting.length > 0 && this.deliver(this.waiting.peek())) {
      sent++
      // `send` may have run code that closed this outbox: the event that just went was then counted as dropped.
      if (this.closed) this.dropped--
      else this.waiting.take()
    }
    return sent
  }

  private drop(): void {
    this.dropped += this.waiting.drain().length
  }

  /** One wait for as long as the destination is full: no promise per event. Never rejects. */
  private async pump(): Promise<void> {
    this.stop = new AbortController()
    const { signal } = this.stop
    while (this.waiting.length > 0 && !this.closed) {
      try {
        if (this.destination.drained === undefined) this.drop()
        else await this.destination.drained(signal)
      } catch {
        // The destination has ended or failed. What waits has nowhere to go; the next event tries it again.
        this.drop()
      }
      // A destination that says `drained` and still refuses must not spin in promise jobs.
      if (this.waiting.length > 0 && this.flush() === 0) {
        await new Promise<void>((resolve) => void this.clock.after(RETRY_MS, resolve))
      }
    }
    this.stop = undefined
    if (this.closed || !this.held) return
    this.held = false
    this.owner.outboxDrained()
  }
}
