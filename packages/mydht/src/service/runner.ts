/**
 * @module service/runner
 * What all spawners of this thread share: incarnations, calls, failure, closing, counters. Not here: when the next command is
 * delivered (`spawners/inline.ts`, `spawners/turns.ts`).
 */
import type { Timer } from '../clock.ts'
import { MyDhtError } from '../errors.ts'
import { enterBusy, leaveBusy } from './busy.ts'
import { Queue } from './channels/queue.ts'
import { CLOSE_TIMEOUT_MS, OUTBOX_LIMIT, QUEUE_LIMIT } from './defaults.ts'
import type { CallOptions, Destination, Ended, Handle, ServiceState, ServiceStats } from './handle.ts'
import { Outbox, type EventOutbox, type OutboxOwner } from './outbox.ts'
import { callTimeoutMs, PendingCall } from './pending-call.ts'
import type { Emit, Service, ServiceDefinition } from './service.ts'
import { shareAll } from './shared-memory.ts'
import { checkCount, checkMs } from './spawn-check.ts'
import type { SpawnParts } from './spawner.ts'
import { CLOSING, ENDED, FAILED, HANDLING, HELD, type Phase } from './phases.ts'
import type { RunnerOptions } from './runner-options.ts'
import { Waiters } from './waiters.ts'

/** A service that runs on this thread, seen by its owner as a `Handle`. Spawners extend it with `offer` and `resume`. */
export abstract class Runner<Init, Command, Event, Saved> implements Handle<Command, Event, Saved>, OutboxOwner {
  failure: MyDhtError | undefined = undefined
  protected phase: Phase = HANDLING
  protected readonly queue: Queue<Command | PendingCall<Command, Event>>
  protected readonly outbox: EventOutbox<Event>
  protected readonly parts: SpawnParts
  protected readonly measure: boolean
  protected readonly title: string
  protected readonly waiters: Waiters = new Waiters()
  /** The running instance; undefined while suspended and after the end. */
  protected service: Service<Command, Event, Saved> | undefined = undefined
  /** The instance's `handle`, kept beside it: loading it from instances of many shapes would cost more than the call. */
  protected handle: Service<Command, Event, Saved>['handle'] | undefined = undefined
  protected emit: Emit<Event> = never
  /** Counts instances: what an earlier one emits is dropped. */
  protected incarnation = 0
  protected handled = 0
  protected lagMs = 0
  protected restarts = 0
  protected saved: Saved | undefined
  /** Milliseconds inside `handle`, where it is measured. */
  busyMs: number = 0
  private late = 0
  private current: PendingCall<Command, Event> | undefined = undefined
  /** What was delivered and is not done. */
  protected underWay: Command | PendingCall<Command, Event> | undefined = undefined
  private ended: Ended<Command, Saved> | undefined = undefined
  private closed: Promise<Ended<Command, Saved>> | undefined = undefined
  private resolveClosed: ((ended: Ended<Command, Saved>) => void) | undefined = undefined
  private closeTimer: Timer | undefined = undefined
  private listeners: ((ended: Ended<Command, Saved>) => void)[] = []
  private readonly definition: ServiceDefinition<Init, Command, Event, Saved>
  private readonly init: Init
  private readonly closeTimeoutMs: number
  private readonly unshare: () => void

  constructor(
    kind: string,
    definition: ServiceDefinition<Init, Command, Event, Saved>,
    init: Init,
    parts: SpawnParts,
    destination: Destination<Event>,
    saved: Saved | undefined,
    options: RunnerOptions,
    makeOutbox?: (owner: OutboxOwner) => EventOutbox<Event>
  ) {
    this.title = `service '${definition.name}' (${kind})`
    this.definition = definition
    this.init = init
    this.parts = parts
    this.saved = saved
    this.measure = options.measure ?? parts.measure ?? false
    this.closeTimeoutMs = checkMs(`${kind}({ closeTimeoutMs })`, options.closeTimeoutMs ?? CLOSE_TIMEOUT_MS)
    const queueLimit = options.queueLimit ?? parts.bounds?.queueLimit ?? QUEUE_LIMIT
    this.queue = new Queue(checkCount(`${kind}({ queueLimit })`, queueLimit))
    const outboxLimit = checkCount(
      `${kind}({ outboxLimit })`,
      options.outboxLimit ?? parts.bounds?.outboxLimit ?? OUTBOX_LIMIT
    )
    this.unshare = shareAll(parts.memory)
    this.outbox = makeOutbox?.(this) ?? new Outbox(destination, outboxLimit, parts.clock, this)
  }

  /** Takes an entry for delivery, now or later. Called below CLOSING only. False: the queue is full. */
  protected abstract offer(entry: Command | PendingCall<Command, Event>): boolean
  /** Goes on delivering after the outbox was held. */
  protected abstract resume(): void

  send(command: Command): boolean {
    return this.phase < CLOSING && this.offer(command)
  }

