/**
 * @module service/supervisor
 * A handle that stands before a service and restarts it when it fails. One for one: it knows nothing of other services. A node
 * composes several and closes itself when one gives up.
 */
import type { Clock, Timer } from '../clock.ts'
import { MyDhtError, toMyDhtError } from '../errors.ts'
import type { Log } from '../log.ts'
import { Queue } from './channels/queue.ts'
import { BackOff } from './back-off.ts'
import type { RestartPolicy } from './restart-policy.ts'
import { QUEUE_LIMIT } from './defaults.ts'
import type { CallOptions, Ended, Handle, ServiceState, ServiceStats } from './handle.ts'
import { isLinkEnd, type LinkEnd, type RemoteEnd } from './remote/direct-link.ts'
import { checkCount } from './spawn-check.ts'
import { Waiters } from './waiters.ts'

/** How a supervisor restarts, and whom it tells. */
export interface SuperviseOptions<Command, Saved> extends RestartPolicy {
  /** Name in logs and errors. @default 'service' */
  readonly name?: string | undefined
  /** Commands that may wait while the service is down. @default 1024 */
  readonly queueLimit?: number | undefined
  /** Called at each failure, before the restart is set: `maybeHandled` is for the senders, `delayMs` is undefined at the last. */
  readonly onFailure?: ((ended: Ended<Command, Saved>, delayMs: number | undefined) => void) | undefined
  /** Called when an incarnation has taken the place of one that failed and has been sent what waited: link it again here. */
  readonly onRestarted?: (() => void) | undefined
  /** Called once, when the service has failed too often: close what cannot go on without it. */
  readonly onGiveUp?: ((reason: MyDhtError) => void) | undefined
}

/**
 * Spawns a service and restarts it, with exponential back-off, when it fails. `spawn` is called for each incarnation, so all of them
 * have the same destination; it gets what the last one saved. What the first `spawn` throws is thrown here; later it counts as a failure.
 *
 * While the service is down its state is `suspended`: commands wait up to `queueLimit`, calls are rejected at once with
 * MYDHT_SERVICE_FAILED. The command that failed is not tried again; those behind it are, in order. When it gives up, its state is
 * `failed`, and commands that waited are in `notSent`.
 *
 * @example
 * const counter = supervise((saved?: number) => coroutine().spawn(counterService, 0, parts, destination, saved), parts, {
 *   name: 'counter',
 *   onGiveUp: (reason) => console.error(reason.message),
 * })
 */
export function supervise<Command, Event, Saved>(
  spawn: (saved: Saved | undefined) => Handle<Command, Event, Saved>,
  parts: { readonly clock: Clock; readonly log: Log },
  options: SuperviseOptions<Command, Saved> = {}
): Handle<Command, Event, Saved> {
  return new Supervisor(spawn, parts.clock, parts.log, options).start()
}

class Supervisor<Command, Event, Saved> implements Handle<Command, Event, Saved>, LinkEnd {
  failure: MyDhtError | undefined = undefined
  private readonly spawn: (saved: Saved | undefined) => Handle<Command, Event, Saved>
  private readonly clock: Clock
  private readonly log: Log
  private readonly options: SuperviseOptions<Command, Saved>
  private readonly name: string
  private readonly backOff: BackOff
  /** Commands that wait for the next incarnation, or for room in this one. */
  private readonly waiting: Queue<Command>
  private readonly waiters: Waiters = new Waiters()
  /** The running incarnation; undefined while down and after the end. */
  private inner: Handle<Command, Event, Saved> | undefined = undefined
  /** Commands that a failed incarnation had not been handed: first in line. At most its own queue's bound. */
  private returned: readonly Command[] = []
  private returnedAt = 0
  private lastFailure: MyDhtError | undefined = undefined
  private saved: Saved | undefined = undefined
  private timer: Timer | undefined = undefined
  private stopMoving: AbortController | undefined = undefined
  private restarts = 0
  /** `onRestarted` was called for the last restart. */
  private told = true
  private readonly past = { handled: 0, busyMs: 0, dropped: 0, restarts: 0, direct: 0 }
  private ended: Ended<Command, Saved> | undefined = undefined
  private closed: Promise<Ended<Command, Saved>> | undefined = undefined
  private listeners: ((ended: Ended<Command, Saved>) => void)[] = []

