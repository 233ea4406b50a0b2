/**
 * @module queries/history
 * The peers that a query has used, as they travel with it so that it does not come back to them. Not here: duplicates that come all the same (`traces.ts`).
 */
import type { PeerId } from '../identity/peer-id.ts'
import { maxHistoryPeers } from '../wire/limits.ts'
import type { History } from '../wire/messages.ts'
import type { EngineSelf, HistoryOption } from './query.ts'

const none: History = { keep: 'peers', limit: 0, peers: [] }

/** The history at the asker: itself first, where one is kept. None where peers are anonymous. */
export function startHistory(self: EngineSelf, option: HistoryOption): History {
  if (self.anonymous || option === 'none' || option.limit < 1) return none
  return { keep: option.keep, limit: Math.min(maxHistoryPeers, Math.floor(option.limit)), peers: [self.id] }
}

/** A history as received, within our bounds; nothing of it where peers are anonymous. */
export function receivedHistory(self: EngineSelf, history: History): History {
  if (self.anonymous || history.limit < 1) return none
  return { ...history, limit: Math.min(maxHistoryPeers, history.limit), peers: history.peers.slice(-maxHistoryPeers) }
}

/**
 * The history that the peers chosen at this hop get: what came, ourselves, and `used`, all peers chosen here so far (so they do not ask each
 * other). `peers` keeps the last `limit` of them. `hops` keeps at least those of the last `limit` hops: the list has no marks between hops,
 * and a hop adds about its fan-out plus itself, so the last `limit × (fanOut + 1)` are kept. The oldest go first.
 */
export function nextHistory(history: History, self: PeerId, used: Iterable<PeerId>, fanOut: number): History {
  if (history.limit < 1) return none
  const fresh = new Set<PeerId>(used)
  if (!history.peers.includes(self)) fresh.add(self)
  const peers = [...history.peers.filter((peer) => !fresh.has(peer)), ...fresh]
  const wanted = history.keep === 'peers' ? history.limit : history.limit * (fanOut + 1)
  return { keep: history.keep, limit: history.limit, peers: peers.slice(-Math.min(wanted, maxHistoryPeers)) }
}