  call(command: Command, options?: CallOptions): Promise<Event> {
    callTimeoutMs(options)
    return new Promise((resolve, reject) => {
      const call = new PendingCall<Command, Event>(command, resolve, reject)
      if (options?.signal?.aborted === true) call.fail(options.signal.reason)
      else if (this.phase >= CLOSING) call.fail(this.refusal(false))
      else if (!this.offer(call)) call.fail(this.full())
      // An answer that came at once needs no timer.
      if (!call.settled) call.watch(this.parts.clock, options, this.title)
    })
  }

  drained(signal: AbortSignal): Promise<void> {
    if (this.phase >= CLOSING) return Promise.reject(this.refusal(false))
    if (this.queue.length < this.queue.limit && !signal.aborted) return Promise.resolve()
    return this.waiters.wait(signal)
  }

  get state(): ServiceState {
    if (this.phase === FAILED) return 'failed'
    if (this.phase >= CLOSING) return 'ended'
    return this.service === undefined ? 'suspended' : 'running'
  }

  stats(): ServiceStats {
    const { handled, busyMs, lagMs, restarts } = this
    return { queued: this.queue.length, handled, busyMs, lagMs, restarts, dropped: this.late + this.outbox.dropped }
  }

  close(): Promise<Ended<Command, Saved>> {
    if (this.closed !== undefined) return this.closed
    if (this.ended !== undefined) return (this.closed = Promise.resolve(this.ended))
    this.closed = new Promise((resolve) => (this.resolveClosed = resolve))
    const underWay = this.phase === HANDLING
    this.phase = CLOSING
    this.closeTimer = this.parts.clock.after(this.closeTimeoutMs, () => {
      const said = `${this.title} did not close within ${this.closeTimeoutMs} ms: its handle or close() never settled`
      this.fail(new MyDhtError('MYDHT_TIMEOUT', said), false)
    })
    if (!underWay) this.finish()
    return this.closed
  }

  onEnd(listener: (ended: Ended<Command, Saved>) => void): void {
    if (this.ended === undefined) this.listeners.push(listener)
    else listener(this.ended)
  }

  outboxDrained(): void {
    if (this.phase === HELD) this.resume()
  }

  outboxOverflowed(): void {
    const said = `${this.title} emitted past twice its outbox: stop emitting when emit() gives false, or raise outboxLimit`
    this.fail(new MyDhtError('MYDHT_SERVICE_OVERFLOW', said), !this.maybeUnderWay())
  }

  destinationFailed(thrown: unknown): void {
    this.crash(thrown, `the destination of ${this.title} threw`, !this.maybeUnderWay())
  }

  private maybeUnderWay(): boolean {
    return this.phase === HANDLING || this.phase === CLOSING
  }

  /** Makes an instance; throws what `create` throws. What it sends to itself meanwhile waits in the queue. */
  protected instantiate(): void {
    const incarnation = ++this.incarnation
    const { clock, random, log } = this.parts
    const self = (command: Command): boolean => this.send(command)
    const service = this.definition.create(this.init, { clock, random, log, self }, this.saved)
    this.emit = (event) => (incarnation === this.incarnation ? this.emitted(event) : this.lateEvent())
    this.service = service
    // oxlint-disable-next-line typescript/unbound-method -- `deliver` and `send` give it its `this` with `.call`
    this.handle = service.handle
  }

  /** Delivers one entry. Gives the promise of an asynchronous `handle`; a throw fails the service. The caller then looks at `phase`. */
  protected deliver(entry: Command | PendingCall<Command, Event>): Promise<void> | undefined {
    let command: Command
    if (entry instanceof PendingCall) {
      // Its caller has gone (time-out or abort): nobody waits for this work.
      if (entry.settled) return undefined
      this.current = entry
      command = entry.command
    } else command = entry
    this.underWay = entry
    try {
      const settling = this.measure ? this.handleMeasured(command) : this.handle?.call(this.service, command, this.emit)
      if (settling !== undefined && isPromise(settling)) return settling
    } catch (thrown) {
      this.crash(thrown)
      return undefined
    }
    this.handledOne()
    return undefined
  }

  private handleMeasured(command: Command): void | Promise<void> {
    const outerMs = enterBusy()
    const startMs = this.parts.clock.monotonicMs()
    try {
      return this.handle?.call(this.service, command, this.emit)
    } finally {
      this.busyMs += leaveBusy(outerMs, this.parts.clock.monotonicMs() - startMs)
    }
  }

  /** Counts a command that is done. A call that got no event is told so. */
  protected handledOne(): void {
    this.handled++
    this.underWay = undefined
    if (this.current === undefined) return
    this.current.fail(
      new MyDhtError('MYDHT_NO_REPLY', `${this.title} emitted nothing for this command: use send() for it`)
    )
    this.current = undefined
  }

  /** Fails a service whose synchronous `handle` gave a promise. */
  protected notSynchronous(settling: Promise<void>): void {
    settling.catch(() => {})
    this.crash(new TypeError("handle() gave a promise though its definition says 'sync': place it with coroutine()"))
  }

