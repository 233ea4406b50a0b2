/**
 * @module identity/local-peers
 * References of kind `local`: one object for each peer in each thread, whoever brings it. Not here: how they cross (`peer-ref-codec.ts`).
 */
import { maxLocalPeers } from './defaults.ts'
import type { PeerId } from './peer-id.ts'
import { formedPeerRef, type PeerForm, type PeerRef } from './peer-ref.ts'

const known = new Map<PeerId, PeerRef>()
const form: PeerForm = { kind: 'local' }

/** This thread's object for a peer. Past `maxLocalPeers` the peer that has been known longest gets a new one when it is named again. */
export function localPeerRef(id: PeerId): PeerRef {
  const there = known.get(id)
  if (there !== undefined) return there
  const [oldest] = known.keys()
  if (oldest !== undefined && known.size >= maxLocalPeers) known.delete(oldest)
  const made = formedPeerRef(id, form)
  known.set(id, made)
  return made
}
