/**
 * @module identity/peer-ref
 * How services hold a peer. Opaque beyond its id: what stands behind it (an object here, a slot of shared memory, a copied record) is
 * the configuration's choice, and only the main loop, which makes them, knows.
 */
import type { PeerId } from './peer-id.ts'

declare const brand: unique symbol

/** A connected (or recently connected) peer, as services name it to each other. Compare peers by `id`, never by object identity. */
export interface PeerRef {
  readonly id: PeerId
  readonly [brand]?: 'PeerRef'
}

/** A reference to the peer with this id. */
export function peerRef(id: PeerId): PeerRef {
  return { id }
}
