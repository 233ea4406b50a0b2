/**
 * @module queries/query
 * The words of the query engine: what an app asks for, what it must be able to do, and what comes out. Not here: how it is done (`engine.ts`).
 */
import type { PeerId } from '../identity/peer-id.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import type { AppMessage } from '../wire/messages.ts'
import type { Rules } from './rules.ts'

/**
 * How answers come back, as the asker says it. `mixed`: proxied for `proxiedHops` hops, then direct to the peer where it turned. `iterative`: the asker
 * dials and asks each hop itself, and is told of nearer peers; where peers are anonymous, or a question has no key, it is `proxied`.
 */
export type QueryMode = 'proxied' | 'direct' | 'iterative' | { readonly type: 'mixed'; readonly proxiedHops: number }

/** Which used peers travel with a query so that it does not come back to them. */
export type HistoryOption = { readonly keep: 'peers' | 'hops'; readonly limit: number } | 'none'

/** A question and how far it may go. What is left out comes from the rules by `priority`; what exceeds them is clamped. */
export interface Ask {
  /** The app's question, as its peers decode it. */
  readonly body: Uint8Array
  /** 32 bytes that a route by distance may use. */
  readonly key?: Uint8Array | undefined
  readonly mode?: QueryMode | undefined
  /** `iterative` only: disjoint paths to search along, 1 to 8. One liar spoils one path. @default 1 */
  readonly paths?: number | undefined
  /** `iterative` only: over when so many nearest have answered; at most, and @default, the limit `searchWidth`. */
  readonly width?: number | undefined
  /** Answers wanted in all. @default 1 */
  readonly results?: number | undefined
  /** 0 to 255. @default rules.defaultPriority */
  readonly priority?: number | undefined
  readonly hops?: number | undefined
  readonly fanOut?: number | undefined
  /** Query messages that may be sent in all, by everybody. */
  readonly budget?: number | undefined
  readonly lifetimeMs?: number | undefined
  readonly history?: HistoryOption | undefined
  /** May dial known peers when too few are connected. @default false */
  readonly discover?: boolean | undefined
  /** Ask our own store too. @default true */
  readonly local?: boolean | undefined
}

/** One verified answer. */
export interface Answer {
  /** Who is said to have answered; undefined where peers are anonymous. Authenticated only if it is `via`. */
  readonly from: PeerId | undefined
  /** The peer that brought it; undefined: our own store. */
  readonly via: PeerId | undefined
  /** Hops from us to where it was found. A claim. */
  readonly hops: number
  readonly body: Uint8Array
}

/** How a question ended. `complete`: as many answers as wanted. `exhausted`: nobody is left to ask. Others: partial or no answers. */
export interface AskOutcome {
  readonly reason: 'complete' | 'exhausted' | 'expired' | 'cancelled' | 'no-route' | 'busy'
  /** Verified answers handed out. */
  readonly answers: number
  /** Query messages that we sent ourselves. */
  readonly sent: number
  /** Branches that ended without an answer. */
  readonly notFound: number
  /** Peers that could not be reached, refused or were busy. */
  readonly failed: number
  /** Answers that did not verify. */
  readonly invalid: number
  /** Of an `iterative` question: the nearest peers that answered, nearest first. */
  readonly closest?: readonly ClosestPeer[] | undefined
}

/** A peer near a key. */
export interface ClosestPeer {
  readonly id: PeerId
  readonly peer: PeerRef
  /** Its signed PeerRecord, where we have one more than the connection has used. */
  readonly record: Uint8Array | undefined
}

/** What an app lends to its engine. All are called synchronously and must not call the engine back. */
export interface EngineApp {
  /** Answers from our own store, at most `limit`, best first. Bodies are owned by the engine until sent. */
  lookup(question: Uint8Array, limit: number, from: PeerRef | undefined): readonly Uint8Array[]
  /** Whether `answer` truly answers `question`. Called before an answer is handed out or passed on. Must stand hostile bytes. */
  verify(question: Uint8Array, answer: Uint8Array): boolean
  /** Whether `question` is one that this app understands; others are refused. Must stand hostile bytes. */
  accepts(question: Uint8Array): boolean
  /** 32 bytes that a route by distance may use for this question; undefined: none. */
  keyOf(question: Uint8Array): Uint8Array | undefined
  /** A verified answer passes through on its way to somebody else: the app may cache it. */
  passing?(question: Uint8Array, answer: Uint8Array, from: PeerRef): void
  /**
   * A value arrives by `propagate`: verify it and keep it. `news`: it was valid and newer than what we had, pass it on.
   * `known`: valid, nothing new. `invalid`: drop and count.
   */
  receive?(value: Uint8Array, from: PeerRef): 'news' | 'known' | 'invalid'
  /**
   * Whether we have dialled this connected peer ourselves, at its recorded address, and it proved its id there. Only then does the first hop
   * pass its `direct` question on; otherwise, or where this is left out, it proxies.
   */
  reachable?(peer: PeerRef): boolean
}

