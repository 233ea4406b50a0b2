/**
 * @module apps/kv/holders
 * Has others hold a record: searches for the nearest to its key, asks each to keep it, and counts what they say. Not here: what they do (`hold.ts`), and when a
 * record is given away again (`upkeep.ts`).
 */
import type { Clock } from '../../clock.ts'
import type { PeerRef } from '../../identity/peer-ref.ts'
import type { Ask, AskOutcome } from '../../queries/query.ts'
import type { Random } from '../../random.ts'
import type { AppMessage } from '../../wire/messages.ts'
import { createRequests, type Requests } from '../requests.ts'
import * as defaults from './defaults.ts'
import { decodeOutcome, encodeHold, type HoldOutcome, type HoldRequest } from './hold-messages.ts'
import { keyToBytes, type Key } from './key.ts'
import { questionOf } from './question.ts'

/** What the peers said that were asked to hold a record. */
export interface HolderCounts {
  readonly asked: number
  /** They hold it now, and those that held it before: in memory or on disk, as each one's own `acknowledged` says. */
  readonly acknowledged: number
  /** They hold a newer one. */
  readonly newer: number
  /** Compare and swap: they hold another sequence than the expected. */
  readonly conflict: number
  readonly full: number
  /** They know others that are nearer to the key, or did not like the record. */
  readonly refused: number
  /** They could not be reached, or were silent. */
  readonly failed: number
}

/** What is given to whom. */
export interface Placing {
  readonly key: Key
  /** Peers that are to hold it. */
  readonly copies: number
  readonly ifSequence: number | undefined
  /** A carried provider record; undefined: the record that is held here under the key. */
  readonly provider?: Uint8Array | undefined
}

/** Has others hold records. */
export interface Holders {
  /** Searches, gives what is held here under the key, and tells once what became of it. */
  place(placing: Placing, done: (counts: HolderCounts) => void): void
  /** Asks these peers, and tells once. */
  give(peers: readonly PeerRef[], request: HoldRequest, done?: (counts: HolderCounts) => void): void
  /** A search ended. False: it was none of these. */
  searched(call: number, outcome: AskOutcome): boolean
  readonly requests: Requests<Batch>
}

/** One record given to several peers. */
export interface Batch {
  left: number
  readonly counts: { -readonly [Name in keyof HolderCounts]: number }
  readonly done: (counts: HolderCounts) => void
}

/** What it needs of its service. */
export interface HoldersInit {
  readonly app: string
  readonly clock: Clock
  readonly random: Random
  /** Disjoint paths of a search. */
  readonly paths: number | undefined
  /** Milliseconds that one who is asked has for its answer. @default 3000 */
  readonly holdTimeoutMs?: number | undefined
  /** What is held here, as it travels. */
  readonly carried: (key: Key) => Uint8Array | undefined
  readonly ask: (call: number, ask: Ask) => void
  readonly send: (to: PeerRef, message: AppMessage) => void
  readonly wake: (delayMs: number) => void
}

/** Makes it. */
export function createHolders(init: HoldersInit): Holders {
  /** By number: below 0, where calls never are. */
  const searches = new Map<number, Placing & { readonly done: (counts: HolderCounts) => void }>()
  let lastSearch = 0

  const requests = createRequests<Batch>({
    app: init.app,
    clock: init.clock,
    random: init.random,
    send: init.send,
    wake: init.wake,
    settled(batch, _from, outcome) {
      const said =
        outcome.type === 'response' && outcome.response.status === 'ok'
          ? decodeOutcome(outcome.response.body)
          : undefined
      batch.counts[countOf(said)]++
      finish(batch)
    },
  })
  const finish = (batch: Batch): void => {
    batch.left--
    if (batch.left === 0) batch.done(batch.counts)
  }

  const timeoutMs = init.holdTimeoutMs ?? defaults.holdTimeoutMs
  const give: Holders['give'] = (peers, request, done = () => {}) => {
    const body = encodeHold(request)
    const batch: Batch = { left: peers.length + 1, counts: { ...nobody(), asked: peers.length }, done }
    for (const peer of peers) {
      if (requests.ask(peer, body, timeoutMs, batch)) continue
      batch.counts.failed++
      batch.left--
    }
    finish(batch)
  }

  const requestOf = ({ key, ifSequence, provider }: Placing): HoldRequest | undefined => {
    if (provider) return { type: 'provider', record: provider }
    const carried = init.carried(key)
    return carried && { type: 'keep', carried, ifSequence }
  }

  return {
    requests,
    give,
    place(placing, done) {
      lastSearch--
      searches.set(lastSearch, { ...placing, done })
      const { key } = placing
      // Every hop is asked, whatever is found: it is the nearest that are wanted.
      const results = defaults.searchResults
      init.ask(lastSearch, {
        body: questionOf(key, true),
        key: keyToBytes(key),
        mode: 'iterative',
        paths: init.paths,
        results,
        local: false,
      })
    },
    searched(call, outcome) {
      const search = searches.get(call)
      searches.delete(call)
      if (!search) return false
      const request = requestOf(search)
      const peers = (outcome.closest ?? []).slice(0, search.copies).map(({ peer }) => peer)
      // It may have died, or been removed, while we searched.
      if (!request || peers.length === 0) search.done(nobody())
      else give(peers, request, search.done)
      return true
    },
  }
}

function countOf(outcome: HoldOutcome | undefined): Exclude<keyof HolderCounts, 'asked'> {
  switch (outcome) {
    case undefined:
      return 'failed'
    case 'kept':
    case 'known':
      return 'acknowledged'
    case 'far':
      return 'refused'
    case 'newer':
    case 'conflict':
    case 'full':
    case 'refused':
      return outcome
  }
}

/** Nobody was asked. */
export function nobody(): HolderCounts {
  return { asked: 0, acknowledged: 0, newer: 0, conflict: 0, full: 0, refused: 0, failed: 0 }
}
