/**
 * @module service/remote/link
 * The owner's end of one worker, a thread or a process: which handles live on it, when it ends, whether it still answers.
 * Not here: how a worker is started (`../spawners/thread-worker.ts`, `../spawners/process-child.ts`).
 */
import { systemClock, type Timer } from '../../clock.ts'
import { REMEMBERED_DEAD, START_MS } from '../defaults.ts'
import { readBatch, type OnSeries } from '../channels/frames.ts'
import { Port, type PortUser, type Wire } from '../channels/port.ts'
import type { DirectPaper } from './direct-port.ts'
import { PING } from './kinds.ts'

/** A worker that was started. */
export interface Carrier extends Wire {
  /** Has the worker know this memory by name, before what is posted next, until the instance ends. Left out where no memory is shared. */
  share?(instance: number, memory: Readonly<Record<string, SharedArrayBuffer>>): void
  /** How instances of such workers are linked directly. Left out where they cannot be. */
  readonly ways?: {
    /** Both ends of a new channel. */
    channel(): readonly [unknown, unknown]
    /** Gives the worker one end, or none where both ends of the way are there. */
    give(paper: DirectPaper, end: unknown): void
  }
  /** Ends the worker, whose services have closed. Settles when it has exited. Never rejects. */
  end(): Promise<void>
  /** Ends the worker at once, whatever it does. */
  kill(): void
  /** The instance whose command it began last, where the carrier can know. */
  entered(): number | undefined
}

/** Starts a worker. `down` is called once when it has exited, after the last batch, and says why. */
export type StartCarrier = (received: (batch: Uint8Array) => void, down: (why: string) => void) => Carrier

/** A handle at this end. */
export interface LinkUser extends PortUser {
  readonly title: string
  /** Commands that were not acknowledged. */
  readonly outstanding: number
  /** Takes a series of frames. */
  receive(kind: number, batch: Uint8Array, from: number, to: number): void
  /** The worker is gone. */
  down(why: string): void
}

/** One worker with its handles. */
export class Link {
  readonly port: Port
  /** The worker has exited, or is about to: it takes no more instances. */
  gone = false
  private readonly carrier: Carrier
  private readonly stuckMs: number | undefined
  private readonly lingerMs: number
  private lingering: Timer | undefined = undefined
  private readonly live: Map<number, LinkUser> = new Map()
  private readonly dead: Map<number, LinkUser> = new Map()
  /** How many instances of each group live there, and whose group is which. */
  private readonly groups: Map<string, number> = new Map()
  private readonly groupOf: Map<number, string> = new Map()
  private lastInstance = 0
  /** Times that the watch looked without having heard anything since the time before. */
  private silentLooks = 0
  private watch: Timer | undefined = undefined
  /** The worker has said something: it has started. */
  private heard = false
  private stuck: string | undefined = undefined

  /** `lingerMs`: how long the worker waits for another instance when its last one has ended in order. */
  constructor(start: StartCarrier, stuckMs: number | undefined, lingerMs: number = 0) {
    this.stuckMs = stuckMs
    this.lingerMs = lingerMs
    this.carrier = start(
      (batch) => this.received(batch),
      (why) => this.down(why)
    )
    this.port = new Port(this.carrier)
  }

  /** Services that live there. */
  get size(): number {
    return this.live.size
  }

  /** Whether an instance of that group lives there. */
  has(group: string): boolean {
    return this.groups.has(group)
  }

  /** Gives `user` its instance number. */
  attach(user: LinkUser, group?: string): number {
    this.lingering?.cancel()
    const instance = ++this.lastInstance
    this.live.set(instance, user)
    if (group !== undefined) {
      this.groupOf.set(instance, group)
      this.groups.set(group, (this.groups.get(group) ?? 0) + 1)
    }
    return instance
  }

  /** Has the worker know this memory by name before it makes the instance. */
  share(instance: number, memory: Readonly<Record<string, SharedArrayBuffer>>): void {
    this.carrier.share?.(instance, memory)
  }

