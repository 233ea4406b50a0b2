/**
 * @module service/remote/resident
 * A service that runs here for an owner elsewhere: its commands come as frames, and what it is done with is acknowledged.
 * Not here: turns, failure and closing, which are those of every service (`../spawners/turns.ts`).
 */
import { systemClock } from '../../clock.ts'
import { noBytes } from '../../bytes.ts'
import { MyDhtError, toMyDhtError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { loadParts } from '../../part.ts'
import { seededRandom, systemRandom } from '../../random.ts'
import { LENGTH_BYTES, lengthAt, numberAt } from '../channels/frames.ts'
import type { PortUser } from '../channels/port.ts'
import type { AnyDefinition } from '../find-definition.ts'
import type { Ended } from '../handle.ts'
import { isPromise } from '../runner.ts'
import type { Codec, Crossing, Service, ServiceDefinition } from '../service.ts'
import { TurnRunner } from '../spawners/turns.ts'
import { CreditOutbox } from './credit-outbox.ts'
import { ACK, CALL, CANCEL, CLOSE, CLOSED, COMMAND, CREDIT, EVENT, FAILED, LATE, LOG } from './kinds.ts'
import { NO_REPLY, PASSED, PING, PONG, REPLY, SAMPLE, UNLINK } from './kinds.ts'
import type { DirectIn } from './direct-in.ts'
import type { DirectPaper, DirectPort } from './direct-port.ts'
import { Directs, type DirectPlace } from './directs.ts'
import { write, type Birth } from './papers.ts'

/** A command that waits, with its number; 0 for those that the service sent to itself. */
interface Arrived {
  readonly seq: number
  readonly call: boolean
  readonly command: unknown
  /** Where it came from directly. */
  readonly way?: DirectIn
}

/** What runs it. */
type Running = TurnRunner<unknown, Arrived, unknown, unknown>

/** What a resident gets from the thread it lives in. */
export interface Residence extends DirectPlace {
  /** Counts the batches that came: each is a turn for every service in it. */
  batch: number
  /** Called before each command, for those who look for the service that blocks the thread. */
  entered(instance: number): void
  /** The resident has ended. */
  left(instance: number): void
}

/** One service of this thread. */
export class Resident implements PortUser {
  private readonly id: number
  listed = false
  private readonly residence: Residence
  private readonly birth: Birth
  private runner: Running | undefined = undefined
  private service: Service<unknown, unknown, unknown> | undefined = undefined
  private crossing: Crossing<unknown, unknown, unknown, unknown> | undefined = undefined
  private outbox: CreditOutbox | undefined = undefined
  private directs: Directs | undefined = undefined
  /** What came while the service's module was loaded. Bounded by the owner's credit. */
  private early: (() => void)[] | undefined = []
  private readonly cancelled: Set<number> = new Set()
  private arrived = 0
  private delivered = 0
  private done = 0
  private handled = 0
  private selfWaiting = 0
  private directWaiting = 0
  private waiting = 0
  /** A promise of `handle` is awaited. */
  private awaited = false
  /** The number of the call under way that has no reply yet; 0: none. */
  private calling = 0
  private over = false
  private acked = -1
  private ackedDone = 0
  /** The command whose end the owner wants to hear of at once. */
  private sampled = 0

  constructor(id: number, residence: Residence, birth: Birth) {
    this.id = id
    this.residence = residence
    this.birth = birth
  }

  /** Makes the service. What goes wrong fails the owner's handle. */
  async start(definition: AnyDefinition, initBytes: Uint8Array, savedBytes: Uint8Array | undefined): Promise<void> {
    try {
      const { crossing } = definition
      if (crossing === undefined)
        throw new MyDhtError('MYDHT_BAD_CONFIG', `service '${this.birth.name}' has no crossing`)
      this.crossing = crossing
      this.directs = new Directs(this.id, this.residence, crossing)
      const saved = savedBytes === undefined ? undefined : crossing.saved?.decode(savedBytes)
      const loaded = await loadParts(crossing.init.decode(initBytes))
      const init = crossing.prepare === undefined ? loaded : await crossing.prepare(loaded)
      const runner = this.makeRunner(definition, init, saved)
      this.runner = runner
      runner.onEnd((ended) => this.ended(ended))
      runner.start()
    } catch (thrown) {
      this.refuse(thrown)
      return
    }
    const { early } = this
    this.early = undefined
    for (const come of early ?? []) come()
  }

  /** The service could not be made, or what came for it could not be read. */
  refuse(thrown: unknown): void {
    if (this.over) return
    const context = `service '${this.birth.name}' (${this.birth.kind}) could not go on`
    this.fail(toMyDhtError(thrown, 'MYDHT_SERVICE_FAILED', context))
    void this.runner?.close()
  }

  /** Takes a series of frames from the owner. */
  receive(kind: number, batch: Uint8Array, from: number, to: number): void {
    if (this.early !== undefined) {
      this.early.push(() => this.receive(kind, batch, from, to))
      return
    }
    this.directs?.drain()
    if (kind === COMMAND || kind === CALL || kind === SAMPLE) {
      if (kind === SAMPLE) this.sampled = this.arrived + 1
      this.takeCommands(kind === CALL, batch, from, to)
      return
    }
    for (let at = from; at < to && !this.over;) {
      const end = at + LENGTH_BYTES + lengthAt(batch, at)
      this.take(kind, batch.subarray(at + LENGTH_BYTES, end))
      at = end
    }
  }

  beforeFlush(): void {
    if (this.over) return
    this.directs?.report()
    if (this.acked === this.handled + this.done) return
    this.acked = this.handled + this.done
    this.ackedDone = this.done
    this.residence.port.numbers(this.id, ACK, [this.done, this.handled, this.runner?.busyMs ?? 0])
  }

  private take(kind: number, payload: Uint8Array): void {
    if (kind === CREDIT) this.outbox?.credit(numberAt(payload, 0))
    else if (kind === CANCEL) this.cancel(numberAt(payload, 0))
    else if (kind === CLOSE) void this.runner?.close()
    else if (kind === PASSED) this.directs?.pass(numberAt(payload, 0), numberAt(payload, 1))
    else if (kind === UNLINK) this.directs?.leave(numberAt(payload, 0))
    else if (kind === PING) {
      const busy =
        this.waiting + this.selfWaiting + this.directWaiting > 0 && !this.awaited && this.outbox?.held === false
      this.residence.port.numbers(this.id, PONG, [numberAt(payload, 0), busy ? 1 : 0])
    }
  }

  /** A direct way out of the service begins; `codec` writes the commands of the service at its end. */
  linkOut(paper: DirectPaper, wire: DirectPort, codec: Codec<unknown>): void {
    if (this.early !== undefined) this.early.push(() => this.linkOut(paper, wire, codec))
    else if (this.over || this.directs === undefined) wire.close()
    else this.directs.addOut(paper, wire, codec)
  }

  /** A direct way into the service begins. */
  linkIn(paper: DirectPaper, wire: DirectPort): void {
    if (this.early !== undefined) this.early.push(() => this.linkIn(paper, wire))
    else if (this.over || this.directs === undefined) wire.close()
    else this.directs.addIn(paper, wire, (way, batch, from, to) => this.takeDirect(way, batch, from, to))
  }

  /** What came directly waits in line with the rest. */
  private takeDirect(way: DirectIn, batch: Uint8Array, from: number, to: number): void {
    for (let at = from; at < to && !this.over;) {
      const end = at + LENGTH_BYTES + lengthAt(batch, at)
      try {
        const command = this.crossing?.command.decode(batch.subarray(at + LENGTH_BYTES, end))
        this.directWaiting++
        way.taken++
        this.runner?.send({ seq: 0, call: false, command, way })
      } catch (thrown) {
        this.refuse(thrown)
      }
      at = end
    }
  }

  private takeCommands(call: boolean, batch: Uint8Array, from: number, to: number): void {
    const { runner, crossing, service } = this
    if (runner === undefined || crossing === undefined || service === undefined) return
    for (let at = from; at < to && !this.over;) {
      const granted = runner.beginStretch(this.residence.batch)
      if (granted > 0) at = this.deliver(granted, runner, crossing.command, service, call, batch, at, to)
      else {
        const end = at + LENGTH_BYTES + lengthAt(batch, at)
        this.queueUp(runner, crossing.command, call, batch.subarray(at + LENGTH_BYTES, end))
        at = end
      }
    }
  }

  private queueUp(runner: Running, codec: Codec<unknown>, call: boolean, payload: Uint8Array): void {
    try {
      const command = codec.decode(payload)
      this.waiting++
      runner.send({ seq: ++this.arrived, call, command })
    } catch (thrown) {
      this.refuse(thrown)
    }
  }

  /** Delivers up to `granted` commands, without an object for each and without a look at the clock. Gives where it stopped. */
  private deliver(
    granted: number,
    runner: Running,
    codec: Codec<unknown>,
    service: Service<unknown, unknown, unknown>,
    call: boolean,
    batch: Uint8Array,
    from: number,
    to: number
  ): number {
    this.residence.entered(this.id)
    let left = granted
    let at = from
    let decoded = false
    try {
      while (left > 0 && at < to) {
        left--
        const end = at + LENGTH_BYTES + lengthAt(batch, at)
        decoded = false
        const command = codec.decode(batch.subarray(at + LENGTH_BYTES, end))
        decoded = true
        at = end
        const seq = ++this.arrived
        this.delivered = seq
        this.calling = call ? seq : 0
        const settling = service.handle(command, this.emitted)
        if (settling !== undefined && isPromise(settling)) {
          this.acknowledge()
          runner.endAwaiting(this.settled(settling, seq), left)
          return at
        }
        // As `handledOne`, but that the port is told once for all of the stretch, in which nothing is sent.
        this.handled++
        this.done = seq
        if (call) this.noReply()
        if (!runner.oneDone()) break
      }
    } catch (thrown) {
      if (decoded) runner.threw(thrown)
      else {
        runner.endStretch(left)
        this.refuse(thrown)
      }
      return at
    }
    if (!this.over) this.acknowledge()
    runner.endStretch(left)
    return at
  }

  private async settled(settling: Promise<void>, seq: number, way?: DirectIn): Promise<void> {
    this.awaited = true
    await settling
    this.awaited = false
    this.handledOne(seq, way)
  }

  private cancel(seq: number): void {
    if (seq > this.delivered) this.cancelled.add(seq)
  }

  private makeRunner(definition: AnyDefinition, init: unknown, saved: unknown): Running {
    const { birth } = this
    const random = birth.seed === undefined ? systemRandom : seededRandom(birth.seed)
    const wrapped: ServiceDefinition<unknown, Arrived, unknown, unknown> = {
      name: definition.name,
      module: definition.module,
      create: (given, _parts, before) =>
        this.wrap(
          definition.create(
            given,
            { clock: systemClock, random, log: this.log, self: (command) => this.self(command) },
            before
          )
        ),
    }
    return new TurnRunner(
      { kind: birth.kind, async: true, suspends: false },
      wrapped,
      init,
      { clock: systemClock, random, log: this.runnerLog },
      // Never asked: the outbox below stands before it.
      { send: () => true },
      saved,
      // The owner's credit bounds what comes from there, that of direct ways what comes by them, `self` what comes from here.
      { ...birth, queueLimit: Number.MAX_SAFE_INTEGER },
      (owner) => (this.outbox = new CreditOutbox(birth.outboxLimit, owner, (event) => this.sendEvent(event)))
    )
  }

  private wrap(service: Service<unknown, unknown, unknown>): Service<Arrived, unknown, unknown> {
    this.service = service
    return {
      handle: (arrived) => this.handle(service, arrived),
      ...(service.save === undefined ? {} : { save: () => service.save?.() }),
      ...(service.close === undefined ? {} : { close: () => service.close?.() }),
    }
  }

  /** Handles a command that has waited. */
  private handle(service: Service<unknown, unknown, unknown>, arrived: Arrived): void | Promise<void> {
    const { seq, call, command, way } = arrived
    this.residence.entered(this.id)
    if (way !== undefined) {
      this.directWaiting--
      way.delivered++
    } else if (seq === 0) this.selfWaiting--
    else {
      this.waiting--
      this.delivered = seq
      if (this.cancelled.size > 0 && this.cancelled.delete(seq)) {
        this.done = seq
        this.acknowledge()
        return
      }
    }
    this.calling = call ? seq : 0
    const settling = service.handle(command, this.emitted)
    if (settling !== undefined && isPromise(settling)) return this.settled(settling, seq, way)
    this.handledOne(seq, way)
  }

  private handledOne(seq: number, way?: DirectIn): void {
    if (this.over) return
    this.handled++
    if (way?.handled() === true) this.residence.port.touch(this)
    if (seq > 0) this.done = seq
    this.noReply()
    this.acknowledge()
  }

  /** Tells a caller whose command is handled that there was no event. */
  private noReply(): void {
    if (this.calling > 0) this.residence.port.numbers(this.id, NO_REPLY, [this.calling])
    this.calling = 0
  }

  private acknowledge(): void {
    // Before the owner has to wait for it, or where it measures; else it goes with events, or a little later.
    const sampled = this.sampled > this.ackedDone && this.sampled <= this.done
    if (sampled || (this.done - this.ackedDone) * 2 >= this.birth.queueLimit) this.residence.port.touch(this)
    else if (!this.listed) this.residence.port.touchLater(this)
    this.residence.port.sendBig()
  }

  private readonly emitted = (event: unknown): boolean => {
    if (this.over) {
      this.residence.port.frame(this.id, LATE, noBytes)
      return false
    }
    if (this.calling === 0) return this.send(event)
    const seq = this.calling
    this.calling = 0
    if (this.crossing !== undefined) this.residence.port.put(this.id, REPLY, this.crossing.event, event, seq)
    this.residence.port.touch(this)
    return true
  }

  private send(event: unknown): boolean {
    const left = this.directs === undefined ? { rest: event } : this.directs.split(event)
    if (left === undefined) return this.outbox?.held === false
    return this.outbox?.put(left.rest) ?? false
  }

  private sendEvent(event: unknown): void {
    if (this.crossing !== undefined) this.residence.port.put(this.id, EVENT, this.crossing.event, event)
    this.residence.port.touch(this)
  }

  private self(command: unknown): boolean {
    if (this.over || this.runner === undefined || this.selfWaiting >= this.birth.queueLimit) return false
    if (!this.runner.send({ seq: 0, call: false, command })) return false
    this.selfWaiting++
    return true
  }

  private ended({ failure, saved }: Ended<Arrived>): void {
    if (this.over) return
    if (failure !== undefined) {
      this.fail(failure)
      return
    }
    let bytes: Uint8Array | undefined
    try {
      bytes = saved === undefined ? undefined : this.crossing?.saved?.encode(saved)
    } catch (thrown) {
      this.refuse(thrown)
      return
    }
    this.leave()
    this.residence.port.numbers(this.id, CLOSED, [bytes === undefined ? 0 : 1], bytes)
  }

  private fail(failure: MyDhtError): void {
    const { delivered } = this
    this.leave()
    const dropped = this.outbox?.dropped ?? 0
    const death = { code: failure.code, said: failure.message, stack: stackOf(failure), delivered, dropped }
    this.residence.port.frame(this.id, FAILED, write(death))
  }

  /** What was done is acknowledged first, so that the owner's list of the rest is exact. */
  private leave(): void {
    this.beforeFlush()
    this.directs?.end()
    this.over = true
    this.calling = 0
    this.early = undefined
    this.residence.left(this.id)
  }

  /** The runner's own lines, but for the failure: the owner's handle logs that. */
  private readonly runnerLog: Log = (level, event, details) => {
    if (event !== 'service-failed') this.log(level, event, details)
  }

  /** Sends a line to the owner's log. */
  readonly log: Log = (level, event, details = {}) =>
    this.residence.port.frame(this.id, LOG, write({ level, event, details }))
}

function stackOf({ cause }: MyDhtError): string | undefined {
  return cause instanceof Error ? cause.stack : undefined
}
