/**
 * @module queries/iterative/search
 * Our own question in mode `iterative`: we ask each hop ourselves, some at a time, and go on to the peers that it names, until the nearest have
 * answered. Not here: whom to ask next (`shortlist.ts`), what they say (`replies.ts`), who is lost (`losing.ts`), what a peer that is asked does (`naming.ts`).
 */
import { peerKey } from '../../identity/peer-key.ts'
import { decodePeerRecord, peekPeerRecordId } from '../../identity/peer-record.ts'
import type { PeerId } from '../../identity/peer-id.ts'
import type { PeerRef } from '../../identity/peer-ref.ts'
import { publicBlocks } from '../../peers/host-key.ts'
import type { AskGrant } from '../clamp.ts'
import type { Core } from '../core.ts'
import { copied, newTicket, nowMs, wakeBy } from '../core.ts'
import { blame } from '../offences.ts'
import type { Ask, AskOutcome } from '../query.ts'
import { createShortlist, type Candidate, type NamedBy, type Shortlist } from './shortlist.ts'

/** A search that is not over. */
export interface Search {
  readonly ask: number
  readonly trace: bigint
  readonly question: Uint8Array
  readonly key: Uint8Array
  readonly priority: number
  /** The most hops from us. */
  readonly depth: number
  readonly deadlineMs: number
  readonly shortlist: Shortlist
  /** It is over when so many nearest have answered. */
  readonly width: number
  /** Who is asked, and until when we wait. */
  readonly underWay: Map<Candidate, { readonly dueMs: number; readonly branch: bigint | undefined }>
  /** Answers still wanted. */
  wanted: number
  /** Messages that we may still send. */
  budget: number
  /** The route has not named anybody yet. */
  starting: boolean
  /** Everything that the engine keeps for it elsewhere: what it waits for, and queries that it has sent. */
  readonly tickets: number[]
  readonly branches: bigint[]
  sent: number
  answers: number
  notFound: number
  failed: number
  invalid: number
}

/** A query of ours that a peer may answer. Kept until the search ends: who is late is heard all the same. */
export interface SearchBranch {
  readonly search: Search
  readonly candidate: Candidate
  /** It has named contacts already. */
  named: boolean
  answers: number
  invalid: number
}

/** What a search starts from. `answers`: those of our own store. */
export interface SearchStart {
  readonly ask: Ask
  readonly grant: AskGrant
  readonly key: Uint8Array
  readonly answers: number
}

/** Starts a search. */
export function startSearch(core: Core, number: number, start: SearchStart): void {
  const { ask: asked, grant, key, answers } = start
  const { searchWidth, maxShortlist, maxPerBlockInSearch, maxWays } = core.limits
  const width = Math.min(searchWidth, grant.width ?? searchWidth)
  const search: Search = {
    ask: number,
    trace: core.parts.random.u64(),
    question: copied(asked.body),
    key: copied(key),
    priority: grant.priority,
    depth: asked.hops === undefined ? core.options.rules.max.hops : grant.hops,
    deadlineMs: nowMs(core) + grant.lifetimeMs,
    shortlist: createShortlist({
      target: key,
      width,
      parallel: grant.fanOut,
      paths: grant.paths,
      maxPerBlock: maxPerBlockInSearch,
      max: maxShortlist,
      maxWays,
    }),
    width,
    underWay: new Map(),
    wanted: grant.results - answers,
    budget: grant.budget,
    starting: true,
    tickets: [],
    branches: [],
    sent: 0,
    answers,
    notFound: 0,
    failed: 0,
    invalid: 0,
  }
  core.searches.set(number, search)
  wakeBy(core, search.deadlineMs)
  const ticket = newTicket(core, { type: 'search', search })
  search.tickets.push(ticket)
  const request = { ticket, key: search.key, count: width, exclude: [], discover: false, nearer: false }
  core.output.route({ ...request, contacts: 'ask' })
}

/** The route has named those that it knows: connected peers, and records of others. They are dealt out to the paths. */
export function searchRouted(
  core: Core,
  search: Search,
  peers: readonly PeerRef[],
  records: readonly Uint8Array[]
): void {
  search.starting = false
  let path = 0
  const blocksOf = peers.length === 0 ? undefined : blocksByPeer(records)
  for (const peer of peers) {
    if (peer.id === core.self.id || search.depth < 1) continue
    // Who is connected counts in his address block as all others do.
    const blocks = blocksOf?.get(peer.id) ?? []
    const heard = { id: peer.id, key: peerKey(peer.id), depth: 1, blocks, peer, named: undefined }
    search.shortlist.add(path++, heard)
  }
  for (const record of records) if (hear(core, search, path, record, undefined, 1) === 'new') path++
  searchOn(core, search)
}

function blocksByPeer(records: readonly Uint8Array[]): ReadonlyMap<PeerId, readonly string[]> {
  const blocks = new Map<PeerId, readonly string[]>()
  for (const record of records) {
    const decoded = decodePeerRecord(record)
    if (decoded.ok) blocks.set(decoded.value.id, publicBlocks(decoded.value.addresses))
  }
  return blocks
}

