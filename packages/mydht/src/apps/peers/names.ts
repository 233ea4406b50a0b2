/**
 * @module apps/peers/names
 * The main loop wants peers to dial: answers from what is known, and asks connected peers to name some when that is too little.
 */
import type { Clock } from '../../clock.ts'
import type { PeerId } from '../../identity/peer-id.ts'
import type { PeerRef } from '../../identity/peer-ref.ts'
import type { Random } from '../../random.ts'
import { createRequests, type Requests } from '../requests.ts'
import type { AppMessage } from '../../wire/messages.ts'
import * as defaults from './defaults.ts'
import type { Knowledge } from './knowledge.ts'
import type { Among, NamedRecord } from './protocol.ts'
import type { KnownPeer } from './table.ts'
import { nameBody, readNamed } from './messages.ts'

/** What the main loop wants. */
export interface Wish {
  readonly ticket: number
  readonly count: number
  readonly exclude: readonly PeerId[]
  readonly among: Among
}

interface Waiting extends Wish {
  /** Peers that have not answered yet. */
  left: number
}

/** Grants wishes. */
export interface Names {
  /** Answers by `granted`, once, perhaps before this returns. */
  wish(wish: Wish): void
  readonly requests: Requests<Waiting>
}

/** What it needs of its service. */
export interface NamesInit {
  readonly app: string
  readonly clock: Clock
  readonly random: Random
  readonly knowledge: Knowledge
  readonly send: (to: PeerRef, message: AppMessage) => void
  readonly wake: (delayMs: number) => void
  readonly granted: (ticket: number, peers: readonly NamedRecord[]) => void
}

/** Makes it. */
export function createNames(init: NamesInit): Names {
  const { knowledge } = init
  const waiting = new Set<Waiting>()

  const skipped = (wish: Wish): Set<PeerId> => new Set([...wish.exclude, ...knowledge.online.keys()])
  const grant = (wish: Wish): void => {
    const exclude = skipped(wish)
    const known =
      wish.among === 'unmet' ? knowledge.unmetToDial(wish.count, exclude) : knowledge.toDial(wish.count, exclude)
    const former = wish.among === 'any' ? knowledge.formerToDial(wish.count - known.length, exclude) : []
    init.granted(wish.ticket, [...known, ...former].map(namedRecord))
  }

  const settle = (wish: Waiting): void => {
    wish.left--
    if (wish.left > 0) return
    waiting.delete(wish)
    grant(wish)
  }

  const requests = createRequests<Waiting>({
    app: init.app,
    clock: init.clock,
    random: init.random,
    send: init.send,
    wake: init.wake,
    maxPending: defaults.maxWishes * defaults.askedForNames,
    settled(wish, from, outcome) {
      if (outcome.type === 'response' && outcome.response.status === 'ok') {
        for (const bytes of readNamed(outcome.response.body)) {
          const checked = knowledge.check(bytes)
          if (checked) knowledge.named(checked, from.id)
        }
      }
      settle(wish)
    },
  })

  return {
    requests,
    wish(wish) {
      const few = wish.among !== 'unmet' && knowledge.toDial(wish.count, skipped(wish)).length < wish.count
      const asked = few && waiting.size < defaults.maxWishes ? pick([...knowledge.online.values()], init.random) : []
      if (asked.length === 0) return grant(wish)
      const waits: Waiting = { ...wish, left: asked.length }
      waiting.add(waits)
      // More than is missing: some of what they name we know or exclude already.
      for (const peer of asked)
        if (!requests.ask(peer, nameBody(wish.count + wish.exclude.length), defaults.namesTimeoutMs, waits))
          settle(waits)
    },
  }
}

/** What the main loop needs to dial a peer. */
export function namedRecord({ record, bytes, cause, host }: KnownPeer): NamedRecord {
  return cause === undefined ? { record: bytes, cause: record.id, host } : { record: bytes, cause }
}

/** A few of the connected peers that run this app, by chance: whoever is asked always would decide whom we know. */
function pick(
  online: readonly { readonly peer: PeerRef; readonly answers: boolean }[],
  random: Random
): readonly PeerRef[] {
  const able = online.filter(({ answers }) => answers).map(({ peer }) => peer)
  const picked: PeerRef[] = []
  while (picked.length < defaults.askedForNames && able.length > 0)
    picked.push(...able.splice(random.below(able.length), 1))
  return picked
}
