/**
 * @module identity/peer-key
 * Where a peer stands in the space of keys: 256 bits that it cannot choose freely, for routes by distance. Not here: distances (`routes/xor.ts`).
 */
import { crypto } from '#crypto'
import { utf8Bytes } from '../bytes.ts'
import { peerIdToBytes, type PeerId } from './peer-id.ts'

/** Bytes of a key. */
const peerKeyBytes = 32

const domain = utf8Bytes('mydht/1 peer key')

/**
 * Wire. BLAKE2b-256 (RFC 7693) of `mydht/1 peer key` and the PeerId. A hash, because public keys are points of a curve: their bits are not evenly
 * spread, and whoever likes a place near a key must make 2^n identities to share n bits with it.
 */
export function peerKey(id: PeerId): Uint8Array {
  return crypto.blake2b(peerKeyBytes, domain, peerIdToBytes(id))
}