/** Where the engine's effects go; the app's global service turns them into its events. */
export interface EngineOutput {
  /** To a connected peer. If it cannot be delivered, `engine.undelivered` is called later. */
  send(to: PeerRef, message: AppMessage): void
  /** To a peer that may have to be dialled: `record` is its signed PeerRecord, `cause` the peer who made us do it (for the dial policy). No report. */
  sendDirect(record: Uint8Array, message: AppMessage, cause: PeerRef): void
  /** Asks the main loop for peers; it answers with `engine.routed(ticket, …)`, exactly once. */
  route(request: {
    readonly ticket: number
    readonly key: Uint8Array | undefined
    readonly count: number
    readonly exclude: readonly PeerId[]
    readonly discover: boolean
    /** Only peers nearer to the key than we are: the query is somebody else's. */
    readonly nearer: boolean
    /** Records of who is not connected as well, to ask them; or only records, of who may be named to a peer. */
    readonly contacts?: 'ask' | 'name' | undefined
  }): void
  /** Asks for a connection by a record that `cause` named (undefined: our own route); answered with `engine.reached(ticket, …)`, exactly once. */
  reach(ticket: number, record: Uint8Array, cause: PeerRef | undefined): void
  /** A verified answer to our own question. */
  answer(ask: number, answer: Answer): void
  /** Our own question ended; nothing follows for it. */
  done(ask: number, outcome: AskOutcome): void
  /** Asks to call `engine.tick()` after `delayMs`; at most one wake-up is outstanding. */
  wake(delayMs: number): void
  /** A connected peer that we asked said nothing in time. */
  silent?(peer: PeerRef): void
  /** A peer brought more that does not verify than `maxInvalidPerPeer` allows. Said once per window; until its end such things of his are dropped unchecked. */
  misbehaved?(peer: PeerRef): void
}

/** Facts about our own node that the engine needs. */
export interface EngineSelf {
  readonly id: PeerId
  /** Peers cannot be told apart: no history, no names, only `proxied`. */
  readonly anonymous: boolean
  /** Our signed PeerRecord, for `direct` questions; undefined while we have no address: `direct` turns into `proxied`. */
  readonly record: Uint8Array | undefined
}

/** Bounds of one engine. Defaults in `defaults.ts`. */
export interface EngineLimits {
  /** Queries that we keep state for, our own included; past it we answer `busy`. */
  readonly maxPending: number
  /** The same per peer that sends them. */
  readonly maxPendingPerPeer: number
  /** Traces remembered for deduplication. */
  readonly maxTraces: number
  readonly traceMs: number
  /** Values and records of others that a peer may bring within `peerWindowMs` and that do not verify; then `misbehaved` is said. */
  readonly maxInvalidPerPeer: number
  /** Queries with the record of somebody else that a peer may bring within `peerWindowMs` and that are answered to him directly; later ones are proxied. */
  readonly maxDirectPerPeer: number
  /** Answers of one branch, and of one peer to a `direct` question, that may fail to verify; then no more of them are looked at. */
  readonly maxInvalidPerBranch: number
  /** The window of `maxInvalidPerPeer` and `maxDirectPerPeer`. */
  readonly peerWindowMs: number
  /** Peers counted for each of these two. */
  readonly maxCountedPeers: number
  /** Answers and contacts kept for peers whose queue is full. */
  readonly maxHeld: number
  /** Records of askers of `direct` queries that are remembered. */
  readonly maxAskers: number
  /** Searches (`iterative`): nearest peers that must have answered, and that a peer is asked to name. */
  readonly searchWidth: number
  /** How long one hop of a search may take, its dial included, in milliseconds. */
  readonly hopMs: number
  /** Peers that one search remembers. */
  readonly maxShortlist: number
  /** Records by which one peer of a search is dialled, where the first lead nowhere. */
  readonly maxWays: number
  /** Of the nearest of a search, peers of one public address block that count. */
  readonly maxPerBlockInSearch: number
}

/** Everything an engine is made of. */
export interface EngineOptions {
  readonly app: string
  readonly self: EngineSelf
  readonly rules: Rules
  readonly limits?: Partial<EngineLimits> | undefined
  /** The PeerId that truly signed this PeerRecord for our network, unexpired; undefined when nobody did. Must stand hostile bytes. */
  readonly verifyRecord: (record: Uint8Array) => PeerId | undefined
}

/** Counters since the engine was made. */
export interface EngineStats {
  /** Our own questions. */
  readonly asked: number
  /** Queries of others. */
  readonly received: number
  /** Query messages handed out, our own and passed on. */
  readonly sent: number
  /** Answers of our own store sent to others. */
  readonly answered: number
  readonly duplicates: number
  readonly clamped: number
  readonly expired: number
  readonly busy: number
  readonly invalid: number
  /** Answers that nobody waits for (late), from somebody who was not asked (uninvited), or with an unknown id. */
  readonly late: number
  readonly uninvited: number
  readonly unknown: number
  readonly pending: number
}
