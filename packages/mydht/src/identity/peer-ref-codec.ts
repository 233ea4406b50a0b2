/**
 * @module identity/peer-ref-codec
 * Peers on their way to another service, as bytes that say themselves what they are: nobody who reads them needs to know the configuration. Not here:
 * peers on the wire, which are PeerIds.
 */
import { readU32, writeU32 } from '../bytes.ts'
import { MyDhtError } from '../errors.ts'
import { plain, type PlainCodec, type PlainExtension } from '../service/plain.ts'
import { decodeId } from './id-text.ts'
import { localPeerRef } from './local-peers.ts'
import { peerIdBytes, peerIdFromBytes } from './peer-id.ts'
import { formOf, peerRef, type PeerRef } from './peer-ref.ts'
import { sharedPeerRef } from './peer-table-shared.ts'

// First bytes. Both ends are the same program: these numbers may change with any version.
/** The PeerId follows, and each crossing makes an object of its own. */
const COPIED = 0
/** The PeerId follows, and a thread has one object for it. */
const LOCAL = 1
/** Table, slot and generation follow, a u32 each. */
const SHARED = 2

const lengths: readonly number[] = [1 + peerIdBytes, 1 + peerIdBytes, 1 + 12]

/** The most bytes that a peer takes. */
export const maxPeerRefBytes: number = 1 + peerIdBytes

/** Writes a peer, for which there must be room, and gives the end. Throws TypeError for an id that is none. */
export function writePeerRef(peer: PeerRef, into: Uint8Array, at: number): number {
  const form = formOf(peer)
  if (form?.kind === 'shared') {
    into[at] = SHARED
    return writeU32(into, writeU32(into, writeU32(into, at + 1, form.table), form.slot), form.generation)
  }
  const id = decodeId(peer.id)
  if (id === undefined) throw new TypeError(`not a PeerId: '${peer.id}'`)
  into[at] = form === undefined ? COPIED : LOCAL
  into.set(id, at + 1)
  return at + 1 + peerIdBytes
}

/** Where the peer at `at` ends. Throws MYDHT_BAD_MESSAGE for bytes that are none. */
export function peerRefEnd(bytes: Uint8Array, at: number): number {
  const length = lengths[bytes[at] ?? 255]
  if (length !== undefined && at + length <= bytes.length) return at + length
  const said = `${bytes.length - at} bytes from ${bytes[at]} are no peer: both ends must run the same program`
  throw new MyDhtError('MYDHT_BAD_MESSAGE', said)
}

/** Reads a peer. Throws MYDHT_BAD_MESSAGE for bytes that are none, and for a shared one whose slot has another user by now. */
export function readPeerRef(bytes: Uint8Array, at: number): PeerRef {
  const end = peerRefEnd(bytes, at)
  if (bytes[at] === SHARED) {
    return sharedPeerRef(readU32(bytes, at + 1), readU32(bytes, at + 5), readU32(bytes, at + 9))
  }
  const id = peerIdFromBytes(bytes.subarray(at + 1, end))
  return bytes[at] === LOCAL ? localPeerRef(id) : peerRef(id)
}

const peers: PlainExtension<PeerRef> = {
  // A copied one is plain data as it is.
  is: (value): value is PeerRef => formOf(value) !== undefined,
  maxBytes: maxPeerRefBytes,
  write: writePeerRef,
  read: (bytes) => readPeerRef(bytes, 0),
}

/** Plain data that may hold peers. */
export function plainWithPeers<T>(): PlainCodec<T> {
  return plain<T>(peers)
}
