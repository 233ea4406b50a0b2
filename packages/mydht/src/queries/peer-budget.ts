/**
 * @module queries/peer-budget
 * How often each peer may cost us something within a window of time: counted per peer, in a bounded table. Not here: what it costs, and what
 * happens when the budget is spent (`offences.ts`, `receiving.ts`).
 */
import type { PeerId } from '../identity/peer-id.ts'
import { boundedTable } from '../peers/bounded-table.ts'

/** Budgets of peers, all equally large. */
export interface PeerBudget {
  /** Charges one to a peer. `last`: it was the last that it had. `over`: nothing was left before, so nothing is charged. */
  charge(peer: PeerId, nowMs: number): 'within' | 'last' | 'over'
  /** Whether nothing is left for a peer until its window ends. */
  isSpent(peer: PeerId, nowMs: number): boolean
}

/** Makes budgets of `max` per peer and window of `windowMs`. Counts for `maxPeers` peers at most; the one longest not charged is forgotten. */
export function createPeerBudget(max: number, windowMs: number, maxPeers: number): PeerBudget {
  const table = boundedTable<{ readonly sinceMs: number; readonly spent: number }>(maxPeers)
  const now = (peer: PeerId, nowMs: number): { readonly sinceMs: number; readonly spent: number } => {
    const entry = table.get(peer)
    return entry === undefined || nowMs - entry.sinceMs >= windowMs ? { sinceMs: nowMs, spent: 0 } : entry
  }
  return {
    charge(peer, nowMs) {
      const { sinceMs, spent } = now(peer, nowMs)
      if (spent >= max) return 'over'
      table.set(peer, { sinceMs, spent: spent + 1 })
      return spent + 1 === max ? 'last' : 'within'
    },
    isSpent: (peer, nowMs) => now(peer, nowMs).spent >= max,
  }
}
