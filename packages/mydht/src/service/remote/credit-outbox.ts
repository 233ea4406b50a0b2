/**
 * @module service/remote/credit-outbox
 * The outbox of a service whose destination is on another thread: events go ahead, and count until the other end is rid of them.
 * Not here: where they wait there (`../outbox.ts`).
 */
import type { EventOutbox, OutboxOwner } from '../outbox.ts'

/** The same marks as an `Outbox`: held at `limit` events, overflown past twice as many. */
export class CreditOutbox implements EventOutbox<unknown> {
  held = false
  dropped = 0
  private readonly limit: number
  private readonly owner: OutboxOwner
  private readonly send: (event: unknown) => void
  private sent = 0
  private done = 0
  private closed = false

  constructor(limit: number, owner: OutboxOwner, send: (event: unknown) => void) {
    this.limit = limit
    this.owner = owner
    this.send = send
  }

  put(event: unknown): boolean {
    if (this.closed || this.sent - this.done >= 2 * this.limit) {
      this.dropped++
      if (!this.closed) this.owner.outboxOverflowed()
      return false
    }
    this.send(event)
    this.sent++
    if (this.sent - this.done >= this.limit) this.held = true
    return !this.held
  }

  /** The other end is rid of `done` events. Commands go on when half of the window is free: one by one, each would cost a wake-up. */
  credit(done: number): void {
    this.done = done
    if (!this.held || this.closed || (this.sent - done) * 2 > this.limit) return
    this.held = false
    this.owner.outboxDrained()
  }

  close(): void {
    this.closed = true
  }
}
