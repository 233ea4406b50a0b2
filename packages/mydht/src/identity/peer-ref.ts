/**
 * @module identity/peer-ref
 * How services hold a peer. Opaque beyond its id: what stands behind it (an object of this thread, a slot of shared memory, a copied id) is
 * the configuration's choice, and only the main loop, which makes them, knows. Not here: how they cross (`peer-ref-codec.ts`).
 */
import type { PeerId } from './peer-id.ts'

declare const brand: unique symbol

/** A connected (or recently connected) peer, as services name it to each other. Compare peers by `id`, never by object identity. */
export interface PeerRef {
  readonly id: PeerId
  readonly [brand]?: 'PeerRef'
}

/** What a peer is known by elsewhere, where that is more than its id. */
export type PeerForm = { readonly kind: 'local' } | SharedForm

/** A slot of a table in shared memory, and which of its users one after the other. All three are u32. */
export interface SharedForm {
  readonly kind: 'shared'
  readonly table: number
  readonly slot: number
  readonly generation: number
}

/** Holds the form, unseen by whoever compares or prints peers. Symbol keys do not cross threads, so that a clone is a copied reference. */
const formKey: unique symbol = Symbol('mydht.peer-ref.form')

/** A copied reference to the peer with this id. */
export function peerRef(id: PeerId): PeerRef {
  return { id }
}

/** A reference that crosses by its form. */
export function formedPeerRef(id: PeerId, form: PeerForm): PeerRef {
  return Object.defineProperty({ id }, formKey, { value: form })
}

/** By what a peer crosses; undefined: by its id, as a copy. */
export function formOf(peer: object): PeerForm | undefined {
  // Nobody else has the key.
  return formKey in peer ? (peer[formKey] as PeerForm) : undefined
}
