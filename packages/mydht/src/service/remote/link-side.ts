/**
 * @module service/remote/link-side
 * A service elsewhere as an end of direct ways, at its owner: which ways there are, what its worker says of them, and what must be done in line with
 * its events. Not here: one way (`direct-link.ts`), the service's handle (`remote-handle.ts`).
 */
import { numberAt } from '../channels/frames.ts'
import type { Codec } from '../service.ts'
import type { OwnedLink, RemoteEnd } from './direct-link.ts'
import type { DirectPaper } from './direct-port.ts'
import { PASSED, PROBE, RETURNED, SENT, TAKEN, UNLINK } from './kinds.ts'
import type { Link } from './link.ts'
import { read, type Birth, type ReturnPaper } from './papers.ts'

/** What it needs to know of the handle's events. */
export interface EventLine {
  /** Events that came. */
  readonly received: number
  /** Of those, events that wait for the destination. */
  readonly waiting: number
}

/** One end of direct ways. */
export class LinkSide implements RemoteEnd {
  readonly place: { readonly module: string; readonly name: string; readonly instance: number }
  /** The service may be linked: it has not ended, and is not about to. */
  alive = true
  /** Commands that the service has sent directly. */
  sent = 0
  private readonly link: Link
  private readonly codec: Pick<Codec<unknown>, 'decode'>
  private readonly events: EventLine
  private readonly links: Map<number, OwnedLink> = new Map()
  /** What is to be done when the events up to that one are off the handle's hands. */
  private readonly lined: { readonly behind: number; readonly run: () => void }[] = []
  private posted: SharedArrayBuffer | undefined = undefined
  private ended = false

  constructor(
    link: Link,
    instance: number,
    { module, name }: Birth,
    codec: Pick<Codec<unknown>, 'decode'>,
    events: EventLine
  ) {
    this.link = link
    this.place = { module, name, instance }
    this.codec = codec
    this.events = events
  }

  get counter(): SharedArrayBuffer {
    this.posted ??= new SharedArrayBuffer(4)
    return this.posted
  }

  /** Commands on their way here that are not this thread's. */
  get coming(): number {
    let coming = 0
    for (const { target, sent, taken } of this.links.values()) if (target === this) coming += Math.max(0, sent - taken)
    return coming
  }

  connect(paper: DirectPaper & { readonly source: number; readonly target: number }, target: RemoteEnd): boolean {
    return target instanceof LinkSide && this.link.connect(paper, target.link)
  }

  addLink(link: OwnedLink): void {
    this.links.set(link.id, link)
  }

  removeLink(link: OwnedLink): void {
    this.links.delete(link.id)
  }

  tellPassed(link: number, epoch: number): void {
    if (!this.ended) this.link.port.numbers(this.place.instance, PASSED, [link, epoch])
  }

  tellUnlink(link: number): void {
    if (!this.ended) this.link.port.numbers(this.place.instance, UNLINK, [link])
  }

  inLine(run: () => void): void {
    if (this.events.waiting === 0) run()
    else this.lined.push({ behind: this.events.received, run })
  }

  expectDirect(): void {
    this.link.expect()
  }

  decodeCommands(bytes: readonly Uint8Array[]): readonly unknown[] {
    return bytes.map((each) => this.codec.decode(each))
  }

  /** Events have gone to the destination: runs what waited behind them. */
  goOn(): void {
    if (this.lined.length === 0) return
    const gone = this.events.received - this.events.waiting
    while (this.lined[0] !== undefined && this.lined[0].behind <= gone) this.lined.shift()?.run()
  }

  /** Takes what the worker says of a way. */
  take(kind: number, payload: Uint8Array): void {
    if (kind === RETURNED) {
      const { paper, behind } = read<ReturnPaper>(payload)
      this.links.get(paper.link)?.returned(behind.slice(paper.maybe), behind.slice(0, paper.maybe))
      return
    }
    const link = this.links.get(numberAt(payload, 0))
    const value = numberAt(payload, 1)
    if (link === undefined) return
    if (kind === PROBE) link.epochBegins(value)
    else if (kind === TAKEN) link.handled(value)
    else if (kind === SENT) {
      this.sent += value - link.sent
      link.sent = value
      link.target.expectDirect()
    }
  }

  /** The events that waited have gone or are dropped, and the service is no more. */
  end(): void {
    this.alive = false
    this.ended = true
    for (const { run } of this.lined.splice(0)) run()
    for (const link of this.links.values()) link.ended(this)
  }
}
