/**
 * @module queries/iterative/losing
 * Dials of a search that ended, hops that went away or stay silent, and searches whose time is over. Not here: what hops say (`replies.ts`).
 */
import type { PeerId } from '../../identity/peer-id.ts'
import type { PeerRef } from '../../identity/peer-ref.ts'
import type { Core } from '../core.ts'
import { ask, endSearch, fail, searchOn, type Search } from './search.ts'
import type { Candidate, NamedBy } from './shortlist.ts'

/** A dial that a search asked for, by the record `named`, has ended. It may have taken so long that another record was tried meanwhile. */
export function searchReached(
  core: Core,
  search: Search,
  candidate: Candidate,
  named: NamedBy,
  peer: PeerRef | undefined
): void {
  if (!core.searches.has(search.ask)) return
  const isAwaited = candidate.state === 'reaching' && candidate.used === named
  // Another dial was sooner, or its failure is known.
  if (peer ? candidate.peer !== undefined : !isAwaited) return
  search.underWay.delete(candidate)
  if (!peer) passOver(search, candidate)
  else {
    if (candidate.state === 'failed') search.failed--
    candidate.peer = peer
    candidate.used = named
    candidate.blocks = named.blocks
    candidate.state = 'new'
    if (isAwaited && search.budget > 0) ask(core, search, candidate, peer)
  }
  searchOn(core, search)
}

/** A query of a search was not sent. False: it is none of a search's. */
export function searchUndelivered(core: Core, id: bigint): boolean {
  const branch = core.searchBranches.get(id)
  if (!branch) return false
  const { search, candidate } = branch
  core.searchBranches.delete(id)
  if (candidate.state !== 'asked') return true
  search.budget++
  search.sent--
  core.count.sent--
  lose(search, candidate)
  searchOn(core, search)
  return true
}

/** A peer is gone: its connection may have been ended as idle just now, so it is dialled again, once. */
function lose(search: Search, candidate: Candidate): void {
  candidate.peer = undefined
  if (candidate.used && !candidate.isLost) candidate.records.push(candidate.used)
  candidate.isLost = true
  search.underWay.delete(candidate)
  passOver(search, candidate)
}

/** There was no way to a peer by the record that was tried: by the next one, if any, later. */
function passOver(search: Search, candidate: Candidate): void {
  if (!search.shortlist.again(candidate)) fail(search, candidate)
}

/** Nothing more comes from this peer. */
export function searchOffline(core: Core, peer: PeerId): void {
  for (const search of core.searches.values()) {
    const candidate = search.shortlist.get(peer)
    if (!candidate?.peer) continue
    if (candidate.state === 'asked') {
      lose(search, candidate)
      searchOn(core, search)
    } else if (candidate.state === 'new') candidate.peer = undefined
  }
}

/** Ends searches whose time is over and gives up hops that are silent. Gives when the next is due. */
export function expireSearches(core: Core, now: number): number {
  let next = Infinity
  for (const search of core.searches.values()) {
    if (search.deadlineMs <= now) {
      endSearch(core, search, 'expired')
      continue
    }
    let silent = false
    for (const [candidate, { dueMs, branch }] of search.underWay) {
      if (dueMs > now) continue
      search.underWay.delete(candidate)
      if (branch === undefined) passOver(search, candidate)
      else {
        fail(search, candidate)
        if (candidate.peer) core.output.silent?.(candidate.peer)
      }
      silent = true
    }
    if (silent) searchOn(core, search)
    if (!core.searches.has(search.ask)) continue
    next = Math.min(next, search.deadlineMs)
    for (const { dueMs } of search.underWay.values()) next = Math.min(next, dueMs)
  }
  return next
}
