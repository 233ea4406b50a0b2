/**
 * @module service/remote/direct-out
 * The beginning of a direct way, at the service whose events become another's commands: credit, and what is not acknowledged yet, so that nothing is
 * lost when the other end dies. Not here: which events go this way (`crossing.direct`), and when they are flushed (`resident.ts`).
 */
import { LENGTH_BYTES, lengthAt, numberAt, readBatch } from '../channels/frames.ts'
import { Port } from '../channels/port.ts'
import { DIRECT_BYTES, DIRECT_WINDOW } from '../defaults.ts'
import type { Codec } from '../service.ts'
import type { DirectPort } from './direct-port.ts'
import { COMMAND, DONE, END, EPOCH } from './kinds.ts'

/** What the way needs of its service. */
export interface DirectOutOwner {
  /** Ordinary events are before this point, direct commands of that epoch behind it: the owner hears of it in line with the events. */
  epochBegins(link: number, epoch: number): void
  /** The way is over. These commands were not handled, or perhaps were. */
  returned(link: number, notSent: readonly Uint8Array[], maybeHandled: readonly Uint8Array[]): void
}

/** A batch that was posted: a copy, and how many commands are in it. */
interface Posted {
  readonly bytes: Uint8Array
  readonly commands: number
}

/** One way out of a service. */
export class DirectOut {
  readonly link: number
  /** Commands that were put on this way. */
  sent = 0
  private readonly port: Port
  private readonly wire: DirectPort
  private readonly codec: Codec<unknown>
  private readonly owner: DirectOutOwner
  private readonly counter: Int32Array
  private before: DirectOut | undefined
  private epoch = 0
  /** Events go the ordinary way, so that the next direct command begins an epoch. */
  private ordinary = true
  /** The event for which there was no credit: all of it goes the ordinary way from there on. */
  private refusedIn = -1
  private done = 0
  private posted: Posted[] = []
  private postedBytes = 0
  private unposted = 0
  private ended: number | undefined = undefined
  private leaving = false
  /** Nothing goes this way any more, and nothing is on it. */
  over = false

  /** `counter` counts batches for the target. `before` is a way of the same outlet: nothing may overtake what is on it. */
  constructor(
    link: number,
    wire: DirectPort,
    codec: Codec<unknown>,
    owner: DirectOutOwner,
    counter: Int32Array,
    before: DirectOut | undefined
  ) {
    this.link = link
    this.wire = wire
    this.codec = codec
    this.owner = owner
    this.counter = counter
    this.before = before
    // Flushed by its service, before what goes to the owner.
    this.port = new Port({ post: (batch) => this.post(batch), atTurnEnd: () => {}, whenQuiet: () => {} })
    wire.open(
      (batch) => readBatch(batch, (_, kind, bytes, from, to) => this.receive(kind, bytes, from, to)),
      () => this.closed()
    )
  }

  /** Whether commands made from the `event`-th event may go this way. Then they must. */
  has(event: number): boolean {
    if (this.over || this.leaving || this.refusedIn === event || this.waits()) return false
    const open = this.sent - this.done
    // Once ordinary, it comes back when half of the credit is free: changing over has its price.
    const share = this.ordinary ? 2 : 1
    if (open * share < DIRECT_WINDOW && this.postedBytes * share < DIRECT_BYTES) {
      if (this.ordinary) this.begin()
      return true
    }
    this.ordinary = true
    this.refusedIn = event
    return false
  }

  /** Puts a command on its way. Throws what the codec throws. */
  put(command: unknown): void {
    this.port.put(0, COMMAND, this.codec, command)
    this.sent++
    this.unposted++
    this.port.sendBig()
  }

  /** Posts what waits. */
  flush(): void {
    this.port.flush()
  }

  /** No more commands; the way closes when all are acknowledged. */
  leave(): void {
    this.leaving = true
    this.port.flush()
    if (!this.over && this.sent === this.done) this.finish([], [])
  }

  /** The service has ended: what is on its way still arrives. */
  abandon(): void {
    if (this.over) return
    this.port.flush()
    this.over = true
    this.wire.close()
  }

  private waits(): boolean {
    if (this.before?.over === false) return true
    this.before = undefined
    return false
  }

  private begin(): void {
    this.ordinary = false
    this.epoch++
    this.port.numbers(0, EPOCH, [this.epoch])
    this.owner.epochBegins(this.link, this.epoch)
  }

  private post(batch: Uint8Array<ArrayBuffer>): void {
    if (this.over) return
    this.posted.push({ bytes: batch.slice(), commands: this.unposted })
    this.postedBytes += batch.length
    this.unposted = 0
    this.wire.post(batch)
    // Counted before anything that follows goes to the owner, so that the target knows of it before it is told anything that came of that.
    Atomics.add(this.counter, 0, 1)
  }

  private receive(kind: number, bytes: Uint8Array, from: number, to: number): void {
    for (let at = from; at < to;) {
      const payload = at + LENGTH_BYTES
      at = payload + lengthAt(bytes, at)
      this.acknowledged(numberAt(bytes.subarray(payload, at), 0))
      if (kind === END) this.ended = numberAt(bytes.subarray(payload, at), 1)
      else if (kind !== DONE) throw new TypeError(`a direct way gave a frame of kind ${kind}`)
    }
    if (this.leaving && !this.over && this.sent === this.done) this.finish([], [])
  }

  private acknowledged(done: number): void {
    this.done = done
    let before = done - this.handledBefore()
    while (this.posted[0] !== undefined && this.posted[0].commands <= before) {
      before -= this.posted[0].commands
      this.postedBytes -= this.posted[0].bytes.length
      this.posted.shift()
    }
  }

  /** Commands in batches that are not kept any more. */
  private handledBefore(): number {
    return this.sent - this.unposted - this.posted.reduce((sum, { commands }) => sum + commands, 0)
  }

  /** The other end is gone. If it could say so, it said how far it came. */
  private closed(): void {
    if (this.over) return
    const notPosted = commandsIn(this.port.take())
    const first = this.handledBefore() + 1
    const kept = this.posted.flatMap(({ bytes }) => commandsIn(bytes))
    const open = kept.slice(this.done + 1 - first)
    if (this.ended === undefined) this.finish(notPosted, open)
    else {
      // What was delivered and is not done is what the service threw at.
      const half = Math.max(0, this.ended - this.done)
      this.finish([...open.slice(half), ...notPosted], open.slice(0, half))
    }
  }

  private finish(notSent: readonly Uint8Array[], maybeHandled: readonly Uint8Array[]): void {
    this.over = true
    this.posted = []
    this.wire.close()
    this.owner.returned(this.link, notSent, maybeHandled)
  }
}

/** The commands in a batch, as the codec wrote them. */
function commandsIn(batch: Uint8Array): Uint8Array[] {
  const commands: Uint8Array[] = []
  readBatch(batch, (_, kind, bytes, from, to) => {
    if (kind !== COMMAND) return
    for (let at = from; at < to;) {
      const end = at + LENGTH_BYTES + lengthAt(bytes, at)
      commands.push(bytes.subarray(at + LENGTH_BYTES, end))
      at = end
    }
  })
  return commands
}
