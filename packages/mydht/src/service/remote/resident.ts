/**
 * @module service/remote/resident
 * A service that runs here for an owner elsewhere: its commands come as frames, and what it is done with is acknowledged.
 * Not here: turns, failure and closing, which are those of every service (`../spawners/turns.ts`).
 */
import { systemClock, type Clock } from '../../clock.ts'
import { noBytes } from '../../bytes.ts'
import { MyDhtError, toMyDhtError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { loadParts } from '../../part.ts'
import { seededRandom, systemRandom } from '../../random.ts'
import { numberAt } from '../channels/frames.ts'
import type { Port, PortUser } from '../channels/port.ts'
import type { AnyDefinition } from '../find-definition.ts'
import type { Ended } from '../handle.ts'
import { isPromise } from '../runner.ts'
import type { Crossing, Emit, Service, ServiceDefinition } from '../service.ts'
import { TurnRunner } from '../spawners/turns.ts'
import { CreditOutbox } from './credit-outbox.ts'
import { ACK, CALL, CANCEL, CLOSE, CLOSED, COMMAND, CREDIT, EVENT, FAILED, LATE, LOG } from './kinds.ts'
import { NO_REPLY, PING, PONG, REPLY } from './kinds.ts'
import { write, type Birth } from './papers.ts'

/** A command with its number; 0 for those that the service sent to itself. */
interface Arrived {
  readonly seq: number
  readonly call: boolean
  readonly command: unknown
}

/** What a resident gets from the thread it lives in. */
export interface Residence {
  readonly port: Port
  /** Drives the turns of services. They themselves get the machine's clock. */
  readonly clock: Clock
  /** Called before each command, for those who look for the service that blocks the thread. */
  entered(instance: number): void
  /** The resident has ended. */
  left(instance: number): void
}

/** One service of this thread. */
export class Resident implements PortUser {
  private readonly id: number
  private readonly residence: Residence
  private readonly birth: Birth
  private runner: TurnRunner<unknown, Arrived, unknown, unknown> | undefined = undefined
  private crossing: Crossing<unknown, unknown, unknown, unknown> | undefined = undefined
  private outbox: CreditOutbox | undefined = undefined
  /** Frames that came while the service's module was loaded. Bounded by the owner's credit. */
  private early: (readonly [number, Uint8Array])[] | undefined = []
  private readonly cancelled: Set<number> = new Set()
  private arrived = 0
  private delivered = 0
  private done = 0
  private handled = 0
  private selfWaiting = 0
  private waiting = 0
  /** A promise of `handle` is awaited. */
  private awaited = false
  /** The call under way that has no reply yet. */
  private calling: Arrived | undefined = undefined
  private over = false
  private acked = -1
  private emit: Emit<unknown> = () => false

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
    for (const [kind, payload] of early ?? []) this.receive(kind, payload)
  }

  /** The service could not be made, or what came for it could not be read. */
  refuse(thrown: unknown): void {
    if (this.over) return
    const context = `service '${this.birth.name}' (${this.birth.kind}) could not go on`
    this.fail(toMyDhtError(thrown, 'MYDHT_SERVICE_FAILED', context))
    void this.runner?.close()
  }

  /** Takes a frame from the owner. */
  receive(kind: number, payload: Uint8Array): void {
    if (this.early !== undefined) this.early.push([kind, payload])
    else if (!this.over) this.take(kind, payload)
  }

  beforeFlush(): void {
    if (this.over || this.acked === this.handled + this.done) return
    this.acked = this.handled + this.done
    this.residence.port.numbers(this.id, ACK, [this.done, this.handled, this.runner?.stats().busyMs ?? 0])
  }

  private take(kind: number, payload: Uint8Array): void {
    if (kind === COMMAND || kind === CALL) this.takeCommand(kind === CALL, payload)
    else if (kind === CREDIT) this.outbox?.credit(numberAt(payload, 0))
    else if (kind === CANCEL) this.cancel(numberAt(payload, 0))
    else if (kind === CLOSE) void this.runner?.close()
    else if (kind === PING) {
      const busy = this.waiting + this.selfWaiting > 0 && !this.awaited && this.outbox?.held === false
      this.residence.port.numbers(this.id, PONG, [numberAt(payload, 0), busy ? 1 : 0])
    }
  }

  private takeCommand(call: boolean, payload: Uint8Array): void {
    const seq = ++this.arrived
    try {
      const command = this.crossing?.command.decode(payload)
      this.waiting++
      this.runner?.send({ seq, call, command })
    } catch (thrown) {
      this.refuse(thrown)
    }
  }

  private cancel(seq: number): void {
    if (seq > this.delivered) this.cancelled.add(seq)
  }

  private makeRunner(
    definition: AnyDefinition,
    init: unknown,
    saved: unknown
  ): TurnRunner<unknown, Arrived, unknown, unknown> {
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
      { clock: this.residence.clock, random, log: this.runnerLog },
      // Never asked: the outbox below stands before it.
      { send: () => true },
      saved,
      // The owner's credit bounds what comes from there, `self` what comes from here.
      { ...birth, queueLimit: 2 * birth.queueLimit },
      (owner) => (this.outbox = new CreditOutbox(birth.outboxLimit, owner, (event) => this.sendEvent(event)))
    )
  }

  private wrap(service: Service<unknown, unknown, unknown>): Service<Arrived, unknown, unknown> {
    return {
      handle: (arrived, emit) => this.handle(service, arrived, emit),
      ...(service.save === undefined ? {} : { save: () => service.save?.() }),
      ...(service.close === undefined ? {} : { close: () => service.close?.() }),
    }
  }

  private handle(
    service: Service<unknown, unknown, unknown>,
    arrived: Arrived,
    emit: Emit<unknown>
  ): void | Promise<void> {
    this.residence.entered(this.id)
    if (arrived.seq === 0) this.selfWaiting--
    else {
      this.waiting--
      this.delivered = arrived.seq
      if (this.cancelled.size > 0 && this.cancelled.delete(arrived.seq)) {
        this.acknowledge(arrived)
        return
      }
    }
    this.emit = emit
    this.calling = arrived.call ? arrived : undefined
    const settling = service.handle(arrived.command, this.emitted)
    if (settling !== undefined && isPromise(settling)) {
      this.awaited = true
      return settling.then(() => {
        this.awaited = false
        this.handledOne(arrived)
      })
    }
    this.handledOne(arrived)
  }

  private handledOne(arrived: Arrived): void {
    if (this.over) return
    this.handled++
    if (this.calling !== undefined) this.residence.port.numbers(this.id, NO_REPLY, [this.calling.seq])
    this.calling = undefined
    this.acknowledge(arrived)
  }

  private acknowledge(arrived: Arrived): void {
    if (arrived.seq > 0) this.done = arrived.seq
    this.residence.port.touch(this)
  }

  private readonly emitted = (event: unknown): boolean => {
    const call = this.calling
    if (call !== undefined) {
      this.calling = undefined
      if (this.crossing !== undefined) this.residence.port.put(this.id, REPLY, this.crossing.event, event, call.seq)
      this.residence.port.touch(this)
      return true
    }
    if (this.over) this.residence.port.frame(this.id, LATE, noBytes)
    return this.emit(event)
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
    this.over = true
    this.calling = undefined
    this.early = undefined
    this.residence.left(this.id)
  }

  /** The runner's own lines, but for the failure: the owner's handle logs that. */
  private readonly runnerLog: Log = (level, event, details) => {
    if (event !== 'service-failed') this.log(level, event, details)
  }

  private readonly log: Log = (level, event, details = {}) =>
    this.residence.port.frame(this.id, LOG, write({ level, event, details }))
}

function stackOf({ cause }: MyDhtError): string | undefined {
  return cause instanceof Error ? cause.stack : undefined
}
