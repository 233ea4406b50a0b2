/**
 * @module queries/pending
 * The state of the queries that are not over: ours and those of others that we keep state for, in one bounded table with its indexes.
 * Not here: what is done with them (`asking.ts`, `answering.ts`).
 */
import type { PeerId } from '../identity/peer-id.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import type { History, WireMode } from '../wire/messages.ts'
import type { EngineLimits } from './query.ts'

/** One peer that was asked, and all that it set to work. */
export interface Branch {
  /** Unpredictable, and ours alone: whoever knows it was asked, or was told by one who was. */
  readonly id: bigint
  readonly peer: PeerRef
  /** Answers may come from anybody, straight to us; otherwise only from `peer`. */
  readonly direct: boolean
  readonly budget: number
  /** Weight that has not come back. */
  outstanding: number
  /** Budget that has come back unspent. */
  refunded: number
  answers: number
  invalid: number
  /** Of a `direct` branch: the invalid ones by who sent them. */
  invalidBy: Map<PeerId, number> | undefined
}

/** Who wants to know. `weight`: what we owe the parent; `excess`: budget that we were given and do not grant. */
export type Origin =
  | { readonly type: 'own'; readonly ask: number; readonly discover: boolean }
  | {
      readonly type: 'relay'
      readonly parent: PeerRef
      readonly id: bigint
      readonly weight: number
      readonly excess: number
    }

/** A query that we keep state for. `mode`, `hops`, `travelled`, `fanOut`, `priority` are those of the messages that we send for it. */
export interface Pending {
  readonly origin: Origin
  readonly trace: bigint
  readonly question: Uint8Array
  readonly key: Uint8Array | undefined
  readonly mode: WireMode
  readonly hops: number
  readonly travelled: number
  readonly fanOut: number
  readonly priority: number
  readonly history: History
  readonly deadlineMs: number
  /** Answers still wanted. */
  wanted: number
  /** Messages that we may still send or give away. */
  pool: number
  /** Peers not to be asked (again). */
  readonly tried: Set<PeerId>
  /** Peers that were asked by us, in order. */
  readonly asked: PeerId[]
  readonly branches: Map<bigint, Branch>
  /** The route's answer that we wait for, and how many peers we asked it for. */
  ticket: number | undefined
  slots: number
  /** The route has nobody else. */
  dry: boolean
  /** Query messages that left us. */
  sent: number
  answers: number
  notFound: number
  failed: number
  invalid: number
}

/** Pending queries by everything that they are looked up by. */
export interface PendingTable {
  readonly all: ReadonlySet<Pending>
  /** Whether one more fits, for a query of this peer (undefined: our own). */
  hasRoom(parent: PeerId | undefined): boolean
  add(pending: Pending): void
  /** Forgets it and its branches. False when it was not there. */
  remove(pending: Pending): boolean
  byAsk(ask: number): Pending | undefined
  byParent(parent: PeerId, id: bigint): Pending | undefined
  byBranch(id: bigint): { readonly pending: Pending; readonly branch: Branch } | undefined
  addBranch(pending: Pending, branch: Branch): void
  dropBranch(pending: Pending, branch: Branch): void
}

/** Makes an empty table. */
export function createPendingTable(limits: Pick<EngineLimits, 'maxPending' | 'maxPendingPerPeer'>): PendingTable {
  const all = new Set<Pending>()
  const asks = new Map<number, Pending>()
  const parents = new Map<string, Pending>()
  const branches = new Map<bigint, { readonly pending: Pending; readonly branch: Branch }>()
  const perPeer = new Map<PeerId, number>()
  const parentKey = (parent: PeerId, id: bigint): string => `${parent} ${id}`
  const count = (peer: PeerId, change: number): void => {
    const now = (perPeer.get(peer) ?? 0) + change
    if (now > 0) perPeer.set(peer, now)
    else perPeer.delete(peer)
  }
  return {
    all,
    hasRoom: (parent) =>
      all.size < limits.maxPending && (parent === undefined || (perPeer.get(parent) ?? 0) < limits.maxPendingPerPeer),
    add: (pending) => {
      all.add(pending)
      const { origin } = pending
      if (origin.type === 'own') asks.set(origin.ask, pending)
      else {
        parents.set(parentKey(origin.parent.id, origin.id), pending)
        count(origin.parent.id, 1)
      }
    },
    remove: (pending) => {
      if (!all.delete(pending)) return false
      const { origin } = pending
      if (origin.type === 'own') asks.delete(origin.ask)
      else {
        parents.delete(parentKey(origin.parent.id, origin.id))
        count(origin.parent.id, -1)
      }
      for (const id of pending.branches.keys()) branches.delete(id)
      return true
    },
    byAsk: (ask) => asks.get(ask),
    byParent: (parent, id) => parents.get(parentKey(parent, id)),
    byBranch: (id) => branches.get(id),
    addBranch: (pending, branch) => {
      pending.branches.set(branch.id, branch)
      branches.set(branch.id, { pending, branch })
    },
    dropBranch: (pending, branch) => {
      pending.branches.delete(branch.id)
      branches.delete(branch.id)
    },
  }
}