  constructor(
    spawn: (saved: Saved | undefined) => Handle<Command, Event, Saved>,
    clock: Clock,
    log: Log,
    options: SuperviseOptions<Command, Saved>
  ) {
    this.spawn = spawn
    this.clock = clock
    this.log = log
    this.options = options
    this.name = options.name ?? 'service'
    this.backOff = new BackOff(options)
    this.waiting = new Queue(checkCount('supervise({ queueLimit })', options.queueLimit ?? QUEUE_LIMIT))
  }

  start(): this {
    this.use(this.spawn(undefined))
    return this
  }

  send(command: Command): boolean {
    if (this.inner !== undefined && this.left() === 0) return this.inner.send(command)
    if (this.closed !== undefined || this.ended !== undefined) return false
    // What a failed incarnation gave back counts too, or each failure would let as many more in.
    return this.left() < this.waiting.limit && this.waiting.push(command)
  }

  call(command: Command, options?: CallOptions): Promise<Event> {
    if (this.closed !== undefined || this.ended !== undefined) return Promise.reject(this.refusal())
    if (this.inner === undefined) {
      const said = `${this.name} is down and will be restarted: call again, or send() to wait. ${this.lastFailure?.message ?? ''}`
      const details = { delivered: false }
      return Promise.reject(new MyDhtError('MYDHT_SERVICE_FAILED', said, { cause: this.lastFailure, details }))
    }
    if (this.left() === 0) return this.inner.call(command, options)
    const said = `${this.name} is catching up with ${this.left()} commands after a restart: call again later`
    return Promise.reject(new MyDhtError('MYDHT_FULL', said))
  }

  drained(signal: AbortSignal): Promise<void> {
    if (this.closed !== undefined || this.ended !== undefined) return Promise.reject(this.refusal())
    if (signal.aborted) return Promise.reject(signal.reason)
    if (this.inner !== undefined && this.left() === 0) return this.drainedInner(this.inner, signal)
    return this.left() < this.waiting.limit ? Promise.resolve() : this.waiters.wait(signal)
  }

  get state(): ServiceState {
    if (this.ended !== undefined) return this.failure === undefined ? 'ended' : 'failed'
    if (this.closed !== undefined) return 'ended'
    return this.inner?.state ?? 'suspended'
  }

  stats(): ServiceStats {
    const now = this.inner?.stats()
    const direct = this.past.direct + (now?.direct ?? 0)
    return {
      ...(direct === 0 ? {} : { direct }),
      queued: this.left() + (now?.queued ?? 0),
      handled: this.past.handled + (now?.handled ?? 0),
      busyMs: this.past.busyMs + (now?.busyMs ?? 0),
      lagMs: now?.lagMs ?? 0,
      restarts: this.restarts + this.past.restarts + (now?.restarts ?? 0),
      dropped: this.past.dropped + (now?.dropped ?? 0),
    }
  }

  close(): Promise<Ended<Command, Saved>> {
    if (this.closed !== undefined) return this.closed
    if (this.ended !== undefined) return (this.closed = Promise.resolve(this.ended))
    const concluded = new Promise<Ended<Command, Saved>>((resolve) => this.listeners.push(resolve))
    this.closed = concluded
    this.stopMoving?.abort()
    if (this.inner === undefined)
      this.conclude({ saved: this.saved, notSent: [], failedOn: [], maybeHandled: [], failure: undefined })
    else {
      // What it ran on, a thread or a process, is gone only when its own `close` says so.
      const gone = this.inner.close()
      this.closed = gone.then(() => concluded)
    }
    return this.closed
  }

  onEnd(listener: (ended: Ended<Command, Saved>) => void): void {
    if (this.ended === undefined) this.listeners.push(listener)
    else listener(this.ended)
  }

  /** Commands that wait here. */
  private left(): number {
    return this.returned.length - this.returnedAt + this.waiting.length
  }

  private use(inner: Handle<Command, Event, Saved>): void {
    this.inner = inner
    inner.onEnd((ended) => this.innerEnded(inner, ended))
    if (this.inner === inner && this.left() > 0) void this.move(inner)
  }

  /** Hands over what waited, in order, as the incarnation has room. Never rejects. */
  private async move(inner: Handle<Command, Event, Saved>): Promise<void> {
    const { signal } = (this.stopMoving = new AbortController())
    while (this.inner === inner && this.left() > 0) {
      if (this.returnedAt === this.returned.length) this.fold([])
      // Below `returned.length` there is a Command, which may itself be undefined. It leaves the line before it is sent: if it fails
      // the incarnation at once, it was delivered and must not come back.
      const command = this.returned[this.returnedAt++] as Command
      if (!inner.send(command)) {
        this.returnedAt--
        try {
          await inner.drained(signal)
        } catch {
          return
        }
      }
      if (this.left() * 2 <= this.waiting.limit) this.waiters.wake()
    }
    this.tellRestarted(inner)
  }

