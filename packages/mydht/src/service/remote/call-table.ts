/**
 * @module service/remote/call-table
 * The calls that a handle has under way elsewhere, by their numbers, and one timer for all of their deadlines: a timer each would cost as much as the
 * rest of a call. Not here: one call (`../pending-call.ts`).
 */
import type { Clock, Timer } from '../../clock.ts'
import type { CallOptions } from '../handle.ts'
import type { PendingCall } from '../pending-call.ts'

/** Calls under way. Bounded by the handle's queue, where each is a command too. */
export class CallTable<Command, Event> {
  private readonly clock: Clock
  private readonly title: string
  private readonly calls: Map<number, PendingCall<Command, Event>> = new Map()
  private timer: Timer | undefined = undefined
  private wakeMs = Infinity

  /** `title` names the service in errors. */
  constructor(clock: Clock, title: string) {
    this.clock = clock
    this.title = title
  }

  /** Adds a call and gives it its end. `onGone` is called when its deadline or its signal ends it. */
  add(seq: number, call: PendingCall<Command, Event>, options: CallOptions | undefined, onGone: () => void): void {
    this.calls.set(seq, call)
    const deadlineMs = call.expect(this.clock.monotonicMs(), options, onGone)
    if (deadlineMs < this.wakeMs) this.wakeAt(deadlineMs)
  }

  get(seq: number): PendingCall<Command, Event> | undefined {
    return this.calls.get(seq)
  }

  /** The service is done with that command. */
  delete(seq: number): void {
    this.calls.delete(seq)
  }

  /** No more calls, no more timer. */
  close(): void {
    this.calls.clear()
    this.timer?.cancel()
    this.timer = undefined
  }

  private wakeAt(atMs: number): void {
    this.timer?.cancel()
    this.wakeMs = atMs
    this.timer = this.clock.after(Math.max(0, atMs - this.clock.monotonicMs()), this.wake)
  }

  /** Ends the calls whose time is up. */
  private readonly wake = (): void => {
    this.timer = undefined
    this.wakeMs = Infinity
    const nowMs = this.clock.monotonicMs()
    let next = Infinity
    for (const call of this.calls.values()) {
      if (call.settled) continue
      if (call.deadlineMs <= nowMs) call.timeOut(this.title)
      else next = Math.min(next, call.deadlineMs)
    }
    if (next < Infinity && next < this.wakeMs) this.wakeAt(next)
  }
}
