/**
 * @module node/peer-refs
 * Who makes references to peers: the main loop, of the kind that the configuration says. Not here: what the kinds are (`identity/peer-ref.ts`).
 */
import { localPeerRef } from '../identity/local-peers.ts'
import type { PeerId } from '../identity/peer-id.ts'
import { peerRef, type PeerRef } from '../identity/peer-ref.ts'
import { createSharedPeers } from '../identity/peer-table-shared.ts'
import type { Random } from '../random.ts'
import type { RefKind } from '../service/spawner.ts'

/** Makes and forgets references. */
export interface PeerRefs {
  /** A reference for a connection, which says `drop` when it closes. */
  hold(id: PeerId): PeerRef
  drop(id: PeerId): void
  /** What services elsewhere must be given to read them. */
  readonly memory: Readonly<Record<string, SharedArrayBuffer>> | undefined
  close(): void
}

/** Makes references of one kind. `maxShared`: slots of the table of shared ones. */
export function createPeerRefs(kind: RefKind, maxShared: number, random: Random): PeerRefs {
  if (kind === 'shared') return createSharedPeers(random, maxShared)
  const nothing = (): void => {}
  return { hold: kind === 'local' ? localPeerRef : peerRef, drop: nothing, memory: undefined, close: nothing }
}
