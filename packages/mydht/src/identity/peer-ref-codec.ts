/**
 * @module identity/peer-ref-codec
 * Peers on their way to another service, as bytes that say themselves what they are. Not here: peers on the wire, which are PeerIds.
 */
import { MyDhtError } from '../errors.ts'
import type { Codec } from '../service/service.ts'
import { plain, type PlainCodec } from '../service/plain.ts'
import { decodeId } from './id-text.ts'
import { peerIdBytes, peerIdFromBytes } from './peer-id.ts'
import { peerRef, type PeerRef } from './peer-ref.ts'

/** First byte: the PeerId follows, and each crossing makes an object of its own. */
const copied = 0

/** The most bytes that a peer takes. */
export const maxPeerRefBytes: number = 1 + peerIdBytes

/** Writes a peer, for which there must be room, and gives the end. Throws TypeError for an id that is none. */
export function writePeerRef(peer: PeerRef, into: Uint8Array, at: number): number {
  const id = decodeId(peer.id)
  if (id === undefined) throw new TypeError(`not a PeerId: '${peer.id}'`)
  into[at] = copied
  into.set(id, at + 1)
  return at + 1 + peerIdBytes
}

/** Where the peer at `at` ends. */
export function peerRefEnd(bytes: Uint8Array, at: number): number {
  const end = at + 1 + peerIdBytes
  if (bytes[at] !== copied || end > bytes.length) throw noPeer(bytes, at)
  return end
}

/** Reads a peer. Throws MYDHT_BAD_MESSAGE for bytes that are none. */
export function readPeerRef(bytes: Uint8Array, at: number): PeerRef {
  const end = peerRefEnd(bytes, at)
  return peerRef(peerIdFromBytes(bytes.subarray(at + 1, end)))
}

function noPeer(bytes: Uint8Array, at: number): MyDhtError {
  const said = `${bytes.length - at} bytes from ${bytes[at]} are no peer: both ends must run the same program`
  return new MyDhtError('MYDHT_BAD_MESSAGE', said)
}

/** Plain data that may hold peers. */
export function plainWithPeers<T>(): PlainCodec<T> {
  return plain<T>()
}

/** One peer. */
export const peerRefCodec: Codec<PeerRef> = {
  encode(peer) {
    const bytes = new Uint8Array(maxPeerRefBytes)
    return bytes.subarray(0, writePeerRef(peer, bytes, 0))
  },
  decode: (bytes) => readPeerRef(bytes, 0),
}