  /** Puts `first`, then what is left, into one line. */
  private fold(first: readonly Command[]): void {
    this.returned = [...first, ...this.returned.slice(this.returnedAt), ...this.waiting.drain()]
    this.returnedAt = 0
  }

  /** A sender that waits for a full incarnation goes on waiting for the next one. */
  private async drainedInner(inner: Handle<Command, Event, Saved>, signal: AbortSignal): Promise<void> {
    try {
      await inner.drained(signal)
    } catch (reason) {
      if (signal.aborted || this.inner === inner) throw reason
      await this.drained(signal)
    }
  }

  private innerEnded(inner: Handle<Command, Event, Saved>, ended: Ended<Command, Saved>): void {
    const last = inner.stats()
    this.inner = undefined
    this.past.handled += last.handled
    this.past.busyMs += last.busyMs
    this.past.dropped += last.dropped
    this.past.restarts += last.restarts
    this.past.direct += last.direct ?? 0
    this.saved = ended.saved
    this.stopMoving?.abort()
    if (ended.failure === undefined || this.closed !== undefined) this.conclude(ended)
    else this.failed(ended.failure, ended)
  }

  private failed(failure: MyDhtError, ended: Ended<Command, Saved>): void {
    this.lastFailure = failure
    const delayMs = this.backOff.failed(this.clock.monotonicMs())
    const { failures } = this.backOff
    if (delayMs === undefined) {
      this.log('error', 'service-gave-up', { service: this.name, failures, said: failure.message })
      this.tell(() => this.options.onFailure?.(ended, undefined))
      this.failure = failure
      this.conclude(ended)
      this.tell(() => this.options.onGiveUp?.(failure))
      return
    }
    this.fold(ended.notSent)
    this.log('warn', 'service-restarting', { service: this.name, failures, delayMs, said: failure.message })
    this.timer = this.clock.after(delayMs, () => this.restart())
    this.tell(() => this.options.onFailure?.(ended, delayMs))
  }

  private restart(): void {
    let inner: Handle<Command, Event, Saved>
    try {
      inner = this.spawn(this.saved)
    } catch (thrown) {
      const failure = toMyDhtError(thrown, 'MYDHT_SERVICE_FAILED', `${this.name} could not be restarted`)
      this.failed(failure, { saved: this.saved, notSent: [], failedOn: [], maybeHandled: [], failure })
      return
    }
    this.restarts++
    this.told = false
    this.use(inner)
    this.tellRestarted(inner)
  }

  private tellRestarted(inner: Handle<Command, Event, Saved>): void {
    if (this.told || this.inner !== inner || this.left() > 0) return
    this.told = true
    this.tell(() => this.options.onRestarted?.())
  }

  /** The running incarnation, where it may be linked. Not while commands wait for it here: what comes directly would overtake them. */
  linkEnd(): RemoteEnd | undefined {
    const { inner } = this
    return inner !== undefined && this.left() === 0 && isLinkEnd(inner) ? inner.linkEnd() : undefined
  }

  private conclude(last: Ended<Command, Saved>): void {
    this.timer?.cancel()
    this.failure ??= last.failure
    this.fold(last.notSent)
    const ended: Ended<Command, Saved> = { ...last, notSent: this.returned, failure: this.failure }
    this.returned = []
    this.ended = ended
    this.waiters.fail(this.refusal())
    const { listeners } = this
    this.listeners = []
    for (const listener of listeners) this.tell(() => listener(ended))
  }

  /** Runs code of the owner: what it throws must not stop the supervision. */
  private tell(run: () => void): void {
    try {
      run()
    } catch (thrown) {
      this.log('error', 'supervisor-listener-failed', { service: this.name, said: String(thrown) })
    }
  }

  private refusal(): MyDhtError {
    const details = { delivered: false }
    if (this.failure === undefined)
      return new MyDhtError('MYDHT_SERVICE_ENDED', `${this.name} was closed: spawn it again`, { details })
    const said = `${this.name} failed too often and was given up: ${this.failure.message}`
    return new MyDhtError('MYDHT_SERVICE_FAILED', said, { cause: this.failure, details })
  }
}