/** A record by which a path hears of a peer. `none`: it is of nobody who answers, or of nobody at all. */
export function hear(
  core: Core,
  search: Search,
  path: number,
  given: Uint8Array,
  cause: PeerRef | undefined,
  depth: number
): 'new' | 'known' | 'none' {
  const id = peekPeerRecordId(given)
  if (id === undefined || id === core.self.id || depth > search.depth) return 'none'
  const known = search.shortlist.get(id)
  // Most of what the later hops name is known already.
  if (known && !search.shortlist.wants(known, given)) {
    search.shortlist.heardAgain(path, known, depth)
    return 'known'
  }
  const decoded = decodePeerRecord(given)
  if (!decoded.ok) return 'none'
  const { addresses, clientOnly } = decoded.value
  if (clientOnly || addresses.length === 0) return 'none'
  const blocks = publicBlocks(addresses)
  const named: NamedBy = { record: copied(given), cause, blocks }
  if (known) {
    known.records.push(named)
    known.ways++
    if (known.state === 'failed' && search.shortlist.again(known)) search.failed--
    search.shortlist.heardAgain(path, known, depth)
    return 'known'
  }
  search.shortlist.add(path, { id, key: peerKey(id), depth, blocks, peer: undefined, named })
  return 'new'
}

/** Asks whoever may be asked now; ends the search when the nearest have answered, or when nobody is asked and nobody is left. */
export function searchOn(core: Core, search: Search): void {
  while (search.budget > 0) {
    const candidate = search.shortlist.next()
    if (!candidate) break
    if (candidate.peer) ask(core, search, candidate, candidate.peer)
    else reach(core, search, candidate)
  }
  if (search.starting || !core.searches.has(search.ask)) return
  if (search.underWay.size > 0 && !search.shortlist.isSettled()) return
  endSearch(core, search, search.shortlist.all.length === 0 ? 'no-route' : 'exhausted')
}

function reach(core: Core, search: Search, candidate: Candidate): void {
  const named = candidate.records.shift()
  if (!named) {
    fail(search, candidate)
    return
  }
  // Our own route's records were checked; a stranger's word costs a signature check only here, where it would cost a dial.
  if (named.cause && core.options.verifyRecord(named.record) !== candidate.id) {
    blame(core, named.cause)
    // As if nobody had named it: others may name it by its true record.
    if (!search.shortlist.again(candidate)) search.shortlist.forget(candidate)
    return
  }
  candidate.used = named
  candidate.state = 'reaching'
  wait(core, search, candidate, undefined)
  const ticket = newTicket(core, { type: 'reach', search, candidate, named })
  search.tickets.push(ticket)
  core.output.reach(ticket, named.record, named.cause)
}

/** Sends the question to a connected peer and waits for its word. */
export function ask(core: Core, search: Search, candidate: Candidate, peer: PeerRef): void {
  const id = freshId(core)
  candidate.state = 'asked'
  search.branches.push(id)
  core.searchBranches.set(id, { search, candidate, named: false, answers: 0, invalid: 0 })
  const dueMs = wait(core, search, candidate, id)
  search.budget--
  search.sent++
  core.count.sent++
  core.output.send(peer, {
    type: 'query',
    app: core.options.app,
    trace: search.trace,
    id,
    mode: { type: 'iterative' },
    hops: 0,
    travelled: Math.min(255, candidate.depth),
    fanOut: Math.min(255, search.width),
    results: search.wanted,
    priority: search.priority,
    budget: 0,
    lifetimeMs: Math.max(1, Math.floor(dueMs - nowMs(core))),
    history: { keep: 'peers', limit: 0, peers: [] },
    body: search.question,
  })
}

function wait(core: Core, search: Search, candidate: Candidate, branch: bigint | undefined): number {
  const dueMs = Math.min(search.deadlineMs, nowMs(core) + core.limits.hopMs)
  search.underWay.set(candidate, { dueMs, branch })
  wakeBy(core, dueMs)
  return dueMs
}

/** A peer that will not answer. */
export function fail(search: Search, candidate: Candidate): void {
  if (candidate.state === 'failed') return
  candidate.state = 'failed'
  search.underWay.delete(candidate)
  search.failed++
}

/** Ends a search and tells who asked. */
export function endSearch(core: Core, search: Search, reason: AskOutcome['reason']): void {
  if (!core.searches.delete(search.ask)) return
  if (reason === 'expired') core.count.expired++
  for (const ticket of search.tickets) core.waiting.delete(ticket)
  for (const id of search.branches) if (core.searchBranches.delete(id)) core.ended.set(id, true, nowMs(core))
  const { answers, sent, notFound, failed, invalid } = search
  const closest = search.shortlist.closest().flatMap(({ id, peer, used, records }) => {
    // What a stranger named and nobody dialled was not checked.
    const way = used ?? records.find(({ cause }) => cause === undefined)
    return peer ? [{ id, peer, record: way?.record }] : []
  })
  core.output.done(search.ask, { reason, answers, sent, notFound, failed, invalid, closest })
}

function freshId(core: Core): bigint {
  let id = core.parts.random.u64()
  while (core.searchBranches.has(id) || core.table.byBranch(id) !== undefined) id = core.parts.random.u64()
  return id
}
