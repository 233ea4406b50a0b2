/**
 * @module service/remote/direct-link
 * The owner's knowledge of a direct way between two services that it holds: it says in line what has passed, and accounts for what went that way when
 * an end dies. Not here: the ways themselves (`direct-out.ts`, `direct-in.ts`).
 */
import type { Handle } from '../handle.ts'
import type { DirectPaper } from './direct-port.ts'

/** Commands that went directly and will not be handled, or perhaps were; still the owner's to send, report or drop. */
export interface Returned<out Command> {
  /** Not handled, oldest first. */
  readonly notSent: readonly Command[]
  /** Perhaps handled, oldest first; older than those in `notSent`. */
  readonly maybeHandled: readonly Command[]
  /** At most so many more went with both services at once: nobody has them any more. */
  readonly lost: number
}

/** What an owner wants to hear of a link. */
export interface LinkOptions<in Command> {
  /**
   * Called in line with the events of the link's source, where the target ended before everything was handled. The target's own handle may hear of
   * its end a little later.
   */
  readonly onReturned?: ((returned: Returned<Command>) => void) | undefined
  /**
   * Called in line with the events of the link's source when events begin to go directly. Call `passed` when the commands that earlier events
   * caused have been sent to the target: until then it holds back what is ahead of them. @default called at once, for owners that pass on in `send`
   */
  readonly inLine?: ((passed: () => void) => void) | undefined
  /** Called once when nothing goes that way any more: an end has ended, or after `unlink`. Link again with whatever took its place. */
  readonly onOver?: (() => void) | undefined
}

/** A link. */
export interface DirectLink {
  /** Nothing goes that way any more. */
  readonly over: boolean
  /** Ends it: events go the ordinary way again, what is on the way still arrives. */
  unlink(): void
}

/** What a handle offers whose service may be linked. */
export interface LinkEnd {
  /** The end itself, or undefined while there is none. */
  linkEnd(): RemoteEnd | undefined
}

/** A service elsewhere, as links know it. */
export interface RemoteEnd {
  readonly place: { readonly module: string; readonly name: string; readonly instance: number }
  /** See `DirectPaper`. */
  readonly counter: SharedArrayBuffer
  readonly alive: boolean
  /** Makes the way. False: it cannot be made. */
  connect(paper: DirectPaper & { readonly source: number; readonly target: number }, target: RemoteEnd): boolean
  /** Adds a link, from here or to here. */
  addLink(link: OwnedLink): void
  removeLink(link: OwnedLink): void
  tellPassed(link: number, epoch: number): void
  tellUnlink(link: number): void
  /** Calls `run` when all events that have come are off the handle's hands. */
  inLine(run: () => void): void
  /** Something is on its way here that is not this thread's. */
  expectDirect(): void
  decodeCommands(bytes: readonly Uint8Array[]): readonly unknown[]
}

let lastLink = 0

/**
 * Lets events of `from`'s service go directly to `to`'s, past this thread, as its `crossing.direct` says for `outlet`. Both must run on worker threads
 * of this thread (`thread()`, `pool(n)`); gives undefined where they do not, and everything goes the ordinary way.
 *
 * - The order of what one service sends to the other is kept, whichever way it goes. What this thread sends to `to` after it saw an event of `from`
 *   is handled after what `from` had sent directly before that event.
 * - Without credit, and before and after the link, events go the ordinary way.
 * - When `to` ends, what it did not handle comes back (`onReturned`). When `from` ends, what it had sent still arrives.
 * - A new link for the same outlet takes the place of the one before.
 *
 * @example
 * const wire = link(reader, app, 'app', { onReturned: ({ notSent }) => notSent.forEach(keep) })
 */
