/**
 * @module service/remote/remote-handle
 * What the owner holds of a service that runs in another thread or process. It keeps every command until the service is done with it,
 * so that a crash loses nothing in silence. Not here: the service's end of it (`resident.ts`), the worker (`link.ts`).
 */
import type { Timer } from '../../clock.ts'
import { noBytes } from '../../bytes.ts'
import { MyDhtError, type ErrorCode } from '../../errors.ts'
import { LENGTH_BYTES, lengthAt, numberAt, restAfter } from '../channels/frames.ts'
import { Queue } from '../channels/queue.ts'
import { REMOTE_GRACE_MS } from '../defaults.ts'
import type { CallOptions, Destination, Ended, Handle, ServiceState, ServiceStats } from '../handle.ts'
import { Outbox, type OutboxOwner } from '../outbox.ts'
import { callTimeoutMs, PendingCall } from '../pending-call.ts'
import { CLOSING, ENDED, FAILED as FAILED_PHASE, IDLE, type Phase } from '../phases.ts'
import type { Crossing } from '../service.ts'
import { shareAll } from '../shared-memory.ts'
import type { SpawnParts } from '../spawner.ts'
import { Waiters } from '../waiters.ts'
import { ACK, CALL, CANCEL, CLOSE, CLOSED, COMMAND, CREDIT, EVENT, FAILED, LATE, LOG } from './kinds.ts'
import { NO_REPLY, PING, PONG, REPLY, SAMPLE, SPAWN } from './kinds.ts'
import { CallTable } from './call-table.ts'
import type { LinkEnd, RemoteEnd } from './direct-link.ts'
import { LinkSide, type EventLine } from './link-side.ts'
import type { Link, LinkUser } from './link.ts'
import { read, write, type Birth, type Death, type LogLine } from './papers.ts'

