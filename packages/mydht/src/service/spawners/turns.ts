/**
 * @module service/spawners/turns
 * Runs a service in turns of the event loop, each with a budget of commands and milliseconds. What `coroutine` and `restart` share.
 */
import type { Destination } from '../handle.ts'
import { TURN_COMMANDS, TURN_MS } from '../defaults.ts'
import type { EventOutbox, OutboxOwner } from '../outbox.ts'
import type { PendingCall } from '../pending-call.ts'
import { CLOSING, HANDLING, HELD, IDLE, SCHEDULED } from '../phases.ts'
import type { RunnerOptions } from '../runner-options.ts'
import { Runner } from '../runner.ts'
import type { ServiceDefinition } from '../service.ts'
import { checkCount, checkMs } from '../spawn-check.ts'
import type { SpawnParts } from '../spawner.ts'
import { TurnBudget } from './turn-budget.ts'

/** Options of spawners that give a service turns. */
export interface TurnOptions extends RunnerOptions {
  /** Commands per turn. @default 256 */
  readonly turnCommands?: number | undefined
  /** Milliseconds per turn: no command starts after them, but for a few short ones. @default 5 */
  readonly turnMs?: number | undefined
}

/** How a spawner of turns treats its services. */
export interface TurnMode {
  readonly kind: string
  /** `handle` may give a promise. */
  readonly async: boolean
  /** The instance is saved and dropped whenever its queue is empty. */
  readonly suspends: boolean
}

/** A service that gets turns. */
export class TurnRunner<Init, Command, Event, Saved> extends Runner<Init, Command, Event, Saved> {
  private readonly mode: TurnMode
  private readonly budget: TurnBudget
  private occasion = 0
  // A sample of the lag: how many commands until the marked one is taken, and when it was sent.
  private markedIn = 0
  private markedAtMs = 0

  constructor(
    mode: TurnMode,
    definition: ServiceDefinition<Init, Command, Event, Saved>,
    init: Init,
    parts: SpawnParts,
    destination: Destination<Event>,
    saved: Saved | undefined,
    options: TurnOptions,
    makeOutbox?: (owner: OutboxOwner) => EventOutbox<Event>
  ) {
    super(mode.kind, definition, init, parts, destination, saved, options, makeOutbox)
    this.mode = mode
    const commands = checkCount(`${mode.kind}({ turnCommands })`, options.turnCommands ?? TURN_COMMANDS)
    const ms = checkMs(`${mode.kind}({ turnMs })`, options.turnMs ?? TURN_MS)
    this.budget = new TurnBudget(parts.clock, commands, ms)
  }

  /** Makes the first instance, so that what `create` throws reaches the spawner's caller. */
  start(): this {
    this.instantiate()
    if (this.queue.length > 0) this.schedule()
    else this.phase = IDLE
    return this
  }

  /**
   * Gives how many commands may be delivered at once, outside the queue: none while something waits before them, or when the turn that this
   * `occasion` (a batch that came) is for this service has no budget left. Whoever is given some calls `handle` itself, then `oneDone` for each,
   * and ends the stretch with one of `endStretch`, `endAwaiting` and `threw`.
   */
  beginStretch(occasion: number): number {
    if (this.phase !== IDLE || this.outbox.held || this.measure) return 0
    if (occasion !== this.occasion) {
      this.occasion = occasion
      this.budget.begin()
    }
    const granted = this.budget.takeSome()
    if (granted > 0) this.phase = HANDLING
    return granted
  }

  /** A command of the stretch is handled. False: no other may follow it. */
  oneDone(): boolean {
    this.handled++
    return this.phase === HANDLING && this.queue.length === 0 && !this.outbox.held
  }

  /** The stretch is over, this many of its commands were not used. */
  endStretch(unused: number): void {
    this.budget.giveBack(unused)
    if (this.phase !== HANDLING) this.unwind()
    else if (this.queue.length > 0 || this.outbox.held) this.schedule()
    else this.phase = IDLE
  }

  /** The stretch ends with a command whose `handle` gave a promise. */
  endAwaiting(settling: Promise<void>, unused: number): void {
    this.budget.giveBack(unused)
    this.awaitHandle(settling)
  }

  /** The stretch ends with a command whose `handle` threw. */
  threw(thrown: unknown): void {
    this.crash(thrown)
  }

  protected override offer(entry: Command | PendingCall<Command, Event>): boolean {
    if (!this.queue.push(entry)) return false
    if (this.markedIn === 0) {
      this.markedIn = this.queue.length
      this.markedAtMs = this.parts.clock.monotonicMs()
    }
    if (this.phase === IDLE) this.schedule()
    return true
  }

  protected override resume(): void {
    this.schedule()
  }

  private schedule(): void {
    this.phase = SCHEDULED
    this.parts.clock.soon(this.turn)
  }

  private readonly turn = (): void => {
    this.budget.begin()
    this.go()
  }

  /** Delivers until the queue is empty, the budget spent, the outbox held, or a `handle` asynchronous. */
  private go(): void {
    // A turn that was asked for before the service closed, failed or was held comes too late.
    while (this.phase === SCHEDULED) {
      if (this.outbox.held) this.phase = HELD
      else if (this.queue.length === 0) this.rest()
      else if (this.service === undefined) this.wakeUp()
      else if (!this.budget.take()) {
        this.schedule()
        return
      } else if (this.handleNext()) return
    }
  }

  /** True: a promise is awaited. */
  private handleNext(): boolean {
    this.phase = HANDLING
    const entry = this.queue.take()
    if (this.markedIn > 0 && --this.markedIn === 0) this.lagMs = this.parts.clock.monotonicMs() - this.markedAtMs
    const settling = this.deliver(entry)
    this.wakeSenders()
    if (settling !== undefined) {
      if (this.mode.async) {
        this.awaitHandle(settling)
        return true
      }
      this.notSynchronous(settling)
    }
    this.afterHandle()
    return false
  }

  private afterHandle(): void {
    if (this.phase === HANDLING) this.phase = SCHEDULED
    else this.unwind()
  }

  /** The same turn goes on when the promise settles: a chain of settled promises must not escape the budget. */
  private awaitHandle(settling: Promise<void>): void {
    const { incarnation } = this
    settling.then(
      () => {
        if (incarnation === this.incarnation) this.handledOne()
        this.afterHandle()
        this.go()
      },
      (thrown: unknown) => {
        if (incarnation === this.incarnation) this.crash(thrown)
        else this.afterHandle()
      }
    )
  }

  /** The queue is empty. */
  private rest(): void {
    this.phase = IDLE
    if (!this.mode.suspends || this.service === undefined) return
    // What the instance sends to itself while it saves and closes is for the next one.
    this.phase = HANDLING
    try {
      this.saved = this.service.save?.()
      const closing = this.closeInstance()
      if (closing === undefined) this.rested()
      else {
        // The next instance must not open what this one has not closed yet.
        closing.then(
          () => {
            this.rested()
            this.go()
          },
          (thrown: unknown) => this.crash(thrown)
        )
      }
    } catch (thrown) {
      this.crash(thrown)
    }
  }

  private rested(): void {
    if (this.phase !== HANDLING) this.unwind()
    else this.phase = this.queue.length > 0 ? SCHEDULED : IDLE
  }

  private wakeUp(): void {
    this.phase = HANDLING
    try {
      this.instantiate()
      this.restarts++
    } catch (thrown) {
      this.crash(thrown)
    }
    if (this.phase < CLOSING) this.phase = SCHEDULED
    else this.unwind()
  }
}
