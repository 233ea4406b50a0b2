/**
 * @module apps/providers/placing
 * Has the peers nearest to a key keep provider records: searches for them, and tells each. For an app that holds nothing else for others (`kv` has holders
 * of its own, who acknowledge). Nobody acknowledges: a record comes again within the hour. Not here: what is kept (`table.ts`).
 */
import type { Clock } from '../../clock.ts'
import type { PeerId } from '../../identity/peer-id.ts'
import type { PeerRef } from '../../identity/peer-ref.ts'
import { defaultLimits } from '../../queries/defaults.ts'
import { createPeerBudget } from '../../queries/peer-budget.ts'
import type { Ask, AskOutcome } from '../../queries/query.ts'
import type { AppMessage } from '../../wire/messages.ts'
import { createCountNearer } from '../nearer.ts'
import type { QueryApp } from '../query-app.ts'
import * as defaults from './defaults.ts'
import { keyBytes } from './provider-record.ts'
import type { Providers } from './providers.ts'

/** What it needs of its service. */
export interface PlacingInit {
  readonly app: string
  readonly self: PeerId
  /** Peers that are to keep a record. */
  readonly copies: number
  /** So many others may be nearer to a key that we keep records of. */
  readonly near: number
  /** The app's question for providers of a key. */
  readonly question: (key: string) => Uint8Array
  readonly ask: (call: number, ask: Ask) => void
  readonly nearest: QueryApp<never, never>['nearest']
  readonly send: (to: PeerRef, message: AppMessage) => void
  readonly providers: () => Providers
  readonly clock: Clock
  /** Somebody brought too much that is false; until a minute is over nothing of his is looked at. */
  readonly misbehaved: (peer: PeerRef) => void
}

/** Places records. */
export interface Placing {
  /** Tells the nearest to a key; `told` is called once, with how many they were. */
  place(key: string, record: Uint8Array, told: (peers: number) => void): void
  /** A search ended. False: it was none of these. */
  searched(call: number, outcome: AskOutcome): boolean
  /** A `tell` came: keeps what is true, and near to us. */
  heard(from: PeerRef, body: Uint8Array): void
}

/** Makes it. */
export function createPlacing(init: PlacingInit): Placing {
  /** By number: below 0, where calls never are. */
  const searches = new Map<number, { readonly record: Uint8Array; readonly told: (peers: number) => void }>()
  const countNearer = createCountNearer(init.self, init.near, init.nearest)
  const { maxInvalidPerPeer, peerWindowMs, maxCountedPeers } = defaultLimits
  const offences = createPeerBudget(maxInvalidPerPeer, peerWindowMs, maxCountedPeers)
  let lastSearch = 0

  const blame = (peer: PeerRef): void => {
    if (offences.charge(peer.id, init.clock.monotonicMs()) === 'last') init.misbehaved(peer)
  }

  return {
    place(key, record, told) {
      lastSearch--
      searches.set(lastSearch, { record, told })
      // Every hop is asked, whatever is found: it is the nearest that are wanted.
      const results = defaults.searchResults
      init.ask(lastSearch, { body: init.question(key), key: keyBytes(key), mode: 'iterative', results, local: false })
    },
    searched(call, outcome) {
      const search = searches.get(call)
      searches.delete(call)
      if (!search) return false
      const closest = (outcome.closest ?? []).slice(0, init.copies)
      for (const { peer } of closest) init.send(peer, { type: 'tell', app: init.app, body: search.record })
      search.told(closest.length)
      return true
    },
    heard(from, body) {
      if (offences.isSpent(from.id, init.clock.monotonicMs())) return
      const key = init.providers().keyOf(body)
      if (key === undefined) return blame(from)
      // What came is a view, and the route is asked before it is kept.
      const record = body.slice()
      countNearer(from, keyBytes(key), (nearer) => {
        if (nearer < init.near && init.providers().hold(record, from) === 'false') blame(from)
      })
    },
  }
}