/** A service elsewhere, seen by its owner. */
export class RemoteHandle<Init, Command, Event, Saved>
  implements Handle<Command, Event, Saved>, LinkUser, OutboxOwner, LinkEnd, EventLine
{
  failure: MyDhtError | undefined = undefined
  readonly title: string
  listed = false
  private phase: Phase = IDLE
  private readonly link: Link
  private readonly instance: number
  private readonly crossing: Crossing<Init, Command, Event, Saved>
  private readonly parts: SpawnParts
  private readonly name: string
  private readonly birth: Birth
  private readonly outbox: Outbox<Event>
  private readonly waiters: Waiters = new Waiters()
  /** What was sent and not acknowledged, oldest first: the commands numbered from `acked + 1` to `sent`. */
  private readonly unacked: Queue<Command | PendingCall<Command, Event>>
  private readonly calls: CallTable<Command, Event>
  private sent = 0
  private acked = 0
  /** The last command that has left this thread. */
  private posted = 0
  /** Events that came. */
  received: number = 0
  private credited = 0
  private handled = 0
  private busyMs = 0
  private dropped = 0
  private lagMs = 0
  private markedSeq = 0
  private markedAtMs = 0
  private saved: Saved | undefined
  private ended: Ended<Command, Saved> | undefined = undefined
  private closed: Promise<Ended<Command, Saved>> | undefined = undefined
  private readonly unshare: () => void
  /** Direct ways from and to the service. */
  private readonly side: LinkSide
  private released: Promise<void> = Promise.resolve()
  private closeTimer: Timer | undefined = undefined
  private listeners: ((ended: Ended<Command, Saved>) => void)[] = []
  private readonly pings: Map<number, (busy: boolean) => void> = new Map()
  private lastPing = 0

  constructor(
    link: Link,
    birth: Birth,
    papers: readonly Uint8Array[],
    crossing: Crossing<Init, Command, Event, Saved>,
    parts: SpawnParts,
    destination: Destination<Event>,
    saved: Saved | undefined
  ) {
    this.title = `service '${birth.name}' (${birth.kind})`
    this.name = birth.name
    this.link = link
    this.crossing = crossing
    this.parts = parts
    this.birth = birth
    this.saved = saved
    this.calls = new CallTable(parts.clock, this.title)
    this.unacked = new Queue(birth.queueLimit)
    this.outbox = new Outbox(this.watched(destination), birth.outboxLimit, parts.clock, this)
    this.instance = link.attach(this, parts.group)
    this.side = new LinkSide(link, this.instance, birth, crossing.command, this)
    this.unshare = shareAll(parts.memory)
    if (parts.memory !== undefined) link.share(this.instance, parts.memory)
    link.port.frame(this.instance, SPAWN, write(birth, ...papers))
  }

  get outstanding(): number {
    return this.unacked.length + this.side.coming
  }

  /** Events that wait for the destination. */
  get waiting(): number {
    return this.outbox.length
  }

  linkEnd(): RemoteEnd {
    return this.side
  }

  send(command: Command): boolean {
    return this.phase < CLOSING && this.offer(COMMAND, command, command)
  }

  call(command: Command, options?: CallOptions): Promise<Event> {
    callTimeoutMs(options)
    return new Promise((resolve, reject) => {
      const call = new PendingCall<Command, Event>(command, resolve, reject)
      if (options?.signal?.aborted === true) call.fail(options.signal.reason)
      else if (this.phase >= CLOSING) call.fail(this.refusal(false))
      else if (!this.offer(CALL, command, call)) call.fail(this.full())
      else {
        const seq = this.sent
        this.calls.add(seq, call, options, () => this.cancel(seq))
      }
    })
  }

  drained(signal: AbortSignal): Promise<void> {
    if (this.phase >= CLOSING) return Promise.reject(this.refusal(false))
    if (this.unacked.length < this.unacked.limit && !signal.aborted) return Promise.resolve()
    return this.waiters.wait(signal)
  }

  get state(): ServiceState {
    if (this.phase === FAILED_PHASE) return 'failed'
    return this.phase >= CLOSING ? 'ended' : 'running'
  }

  stats(): ServiceStats {
    const { handled, busyMs } = this
    const waitsMs = this.markedSeq > 0 ? this.parts.clock.monotonicMs() - this.markedAtMs : 0
    const lagMs = Math.max(this.lagMs, waitsMs)
    return {
      queued: this.unacked.length,
      handled,
      busyMs,
      lagMs,
      restarts: 0,
      ...(this.side.sent === 0 ? {} : { direct: this.side.sent }),
      dropped: this.dropped + this.outbox.dropped,
    }
  }

  close(): Promise<Ended<Command, Saved>> {
    if (this.closed !== undefined) return this.closed
    if (this.ended !== undefined) {
      const { ended } = this
      return (this.closed = this.released.then(() => ended))
    }
    this.closed = new Promise((resolve) => {
      this.listeners.push((ended) => void this.released.then(() => resolve(ended)))
    })
    this.phase = CLOSING
    this.side.alive = false
    this.link.port.frame(this.instance, CLOSE, noBytes)
    this.closeTimer = this.parts.clock.after(this.birth.closeTimeoutMs + REMOTE_GRACE_MS, () => {
      const said = `${this.title} did not close within ${this.birth.closeTimeoutMs} ms, nor did its worker say why`
      this.fail(new MyDhtError('MYDHT_TIMEOUT', said), this.posted, true)
    })
    return this.closed
  }

  onEnd(listener: (ended: Ended<Command, Saved>) => void): void {
    if (this.ended === undefined) this.listeners.push(listener)
    else listener(this.ended)
  }

  /** Asks the worker for a sign of life. Gives whether commands wait there that it can handle; false once the service has ended. */
  ping(): Promise<boolean> {
    if (this.ended !== undefined) return Promise.resolve(false)
    return new Promise((resolve) => {
      this.pings.set(++this.lastPing, resolve)
      this.link.port.numbers(this.instance, PING, [this.lastPing])
    })
  }

  receive(kind: number, batch: Uint8Array, from: number, to: number): void {
    for (let at = from; at < to;) {
      const end = at + LENGTH_BYTES + lengthAt(batch, at)
      this.take(kind, batch.subarray(at + LENGTH_BYTES, end))
      at = end
    }
  }

  private take(kind: number, payload: Uint8Array): void {
    if (this.phase >= ENDED) this.late(kind, payload)
    else if (kind === EVENT) this.event(payload)
    else if (kind === REPLY) this.reply(payload)
    else if (kind === NO_REPLY) this.noReply(numberAt(payload, 0))
    else if (kind === ACK) this.acknowledged(payload)
    else if (kind === CLOSED) this.closedThere(payload)
    else if (kind === FAILED) this.failedThere(read<Death>(payload).paper)
    else if (kind === PONG) this.pong(payload)
    else if (kind === LOG) this.logged(payload)
    else this.side.take(kind, payload)
  }

  down(why: string): void {
    this.fail(new MyDhtError('MYDHT_SERVICE_FAILED', `${this.title} failed: ${why}`), this.posted, true)
  }

  beforeFlush(): void {
    this.posted = this.sent
    if (this.phase >= ENDED) return
    const done = this.received - this.outbox.length
    if (done === this.credited) return
    this.credited = done
    this.link.port.numbers(this.instance, CREDIT, [done])
  }

  outboxDrained(): void {
    this.link.port.touch(this)
    this.side.goOn()
  }

  outboxOverflowed(): void {
    const said = `${this.title} emitted past twice its outbox: stop emitting when emit() gives false, or raise outboxLimit`
    this.fail(new MyDhtError('MYDHT_SERVICE_OVERFLOW', said), this.posted, true)
  }

  destinationFailed(thrown: unknown): void {
    const said = thrown instanceof Error ? thrown.message : String(thrown)
    const failure = new MyDhtError('MYDHT_SERVICE_FAILED', `the destination of ${this.title} threw: ${said}`, {
      cause: thrown,
    })
    this.fail(failure, this.posted, true)
  }

  private offer(kind: number, command: Command, entry: Command | PendingCall<Command, Event>): boolean {
    if (this.unacked.length >= this.unacked.limit) return false
    const first = this.markedSeq === 0
    this.link.port.put(this.instance, first && kind === COMMAND ? SAMPLE : kind, this.crossing.command, command)
    this.unacked.push(entry)
    this.sent++
    if (first) {
      this.markedSeq = this.sent
      this.markedAtMs = this.parts.clock.monotonicMs()
      this.link.expect()
    }
    this.link.port.touch(this)
    this.link.port.sendBig()
    return true
  }

  /** The destination, seen: what it takes is credit for the service. */
  private watched(destination: Destination<Event>): Destination<Event> {
    const send = (event: Event): boolean => {
      const taken = destination.send(event)
      if (taken) {
        this.oweCredit()
        this.side.goOn()
      }
      return taken
    }
    if (destination.drained === undefined) return { send }
    const drained = async (signal: AbortSignal): Promise<void> => {
      try {
        await destination.drained?.(signal)
      } finally {
        // Taken or dropped, what waits moves now.
        this.link.port.touch(this)
        this.side.goOn()
      }
    }
    return { send, drained }
  }

  /** Credit goes with the next batch; alone only when nothing else is to do, or half of it is due. */
  private oweCredit(): void {
    if ((this.received - this.outbox.length - this.credited) * 2 >= this.birth.outboxLimit) this.link.port.touch(this)
    else this.link.port.touchLater(this)
  }

  private cancel(seq: number): void {
    if (this.phase < ENDED && seq > this.acked) this.link.port.numbers(this.instance, CANCEL, [seq])
  }

  private event(payload: Uint8Array): void {
    this.received++
    let event: Event
    try {
      event = this.crossing.event.decode(payload)
    } catch (thrown) {
      this.unreadable(thrown)
      return
    }
    this.outbox.put(event)
    this.oweCredit()
  }

  private reply(payload: Uint8Array): void {
    const call = this.calls.get(numberAt(payload, 0))
    if (call === undefined || call.settled) {
      this.dropped++
      return
    }
    try {
      call.answer(this.crossing.event.decode(restAfter(payload, 1)))
    } catch (thrown) {
      this.unreadable(thrown)
    }
  }

  private noReply(seq: number): void {
    this.calls
      .get(seq)
      ?.fail(new MyDhtError('MYDHT_NO_REPLY', `${this.title} emitted nothing for this command: use send() for it`))
  }

  private acknowledged(payload: Uint8Array): void {
    const acked = numberAt(payload, 0)
    this.handled = numberAt(payload, 1)
    this.busyMs = numberAt(payload, 2)
    while (this.acked < acked) {
      this.acked++
      if (this.unacked.take() instanceof PendingCall) this.calls.delete(this.acked)
    }
    if (this.markedSeq > 0 && acked >= this.markedSeq) {
      this.lagMs = this.parts.clock.monotonicMs() - this.markedAtMs
      this.markedSeq = 0
      if (this.unacked.length > 0) this.mark()
    }
    if (this.waiters.size > 0 && this.unacked.length * 2 <= this.unacked.limit) this.waiters.wake()
  }

  /** The next sample: the last command sent, since when it went is known now. */
  private mark(): void {
    this.markedSeq = this.sent
    this.markedAtMs = this.parts.clock.monotonicMs()
  }

  private closedThere(payload: Uint8Array): void {
    try {
      if (numberAt(payload, 0) === 1) this.saved = this.crossing.saved?.decode(restAfter(payload, 1))
    } catch (thrown) {
      this.unreadable(thrown)
      return
    }
    this.phase = ENDED
    this.conclude(this.acked, false)
  }

  private failedThere({ code, said, stack, delivered, dropped }: Death): void {
    this.dropped += dropped
    const cause = stack === undefined ? undefined : new Error(said)
    if (cause !== undefined && stack !== undefined) cause.stack = stack
    this.fail(new MyDhtError(code, said, { cause }), delivered, false)
  }

  private unreadable(thrown: unknown): void {
    const said = `${this.title} failed: its codec could not read what came from its worker: ${String(thrown)}`
    this.fail(new MyDhtError('MYDHT_SERVICE_FAILED', said, { cause: thrown }), this.posted, true)
  }

  private pong(payload: Uint8Array): void {
    const number = numberAt(payload, 0)
    this.pings.get(number)?.(numberAt(payload, 1) === 1)
    this.pings.delete(number)
  }

  private logged(payload: Uint8Array): void {
    const { level, event, details } = read<LogLine>(payload).paper
    this.parts.log(level, event, details)
  }

  /** What comes of a service that has ended. */
  private late(kind: number, payload: Uint8Array): void {
    if (kind === EVENT || kind === REPLY || kind === LATE) this.dropped++
    else if (kind === LOG) this.logged(payload)
  }

  /** `delivered`: the last command that reached the service, or `maybe` did. */
  private fail(failure: MyDhtError, delivered: number, maybe: boolean): void {
    if (this.phase >= ENDED) return
    this.phase = FAILED_PHASE
    this.failure = failure
    const { code, message } = failure
    this.parts.log('error', 'service-failed', { service: this.name, code, said: message })
    this.conclude(delivered, maybe)
  }

  /** Tells everybody who waits, once. */
  private conclude(delivered: number, maybe: boolean): void {
    this.closeTimer?.cancel()
    this.outbox.close()
    const notSent: Command[] = []
    const failedOn: Command[] = []
    const maybeHandled: Command[] = []
    let seq = this.acked
    for (const entry of this.unacked.drain()) {
      seq++
      if (entry instanceof PendingCall) entry.fail(this.refusal(seq <= delivered))
      else if (seq > delivered) notSent.push(entry)
      else if (maybe) maybeHandled.push(entry)
      // What was done had been acknowledged: it is what the service threw at.
      else failedOn.push(entry)
    }
    this.calls.close()
    if (this.markedSeq > 0) this.lagMs = this.parts.clock.monotonicMs() - this.markedAtMs
    this.markedSeq = 0
    this.waiters.fail(this.refusal(false))
    for (const resolve of this.pings.values()) resolve(false)
    this.pings.clear()
    if (maybe) this.link.port.frame(this.instance, CLOSE, noBytes)
    this.unshare()
    this.released = this.link.release(this.instance, maybe)
    const ended: Ended<Command, Saved> = { saved: this.saved, notSent, failedOn, maybeHandled, failure: this.failure }
    this.ended = ended
    this.side.end()
    const { listeners } = this
    this.listeners = []
    for (const listener of listeners) {
      try {
        listener(ended)
      } catch (thrown) {
        this.parts.log('error', 'end-listener-failed', { service: this.name, said: String(thrown) })
      }
    }
  }

  private refusal(delivered: boolean): MyDhtError {
    const { failure } = this
    const details = { delivered }
    if (failure === undefined) {
      return new MyDhtError('MYDHT_SERVICE_ENDED', `${this.title} was closed: spawn it again`, { details })
    }
    const said = `${failure.message}; see handle.failure, or supervise() it`
    const code: ErrorCode = 'MYDHT_SERVICE_FAILED'
    return new MyDhtError(code, said, { cause: failure, details })
  }

  private full(): MyDhtError {
    const { limit } = this.unacked
    const said = `${this.title} has ${limit} commands waiting: await drained(), or raise queueLimit`
    return new MyDhtError('MYDHT_FULL', said, { details: { queueLimit: limit } })
  }
}
