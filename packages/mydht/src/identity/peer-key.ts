/**
 * @module identity/peer-key
 * Where a peer stands in the space of keys: 256 bits that it cannot choose freely, for routes by distance. Not here: distances (`routes/xor.ts`).
 */
import { crypto } from '#crypto'
import { utf8Bytes } from '../bytes.ts'
import { recalling } from '../recall.ts'
import { decodeId } from './id-text.ts'
import type { PeerId } from './peer-id.ts'

/** Peers of which a thread remembers their keys: those that a node of a large network meets in a day, or all of a simulation, whose nodes share them. About 200 bytes each. */
const maxRecalledKeys = 16_384

/** Bytes of a key. */
const peerKeyBytes = 32

const domain = utf8Bytes('mydht/1 peer key')

/**
 * Wire. BLAKE2b-256 (RFC 7693) of `mydht/1 peer key` and the PeerId. A hash, because public keys are points of a curve: their bits are not evenly
 * spread, and whoever likes a place near a key must make 2^n identities to share n bits with it. Not to be changed: the next caller gets it too. Throws TypeError on what is no PeerId.
 */
export function peerKey(id: PeerId): Uint8Array {
  const key = recalled(id)
  if (key === undefined) throw new TypeError(`not a PeerId: '${id}'`)
  return key
}

const recalled = recalling(maxRecalledKeys, (id) => {
  const bytes = decodeId(id)
  return bytes && crypto.blake2b(peerKeyBytes, domain, bytes)
})
