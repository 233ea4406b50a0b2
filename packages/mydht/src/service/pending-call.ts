/**
 * @module service/pending-call
 * One call on its way: a command with somebody waiting for the first event it causes. Not here: when that event counts (`runner.ts`).
 */
import type { Clock, Timer } from '../clock.ts'
import { MyDhtError } from '../errors.ts'
import { CALL_TIMEOUT_MS } from './defaults.ts'
import type { CallOptions } from './handle.ts'

/** A command in a queue whose first event goes to a caller. Settles once; what comes later has no effect. */
export class PendingCall<Command, Event> {
  readonly command: Command
  settled = false
  /** When its time is up, by the clock of whoever called `expect`. */
  deadlineMs: number = Infinity
  private timeoutMs = 0
  private readonly resolve: (event: Event) => void
  private readonly reject: (reason: unknown) => void
  private timer: Timer | undefined = undefined
  private signal: AbortSignal | undefined = undefined
  private aborted: (() => void) | undefined = undefined
  private onGone: (() => void) | undefined = undefined

  constructor(command: Command, resolve: (event: Event) => void, reject: (reason: unknown) => void) {
    this.command = command
    this.resolve = resolve
    this.reject = reject
  }

  /** Gives the call its end: a deadline by `clock`, and the caller's signal. */
  watch(clock: Clock, options: CallOptions | undefined, service: string): void {
    const deadlineMs = this.expect(0, options)
    this.timer = clock.after(deadlineMs, () => this.timeOut(service))
  }

  /**
   * Gives the call its end, but for the timer: whoever has one calls `timeOut` at the deadline that this gives, counted from `nowMs`. `onGone` is
   * called when the deadline or the caller's signal ends the call.
   */
  expect(nowMs: number, options: CallOptions | undefined, onGone?: () => void): number {
    this.timeoutMs = callTimeoutMs(options)
    this.deadlineMs = nowMs + this.timeoutMs
    this.onGone = onGone
    if (options?.signal !== undefined) {
      const { signal } = options
      this.signal = signal
      this.aborted = () => this.giveUp(signal.reason)
      signal.addEventListener('abort', this.aborted)
    }
    return this.deadlineMs
  }

  /** Its time is up. */
  timeOut(service: string): void {
    const { timeoutMs } = this
    const said = `${service} gave no reply within ${timeoutMs} ms: raise timeoutMs, or look at stats().queued and lagMs`
    this.giveUp(new MyDhtError('MYDHT_TIMEOUT', said, { details: { timeoutMs } }))
  }

  answer(event: Event): void {
    if (this.settle()) this.resolve(event)
  }

  fail(reason: unknown): void {
    if (this.settle()) this.reject(reason)
  }

  private giveUp(reason: unknown): void {
    if (this.settled) return
    this.fail(reason)
    this.onGone?.()
  }

  private settle(): boolean {
    if (this.settled) return false
    this.settled = true
    this.timer?.cancel()
    if (this.aborted !== undefined) this.signal?.removeEventListener('abort', this.aborted)
    return true
  }
}

/** The call's time in milliseconds. Throws TypeError where it is no finite number above 0: every wait has a deadline. */
export function callTimeoutMs(options: CallOptions | undefined): number {
  const timeoutMs = options?.timeoutMs ?? CALL_TIMEOUT_MS
  if (timeoutMs > 0 && timeoutMs < Infinity) return timeoutMs
  throw new TypeError(`timeoutMs is ${timeoutMs}: give a finite number of milliseconds above 0`)
}
