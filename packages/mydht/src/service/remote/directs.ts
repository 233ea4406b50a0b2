/**
 * @module service/remote/directs
 * The direct ways of one service: out of it by outlet, into it by number. Not here: one way (`direct-out.ts`, `direct-in.ts`).
 */
import type { Port } from '../channels/port.ts'
import type { Codec, Crossing } from '../service.ts'
import { DirectIn } from './direct-in.ts'
import { DirectOut, type DirectOutOwner } from './direct-out.ts'
import type { DirectPaper, DirectPort } from './direct-port.ts'
import { PROBE, RETURNED, SENT, TAKEN } from './kinds.ts'
import { write } from './papers.ts'

/** The thread that they are on. */
export interface DirectPlace {
  /** Goes to the owner. */
  readonly port: Port
  /** Has `directs` flushed at the end of the turn, and before anything goes to the owner. */
  flushSoon(directs: Directs): void
  /** Has `way` tell its other end what is handled when the events that came of it are on their way to the owner: what is told is not reported. */
  tellAfter(way: DirectIn): void
}

/** Takes a series of commands that came by `way`. */
export type TakeDirect = (way: DirectIn, batch: Uint8Array, from: number, to: number) => void

/** The ways of one service. */
export class Directs implements DirectOutOwner {
  private readonly id: number
  private readonly place: DirectPlace
  private readonly crossing: Crossing<unknown, unknown, unknown, unknown>
  private readonly outs: Map<string, DirectOut> = new Map()
  /** Those that wait for their last acknowledgement. */
  private readonly leaving: Set<DirectOut> = new Set()
  private readonly ins: Map<number, DirectIn> = new Map()
  /** Ways whose counts the owner does not know yet. */
  private readonly changed: Set<DirectOut | DirectIn> = new Set()
  private events = 0
  /** Batches posted to this service by all that send to it directly, and those that came: only where they differ is there anything to look for. */
  private posted: Int32Array | undefined = undefined
  private came = 0

  constructor(id: number, place: DirectPlace, crossing: Crossing<unknown, unknown, unknown, unknown>) {
    this.id = id
    this.place = place
    this.crossing = crossing
  }

  /** A way out begins. One of the same outlet before it is left, and waited for. */
  addOut({ link, outlet, posted }: DirectPaper, wire: DirectPort, codec: Codec<unknown>): void {
    const before = this.outs.get(outlet)
    if (before !== undefined) this.leaving.add(before)
    this.outs.set(outlet, new DirectOut(link, wire, codec, this, new Int32Array(posted), before))
    before?.leave()
  }

  /** A way in begins. */
  addIn({ link, posted }: DirectPaper, wire: DirectPort, take: TakeDirect): void {
    this.posted ??= new Int32Array(posted)
    const way: DirectIn = new DirectIn(link, wire, {
      came: () => this.came++,
      take: (batch, from, to) => take(way, batch, from, to),
      handled: () => {
        this.changed.add(way)
        this.place.tellAfter(way)
      },
      gone: () => this.ins.delete(link),
    })
    this.ins.set(link, way)
    way.open()
  }

  /** Sends what may go directly, and gives what remains for the owner, if anything. */
  split(event: unknown): { readonly rest: unknown } | undefined {
    if (this.outs.size === 0 || this.crossing.direct === undefined) return { rest: event }
    const number = ++this.events
    const { direct, rest } = this.crossing.direct(event, (outlet) => this.outs.get(outlet)?.has(number) === true)
    for (const { outlet, command } of direct) this.put(outlet, command)
    if (direct.length > 0) this.place.flushSoon(this)
    return rest === undefined ? undefined : { rest }
  }

  /** Takes what has come for the service directly: before what has come from its owner. */
  drain(): void {
    if (this.posted === undefined || Atomics.load(this.posted, 0) === this.came) return
    for (const way of this.ins.values()) way.drain()
  }

  /** See `DirectIn.pass`. */
  pass(link: number, epoch: number): void {
    this.ins.get(link)?.pass(epoch)
  }

  /** The owner wants no more to go that way. */
  leave(link: number): void {
    for (const way of this.outs.values()) if (way.link === link) way.leave()
  }

  flush(): void {
    for (const way of this.outs.values()) way.flush()
  }

  /** Tells the owner how much went each way. */
  report(): void {
    for (const way of this.changed) {
      if (way instanceof DirectOut) this.place.port.numbers(this.id, SENT, [way.link, way.sent])
      else this.place.port.numbers(this.id, TAKEN, [way.link, way.done])
    }
    this.changed.clear()
  }

  /** The service has ended. */
  end(): void {
    for (const way of [...this.outs.values(), ...this.leaving]) way.abandon()
    this.outs.clear()
    this.leaving.clear()
    if (this.ins.size === 0) return
    // After the events, before the owner hears of the end and may end the worker.
    this.place.port.sendNow()
    for (const way of this.ins.values()) way.end()
    this.ins.clear()
  }

  epochBegins(link: number, epoch: number): void {
    this.place.port.numbers(this.id, PROBE, [link, epoch])
  }

  returned(link: number, notSent: readonly Uint8Array[], maybeHandled: readonly Uint8Array[]): void {
    this.report()
    for (const [outlet, way] of this.outs) if (way.link === link) this.outs.delete(outlet)
    for (const way of this.leaving) if (way.link === link) this.leaving.delete(way)
    const paper = { link, maybe: maybeHandled.length }
    this.place.port.frame(this.id, RETURNED, write(paper, ...maybeHandled, ...notSent))
  }

  private put(outlet: string, command: unknown): void {
    const way = this.outs.get(outlet)
    if (way === undefined)
      throw new TypeError(`crossing.direct gave a command for '${outlet}', for which has() was not true`)
    way.put(command)
    this.changed.add(way)
  }
}