export function link<A, Command, B>(
  from: Handle<A, unknown, unknown>,
  to: Handle<Command, B, unknown>,
  outlet: string,
  options: LinkOptions<Command> = {}
): DirectLink | undefined {
  const [source, target] = [endOf(from), endOf(to)]
  if (source?.alive !== true || target?.alive !== true || source === target) return undefined
  const { module, name, instance } = target.place
  const owned = new OwnedLink(
    ++lastLink,
    source,
    target,
    (returned) => {
      // Decoded by the codec of `to`'s own definition.
      options.onReturned?.(returned as Returned<Command>)
    },
    options
  )
  const paper = {
    link: owned.id,
    source: source.place.instance,
    target: instance,
    outlet,
    module,
    name,
    posted: target.counter,
  }
  if (!source.connect(paper, target)) return undefined
  source.addLink(owned)
  target.addLink(owned)
  return owned
}

function endOf(handle: object): RemoteEnd | undefined {
  return isLinkEnd(handle) ? handle.linkEnd() : undefined
}

/** Whether a handle's service may be linked. */
export function isLinkEnd(handle: object): handle is LinkEnd {
  return 'linkEnd' in handle && typeof handle.linkEnd === 'function'
}

/** One link, at its owner. */
export class OwnedLink implements DirectLink {
  readonly id: number
  readonly source: RemoteEnd
  readonly target: RemoteEnd
  over = false
  /** Commands that the source says it has sent, and the target that it has handled. */
  sent = 0
  taken = 0
  private readonly onReturned: (returned: Returned<unknown>) => void
  private readonly options: Pick<LinkOptions<never>, 'inLine' | 'onOver'>
  private sourceEnded = false
  private targetEnded = false

  constructor(
    id: number,
    source: RemoteEnd,
    target: RemoteEnd,
    onReturned: (returned: Returned<unknown>) => void,
    options: Pick<LinkOptions<never>, 'inLine' | 'onOver'>
  ) {
    this.id = id
    this.source = source
    this.target = target
    this.onReturned = onReturned
    this.options = options
  }

  unlink(): void {
    if (!this.over && !this.sourceEnded) this.source.tellUnlink(this.id)
  }

  /** The source says that an epoch begins here in its line of events. */
  epochBegins(epoch: number): void {
    this.source.inLine(() => this.passWhenPassed(epoch))
  }

  /** The source says that the way is over, and what did not arrive. */
  returned(notSent: readonly Uint8Array[], maybeHandled: readonly Uint8Array[]): void {
    this.leave()
    const { target } = this
    this.source.inLine(() => {
      if (notSent.length + maybeHandled.length > 0) {
        const [not, maybe] = [target.decodeCommands(notSent), target.decodeCommands(maybeHandled)]
        this.onReturned({ notSent: not, maybeHandled: maybe, lost: 0 })
      }
      this.end()
    })
  }

  /** One of its ends has ended. */
  ended(end: RemoteEnd): void {
    if (end === this.source) {
      this.sourceEnded = true
      // Nothing of the source is on its way through this thread any more, so nothing is to be held back.
      this.passWhenPassed(Infinity)
      this.end()
    } else this.targetEnded = true
    // While the source lives, it says what did not arrive.
    if (!this.sourceEnded) return
    const lost = this.sent - this.taken
    if (this.targetEnded || lost <= 0) this.leave()
    if (this.targetEnded && lost > 0) this.onReturned({ notSent: [], maybeHandled: [], lost })
  }

  /** The target says how much it has handled. */
  handled(taken: number): void {
    this.taken = taken
    if (this.sourceEnded && taken >= this.sent) this.leave()
  }

  private passWhenPassed(epoch: number): void {
    const pass = (): void => {
      if (!this.targetEnded) this.target.tellPassed(this.id, epoch)
    }
    if (this.options.inLine === undefined) pass()
    else this.options.inLine(pass)
  }

  private leave(): void {
    this.source.removeLink(this)
    this.target.removeLink(this)
  }

  private end(): void {
    if (this.over) return
    this.over = true
    this.options.onOver?.()
  }
}