  /** Makes a direct way from an instance here to one at `other`. False: there is none between such workers. */
  connect(paper: DirectPaper & { readonly source: number; readonly target: number }, other: Link): boolean {
    const [from, to] = [this.carrier.ways, other.carrier.ways]
    if (from === undefined || to === undefined || this.gone || other.gone) return false
    // Both instances are known there when they are told.
    this.port.flush()
    if (other === this) from.give(paper, undefined)
    else {
      other.port.flush()
      const [begin, end] = from.channel()
      to.give({ ...paper, source: undefined }, end)
      from.give({ ...paper, target: undefined }, begin)
    }
    return true
  }

  /**
   * The instance has ended. Its worker ends with its last one, or lingers; settles when nothing of this instance is left. `suspect`: it may be
   * what keeps the worker busy, which then does not linger.
   */
  async release(instance: number, suspect: boolean): Promise<void> {
    const user = this.live.get(instance)
    if (user === undefined || !this.live.delete(instance)) return
    this.dead.set(instance, user)
    this.leaveGroup(instance)
    for (const oldest of this.dead.keys()) if (this.dead.size > REMEMBERED_DEAD) this.dead.delete(oldest)
    if (this.live.size > 0 || this.gone) return
    if (this.lingerMs === 0 || suspect) await this.end()
    else this.lingering = systemClock.after(this.lingerMs, () => void this.end())
  }

  private async end(): Promise<void> {
    if (this.gone) return
    this.gone = true
    this.watch?.cancel()
    this.port.flush()
    await this.carrier.end()
  }

  private leaveGroup(instance: number): void {
    const group = this.groupOf.get(instance)
    if (group === undefined) return
    this.groupOf.delete(instance)
    const others = (this.groups.get(group) ?? 1) - 1
    if (others === 0) this.groups.delete(group)
    else this.groups.set(group, others)
  }

  /** Commands are on their way: from now on the worker must give signs of life. */
  expect(): void {
    if (this.stuckMs === undefined || this.watch !== undefined || this.gone) return
    this.silentLooks = 0
    this.watchAgain(this.stuckMs)
  }

  /**
   * Looks twice in each `stuckMs`. Looks are counted and not the time between them: while this thread itself does something long, or the
   * machine stands still, the worker's word waits here unread, and it is no fault of the worker's.
   */
  private watchAgain(stuckMs: number): void {
    this.watch = systemClock.after(stuckMs / 2, () => {
      this.watch = undefined
      if (this.gone || ![...this.live.values()].some((user) => user.outstanding > 0)) return
      const silentMs = (++this.silentLooks * stuckMs) / 2
      if (silentMs >= stuckMs + (this.heard ? 0 : START_MS)) this.giveUp(stuckMs)
      else {
        const [first] = this.live.keys()
        if (first !== undefined) this.port.numbers(first, PING, [0])
        this.watchAgain(stuckMs)
      }
    })
  }

  private giveUp(stuckMs: number): void {
    const entered = this.carrier.entered()
    const culprit = entered === undefined ? undefined : this.live.get(entered)
    const by = culprit === undefined ? '' : `; it began a command of ${culprit.title} and did not come back`
    this.stuck = `its worker gave no sign of life for ${stuckMs} ms and was ended${by}`
    this.carrier.kill()
  }

  private received(batch: Uint8Array): void {
    this.heard = true
    // The next look comes less than half of stuckMs after this.
    this.silentLooks = -1
    readBatch(batch, this.onSeries)
  }

  private readonly onSeries: OnSeries = (instance, kind, batch, from, to) => {
    const user = this.live.get(instance) ?? this.dead.get(instance)
    user?.receive(kind, batch, from, to)
  }

  private down(why: string): void {
    this.gone = true
    this.lingering?.cancel()
    this.watch?.cancel()
    const all = [...this.live.values()]
    this.live.clear()
    for (const user of all) user.down(this.stuck ?? why)
  }
}
