/**
 * @module identity/peer-id
 * Who a peer is: its Ed25519 public key, 32 bytes on the wire, 52 letters in text and in memory.
 */
import { decodeId, encodeId } from './id-text.ts'

declare const brand: unique symbol

/**
 * A peer's public key as text: RFC 4648 base32, lower case, no padding, 52 letters. Text because it is compared, logged, typed and used as
 * a Map key all day; base32 because it survives case folding and double clicks, and 52 letters fit a DNS label and a URL's user part (hex, 64, does not).
 */
export type PeerId = string & { readonly [brand]: 'PeerId' }

/** Bytes of a PeerId on the wire. */
export const peerIdBytes = 32

/** A PeerId of its 32 bytes. Says nothing about whether they are a valid key. */
export function peerIdFromBytes(bytes: Uint8Array): PeerId {
  return brandPeerId(encodeId(bytes))
}

/** The 32 bytes of a PeerId; a fresh copy. */
export function peerIdToBytes(id: PeerId): Uint8Array {
  const bytes = decodeId(id)
  if (bytes === undefined) throw new TypeError(`not a PeerId: '${id}'`)
  return bytes
}

/** Reads a PeerId that a person typed (upper case is folded). Undefined when it is none. */
export function parsePeerId(text: string): PeerId | undefined {
  const folded = text.toLowerCase()
  return decodeId(folded) === undefined ? undefined : brandPeerId(folded)
}

function brandPeerId(text: string): PeerId {
  // The one place where text becomes a PeerId: everything that gets here was encoded or decoded as one.
  return text as PeerId
}
