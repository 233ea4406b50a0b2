/**
 * @module apps/kv/gets
 * Reads of one record: waits for as many holders as the quorum wants, gives the newest, and repairs: who held an older one, or none although it is
 * among the nearest, is given the newest. A read of one answer has the nearest hop that had none cache it.
 */
import type { PeerRef } from '../../identity/peer-ref.ts'
import type { Answer, AskOutcome, ClosestPeer } from '../../queries/query.ts'
import type { HoldRequest } from './hold-messages.ts'
import type { Key } from './key.ts'
import type { RecordRules } from './namespaces.ts'
import type { KvReply } from './protocol.ts'
import { encodeCarried } from './records.ts'
import type { ValidRecord } from './validate.ts'

/** A record that a read found. */
interface Found {
  readonly valid: ValidRecord
  readonly answer: Answer
}

/** A read that is not over. */
export interface Get {
  readonly key: Key
  readonly quorum: number
  readonly found: Found[]
}

/** What reads need of their service. */
export interface GetsInit {
  readonly now: () => number
  readonly compare: RecordRules['compare']
  /** How many nearest peers hold a record; 0: nobody is given any. */
  readonly copies: number
  readonly give: (peers: readonly PeerRef[], request: HoldRequest) => void
  /** Keeps the newest in our own store where we have an older one. */
  readonly refresh: (valid: ValidRecord) => void
}

/** The reply to a read that has ended, and the repairs that it leads to. */
export function endGet(init: GetsInit, get: Get, outcome: AskOutcome): KvReply {
  const newest = newestOf(init, get.found)
  if (!newest) return { type: 'absent', outcome }
  repair(init, get, newest, outcome.closest ?? [])
  const { valid, answer } = newest
  const { key, record, expiresAtMs } = valid
  const { from, via, hops } = answer
  const holders = new Set(get.found.map(({ answer: one }) => one.via ?? one.from)).size
  return { type: 'hit', key, value: record.value, record, from, via, hops, expiresAtMs, holders }
}

function newestOf(init: GetsInit, found: readonly Found[]): Found | undefined {
  let newest: Found | undefined
  for (const one of found) if (!newest || init.compare(one.valid.record, newest.valid.record) > 0) newest = one
  return newest
}

function repair(init: GetsInit, get: Get, newest: Found, closest: readonly ClosestPeer[]): void {
  const { valid } = newest
  if (newest.answer.via !== undefined) init.refresh(valid)
  if (init.copies === 0 || closest.length === 0) return
  const carried = encodeCarried(valid.expiresAtMs - init.now(), valid.bytes)
  const holding = new Map(get.found.map(({ valid: one, answer }) => [answer.via, one]))
  if (get.quorum === 1) {
    const [nearest] = closest.filter(({ id }) => !holding.has(id))
    if (nearest) init.give([nearest.peer], { type: 'cache', carried })
    return
  }
  const stale = closest.slice(0, init.copies).filter(({ id }) => {
    const held = holding.get(id)
    return !held || init.compare(held.record, valid.record) < 0
  })
  init.give(
    stale.map(({ peer }) => peer),
    { type: 'keep', carried, ifSequence: undefined }
  )
}
