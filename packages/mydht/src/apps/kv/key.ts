/**
 * @module apps/kv/key
 * Keys of the kv app: 32 bytes on the wire, 52 letters in text. A key is the hash of what decides who may write under it, so records of two
 * kinds, or of two publishers, never share one.
 */
import { crypto } from '#crypto'
import { utf8Bytes, writeU32 } from '../../bytes.ts'
import { decodeId, encodeId } from '../../identity/id-text.ts'
import { peerIdToBytes, type PeerId } from '../../identity/peer-id.ts'

declare const brand: unique symbol

/** A key as text: RFC 4648 base32, lower case, no padding, 52 letters, like a PeerId. */
export type Key = string & { readonly [brand]: 'Key' }

// Kinds of records, on the wire and in keys: append-only.
/** The kind whose key is the hash of its value. */
export const immutableKind = 1
/** The kind that its publisher signs and may replace. */
export const mutableKind = 2
/** The kind that anybody may write. */
export const openKind = 3

/** The key of an immutable record: what `put(value)` gives. */
export function immutableKey(value: Uint8Array): Key {
  return hashKey(immutableKind, [value])
}

/** The key of what a publisher keeps under a name: what `publish(name, …)` gives there. Throws TypeError for no PeerId. */
export function mutableKey(publisher: PeerId, name: string): Key {
  return hashKey(mutableKind, [peerIdToBytes(publisher), utf8Bytes(name)])
}

/** The key of what anybody may write under a name, where the network allows it. */
export function openKey(name: string): Key {
  return hashKey(openKind, [utf8Bytes(name)])
}

/** Reads a key that a person typed (upper case is folded); undefined when it is none. */
export function parseKey(text: string): Key | undefined {
  const folded = text.toLowerCase()
  return decodeId(folded) === undefined ? undefined : brandKey(folded)
}

/** A key that a program gave. Throws TypeError for none: in a service it would be a failure of the service. */
export function checkedKey(key: Key): Key {
  const checked = typeof key === 'string' ? parseKey(key) : undefined
  if (checked !== undefined) return checked
  throw new TypeError(`not a key: '${String(key)}': take one of put, publish or parseKey`)
}

/** A key of its 32 bytes. */
export function keyFromBytes(bytes: Uint8Array): Key {
  return brandKey(encodeId(bytes))
}

/** The 32 bytes of a key. Throws TypeError for text that is none. */
export function keyToBytes(key: Key): Uint8Array {
  const bytes = decodeId(key)
  if (bytes === undefined) throw new TypeError(`not a key: '${key}': take one of put, publish or parseKey`)
  return bytes
}

const domain = utf8Bytes('mydht/1 kv key')

/** BLAKE2b-256 (RFC 7693) over a domain, the kind, and each part behind its length (u32): no two lists of parts are the same bytes. */
function hashKey(kind: number, parts: readonly Uint8Array[]): Key {
  const inputs: Uint8Array[] = [domain, Uint8Array.of(kind)]
  for (const part of parts) {
    const length = new Uint8Array(4)
    writeU32(length, 0, part.length)
    inputs.push(length, part)
  }
  return keyFromBytes(crypto.blake2b(32, ...inputs))
}

function brandKey(text: string): Key {
  // The one place where text becomes a Key: everything that gets here was encoded or decoded as one.
  return text as Key
}
