/**
 * @module service/spawners/inline
 * Runs a service as a function call on its sender's stack. Never yields: a service that sends to itself without end never returns.
 */
import { part } from '../../part.ts'
import type { PendingCall } from '../pending-call.ts'
import { CLOSING, HANDLING, HELD, IDLE } from '../phases.ts'
import type { RunnerOptions } from '../runner-options.ts'
import { isPromise, Runner } from '../runner.ts'
import { checkChannel, checkNeeds } from '../spawn-check.ts'
import type { RefKind, Spawner } from '../spawner.ts'

/** Options of `inline`: how many commands and events may wait, and whether to measure. */
export interface InlineOptions extends RunnerOptions {
  /** There is only one: a function call. @default 'none' */
  readonly channel?: 'none' | undefined
}

/**
 * Runs services on the sender's stack. An idle service handles a command before `send` returns; one that is already somewhere on
 * the stack queues it, and its outermost call drains the queue. A throw fails the service and never reaches the sender.
 * Needs `sync`.
 */
export function inline(options: InlineOptions = {}): Spawner<'sync', RefKind, 'inline'> {
  const needs = ['sync'] as const
  return {
    kind: 'inline',
    needs,
    carries: ['shared', 'local', 'copied'],
    channel: checkChannel('inline', options.channel, ['none']),
    restarts: options.restarts,
    blueprint: part(import.meta.url, 'inline', options, inline),
    spawn: (definition, init, parts, destination, saved) => {
      checkNeeds(definition, 'inline', needs)
      return new InlineRunner('inline', definition, init, parts, destination, saved, options).start()
    },
  }
}

class InlineRunner<Init, Command, Event, Saved> extends Runner<Init, Command, Event, Saved> {
  start(): this {
    this.instantiate()
    this.goOn()
    return this
  }

  /** The hot path: no allocation, no closure, no clock. Everything unusual is in `deliver`, `goOn` and `unwind`. */
  override send(command: Command): boolean {
    if (this.phase !== IDLE || this.measure) return this.phase < CLOSING && this.offer(command)
    this.phase = HANDLING
    try {
      const settling: unknown = this.handle?.call(this.service, command, this.emit)
      if (settling !== undefined && isPromise(settling)) {
        this.underWay = command
        this.notSynchronous(settling)
      } else this.handled++
    } catch (thrown) {
      this.underWay = command
      this.crash(thrown)
      return true
    }
    if (this.phase === HANDLING && this.queue.length === 0 && !this.outbox.held) this.phase = IDLE
    else this.goOn()
    return true
  }

  protected override offer(entry: Command | PendingCall<Command, Event>): boolean {
    if (this.phase !== IDLE) return this.queue.push(entry)
    this.phase = HANDLING
    this.deliverNow(entry)
    this.goOn()
    return true
  }

  protected override resume(): void {
    this.phase = HANDLING
    this.goOn()
  }

  /** The outermost call drains what was queued while the service was on the stack. */
  private goOn(): void {
    while (this.phase === HANDLING) {
      if (this.outbox.held) this.phase = HELD
      else if (this.queue.length === 0) this.phase = IDLE
      else {
        this.deliverNow(this.queue.take())
        this.wakeSenders()
      }
    }
    this.unwind()
  }

  private deliverNow(entry: Command | PendingCall<Command, Event>): void {
    const settling = this.deliver(entry)
    if (settling !== undefined) this.notSynchronous(settling)
  }
}
