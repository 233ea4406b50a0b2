/**
 * @module queries/core
 * What the parts of one engine share: its tables, counters and timer, and the few effects that all of them need. Not here: any rule of queries.
 */
import type { Clock } from '../clock.ts'
import type { PeerId } from '../identity/peer-id.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import type { Log } from '../log.ts'
import type { Random } from '../random.ts'
import { createTickets } from '../tickets.ts'
import { maxAnswers } from '../wire/limits.ts'
import type { AnswerItem, EndReason } from '../wire/messages.ts'
import { defaultLimits } from './defaults.ts'
import type { PeerBudget } from './peer-budget.ts'
import { createPeerBudget } from './peer-budget.ts'
import type { Pending, PendingTable } from './pending.ts'
import { createPendingTable } from './pending.ts'
import type { EngineApp, EngineLimits, EngineOptions, EngineOutput, EngineSelf, EngineStats } from './query.ts'
import type { Memory, Trace } from './traces.ts'
import { createMemory } from './traces.ts'
import type { Search, SearchBranch } from './iterative/search.ts'
import type { Candidate, NamedBy } from './iterative/shortlist.ts'
import { wireWeight } from './weights.ts'

/** What an engine gets from the node. */
export interface EngineParts {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/**
 * Somebody waits for the route. `exclude` may grow while it waits, by peers that go offline. `run` gets at most `count` peers outside it; none
 * when the route has none or the time is over.
 */
export type Waiting =
  | { readonly type: 'query'; readonly pending: Pending }
  /** The nearest that we know, for a search of ours. */
  | { readonly type: 'search'; readonly search: Search }
  /** A dial for a search. */
  | { readonly type: 'reach'; readonly search: Search; readonly candidate: Candidate; readonly named: NamedBy }
  /** Records to name to a connected peer that searches. */
  | { readonly type: 'contacts'; readonly replyTo: PeerId; run(records: readonly Uint8Array[]): void }
  | {
      readonly type: 'other'
      readonly deadlineMs: number
      readonly exclude: Set<PeerId>
      /** The connected peer that waits for a word from `run`: when it goes offline, nobody does. */
      readonly replyTo: PeerId | undefined
      readonly count: number
      run(peers: readonly PeerRef[]): void
    }

/** Who brought a query that we passed on, and to whom it went. */
export interface Passed {
  readonly from: PeerRef
  readonly to: readonly PeerId[]
}

/** Counters that can still count. */
export type Counters = { -readonly [Name in Exclude<keyof EngineStats, 'pending'>]: number }

/** The shared state of one engine. */
export interface Core {
  readonly options: EngineOptions
  readonly limits: EngineLimits
  readonly app: EngineApp
  readonly output: EngineOutput
  readonly parts: EngineParts
  self: EngineSelf
  readonly count: Counters
  readonly table: PendingTable
  /** Searches of ours by the number of their question, and the queries that they have out. */
  readonly searches: Map<number, Search>
  readonly searchBranches: Map<bigint, SearchBranch>
  readonly traces: Memory<bigint, Trace>
  /** Ids of branches that ended: their answers are late, not unknown. */
  readonly ended: Memory<bigint, true>
  /** By trace: the record that a `direct` query brought, and whose it truly is. */
  readonly askers: Memory<bigint, { readonly id: PeerId; readonly record: Uint8Array }>
  /** Ids of queries that we passed on without state: answers of those we passed them to go back to who brought them. */
  readonly passed: Memory<bigint, Passed>
  /** Things that did not verify. */
  readonly offences: PeerBudget
  /** Queries that have us answer somebody whom another peer named. */
  readonly directs: PeerBudget
  readonly waiting: Map<number, Waiting>
  readonly nextTicket: () => number
  wakeAtMs: number | undefined
}

/** The state of a new engine. */
export function createCore(options: EngineOptions, app: EngineApp, output: EngineOutput, parts: EngineParts): Core {
  const given = options.limits ?? {}
  const limits: EngineLimits = {
    maxPending: given.maxPending ?? defaultLimits.maxPending,
    maxPendingPerPeer: given.maxPendingPerPeer ?? defaultLimits.maxPendingPerPeer,
    maxTraces: given.maxTraces ?? defaultLimits.maxTraces,
    traceMs: given.traceMs ?? defaultLimits.traceMs,
    maxInvalidPerPeer: given.maxInvalidPerPeer ?? defaultLimits.maxInvalidPerPeer,
    maxDirectPerPeer: given.maxDirectPerPeer ?? defaultLimits.maxDirectPerPeer,
    peerWindowMs: given.peerWindowMs ?? defaultLimits.peerWindowMs,
    maxCountedPeers: given.maxCountedPeers ?? defaultLimits.maxCountedPeers,
    searchWidth: given.searchWidth ?? defaultLimits.searchWidth,
    hopMs: given.hopMs ?? defaultLimits.hopMs,
    maxShortlist: given.maxShortlist ?? defaultLimits.maxShortlist,
    maxPerBlockInSearch: given.maxPerBlockInSearch ?? defaultLimits.maxPerBlockInSearch,
    maxInvalidPerBranch: given.maxInvalidPerBranch ?? defaultLimits.maxInvalidPerBranch,
    maxHeld: given.maxHeld ?? defaultLimits.maxHeld,
    maxAskers: given.maxAskers ?? defaultLimits.maxAskers,
    maxWays: given.maxWays ?? defaultLimits.maxWays,
  }
  const count: Counters = {
    asked: 0,
    received: 0,
    sent: 0,
    answered: 0,
    duplicates: 0,
    clamped: 0,
    expired: 0,
    busy: 0,
    invalid: 0,
    late: 0,
    uninvited: 0,
    unknown: 0,
  }
  return {
    options,
    limits,
    app,
    output,
    parts,
    self: options.self,
    count,
    table: createPendingTable(limits),
    searches: new Map(),
    searchBranches: new Map(),
    traces: createMemory(limits.maxTraces, limits.traceMs),
    ended: createMemory(limits.maxTraces, limits.traceMs),
    askers: createMemory(limits.maxAskers, limits.traceMs),
    passed: createMemory(limits.maxTraces, limits.traceMs),
    offences: createPeerBudget(limits.maxInvalidPerPeer, limits.peerWindowMs, limits.maxCountedPeers),
    directs: createPeerBudget(limits.maxDirectPerPeer, limits.peerWindowMs, limits.maxCountedPeers),
    waiting: new Map(),
    nextTicket: createTickets(parts.random),
    wakeAtMs: undefined,
  }
}

/** Milliseconds since some start. */
export function nowMs(core: Core): number {
  return core.parts.clock.monotonicMs()
}

/** Makes sure that `tick` is called at `deadlineMs` or before. */
export function wakeBy(core: Core, deadlineMs: number): void {
  if (core.wakeAtMs !== undefined && core.wakeAtMs <= deadlineMs) return
  core.wakeAtMs = deadlineMs
  core.output.wake(Math.max(0, Math.ceil(deadlineMs - nowMs(core))))
}

/** A number for a request to the route, with who waits for its answer. To be taken, and kept, before the route is asked. */
export function newTicket(core: Core, waiting: Waiting): number {
  const ticket = core.nextTicket()
  core.waiting.set(ticket, waiting)
  return ticket
}

/** Where the word about a branch goes: to the peer that sent the query, or to the asker in its record. */
export type ReplyTo =
  | { readonly type: 'peer'; readonly peer: PeerRef }
  | { readonly type: 'record'; readonly record: Uint8Array; readonly cause: PeerRef }

/** Asks the route for peers for something that has no pending query. */
export function askRouteOnce(
  core: Core,
  waiting: Extract<Waiting, { readonly type: 'other' }>,
  key: Uint8Array | undefined
): void {
  wakeBy(core, waiting.deadlineMs)
  const ticket = newTicket(core, waiting)
  core.output.route({ ticket, key, count: waiting.count, exclude: [...waiting.exclude], discover: false, nearer: true })
}

/** What is said about a branch. `closed` 0: it goes on. */
export interface Word {
  readonly answers: readonly AnswerItem[]
  readonly closed: number
  readonly unspent: number
  readonly reason: EndReason
}

/** Says it, in as many messages as the answers need; not at all where it is no answer and the rules want silence. */
export function respond(core: Core, to: ReplyTo, id: bigint, word: Word): void {
  if (word.answers.length > 0 || core.options.rules.notFoundReplies) say(core, to, id, word)
}

/** Says it whatever the rules want: for whoever takes silence for a failure. */
export function say(core: Core, to: ReplyTo, id: bigint, word: Word): void {
  const closed = wireWeight(word.closed)
  const last = { closed, unspent: Math.min(word.unspent, closed), reason: word.reason }
  for (let at = 0; at === 0 || at < word.answers.length; at += maxAnswers) {
    const more = at + maxAnswers < word.answers.length
    const end = more ? { closed: 0, unspent: 0, reason: 'done' as const } : last
    const answers = word.answers.slice(at, at + maxAnswers)
    const message = { type: 'answer' as const, app: core.options.app, id, answers, ...end }
    if (to.type === 'peer') core.output.send(to.peer, message)
    else core.output.sendDirect(to.record, message, to.cause)
  }
}

/** A copy that is ours: what a message holds are views into somebody's read buffer. */
export function copied(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}