  /** The service threw. `unwound`: it is no longer on the stack. */
  protected crash(thrown: unknown, context: string = `${this.title} failed`, unwound: boolean = true): void {
    const said = thrown instanceof Error ? thrown.message : String(thrown)
    this.fail(new MyDhtError('MYDHT_SERVICE_FAILED', `${context}: ${said}`, { cause: thrown }), unwound)
  }

  /** Ends what a close or failure left open while `handle` was under way. Called with phase CLOSING or FAILED when it is done. */
  protected unwind(): void {
    if (this.phase === CLOSING) this.finish()
    else if (this.phase === FAILED) this.dropInstance()
  }

  /** Senders that wait may try again once half of the queue is free: one by one they would come in convoys. */
  protected wakeSenders(): void {
    if (this.waiters.size > 0 && this.queue.length * 2 <= this.queue.limit) this.waiters.wake()
  }

  /** Takes leave of the instance: from now on its events are late. Gives the promise of an asynchronous `close`. */
  protected closeInstance(): Promise<void> | undefined {
    const { service } = this
    this.service = undefined
    this.handle = undefined
    this.incarnation++
    const closing = service?.close?.()
    return closing !== undefined && isPromise(closing) ? closing : undefined
  }

  protected fail(failure: MyDhtError, unwound: boolean): void {
    if (this.phase >= ENDED) {
      if (unwound) this.dropInstance()
      return
    }
    this.phase = FAILED
    this.failure = failure
    this.incarnation++
    this.parts.log('error', 'service-failed', {
      service: this.definition.name,
      code: failure.code,
      said: failure.message,
    })
    if (unwound) this.dropInstance()
    this.conclude()
  }

  private emitted(event: Event): boolean {
    const call = this.current
    if (call === undefined) return this.outbox.put(event)
    this.current = undefined
    // A reply whose caller has gone is nobody's event.
    if (call.settled) this.late++
    else call.answer(event)
    return true
  }

  private lateEvent(): boolean {
    this.late++
    return false
  }

  /** Closes normally. Nothing is under way. */
  private finish(): void {
    try {
      if (this.service?.save !== undefined) this.saved = this.service.save()
      const closing = this.closeInstance()
      if (closing === undefined) this.endNormally()
      else closing.then(this.endNormally, (thrown: unknown) => this.crash(thrown))
    } catch (thrown) {
      this.crash(thrown)
    }
  }

  private readonly endNormally = (): void => {
    if (this.phase !== CLOSING) return
    this.phase = ENDED
    this.conclude()
  }

  /** Closes the instance of a failed service, which may fail again: only the log hears of that. */
  private dropInstance(): void {
    if (this.service === undefined) return
    const failed = (thrown: unknown): void =>
      this.parts.log('warn', 'service-close-failed', { service: this.definition.name, said: String(thrown) })
    try {
      this.closeInstance()?.catch(failed)
    } catch (thrown) {
      failed(thrown)
    }
  }

  /** Tells everybody who waits, once. */
  private conclude(): void {
    this.closeTimer?.cancel()
    this.unshare()
    this.outbox.close()
    this.current?.fail(this.refusal(true))
    this.current = undefined
    const notSent: Command[] = []
    for (const entry of this.queue.drain()) {
      if (entry instanceof PendingCall) entry.fail(this.refusal(false))
      else notSent.push(entry)
    }
    // An error costs its stack: it is not made for nobody, at the end of every service of every connection.
    if (this.waiters.size > 0) this.waiters.fail(this.refusal(false))
    const { saved, failure, underWay } = this
    const threw = failure !== undefined && underWay !== undefined && !(underWay instanceof PendingCall)
    this.underWay = undefined
    const ended: Ended<Command, Saved> = {
      saved,
      notSent,
      failedOn: threw ? [underWay] : [],
      maybeHandled: [],
      failure,
    }
    this.ended = ended
    this.resolveClosed?.(ended)
    const { listeners } = this
    this.listeners = []
    for (const listener of listeners) {
      try {
        listener(ended)
      } catch (thrown) {
        this.parts.log('error', 'end-listener-failed', { service: this.definition.name, said: String(thrown) })
      }
    }
  }

  /** What a sender or caller gets who comes too late; `delivered`: the service had been handed the command. */
  private refusal(delivered: boolean): MyDhtError {
    const { failure } = this
    if (failure !== undefined) {
      const options = { cause: failure, details: { delivered } }
      return new MyDhtError(
        'MYDHT_SERVICE_FAILED',
        `${failure.message}; see handle.failure, or supervise() it`,
        options
      )
    }
    return new MyDhtError('MYDHT_SERVICE_ENDED', `${this.title} was closed: spawn it again`, { details: { delivered } })
  }

  private full(): MyDhtError {
    const said = `${this.title} has ${this.queue.limit} commands waiting: await drained(), or raise queueLimit`
    return new MyDhtError('MYDHT_FULL', said, { details: { queueLimit: this.queue.limit } })
  }
}

function never(): boolean {
  return false
}

/** Whether what a `handle` or `close` gave must be awaited. */
export function isPromise(value: unknown): value is Promise<void> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
