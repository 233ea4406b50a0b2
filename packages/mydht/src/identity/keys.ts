/**
 * @module identity/keys
 * What an identity can do: sign. Every signature of MyDHT is made and checked here, over bytes that begin with their own context string and
 * the network's name, so that no signature can be taken for another. Not here: where the seed is kept (`key-file.ts`).
 */
import { crypto } from '#crypto'
import { peerIdFromBytes, peerIdToBytes } from './peer-id.ts'
import type { PeerId } from './peer-id.ts'

/** Something that is signed: bytes, or text as its UTF-8 bytes. */
export type SignedField = Uint8Array | string

/** Who we are on one network. The secret key stays inside. */
export interface Identity {
  readonly id: PeerId
  /** 32 bytes: the same as `id`. */
  readonly publicKey: Uint8Array
  /** The network that every signature of this identity is bound to. */
  readonly network: string
  /**
   * The Ed25519 signature (64 bytes) over context, network and fields.
   * `context` is a literal of its own for each kind of signature, for example `mydht/1 handshake`.
   */
  sign(context: string, ...fields: readonly SignedField[]): Uint8Array
}

/** A signature to be checked. */
export interface SignedStatement {
  readonly signer: PeerId
  readonly context: string
  readonly network: string
  readonly fields: readonly SignedField[]
  readonly signature: Uint8Array
}

/** The identity of a seed of 32 random bytes, on one network. Throws TypeError for another length and for an empty network name. */
export function createIdentity(seed: Uint8Array, network: string): Identity {
  if (network === '') throw new TypeError('an identity needs the name of its network')
  const { publicKey, secretKey } = crypto.ed25519KeyPair(seed)
  return {
    id: peerIdFromBytes(publicKey),
    publicKey,
    network,
    sign: (context, ...fields) => crypto.ed25519Sign(signedBytes(context, network, fields), secretKey),
  }
}

/** Whether the signature is the signer's, for just this context, network and fields. Never throws on what a stranger sent. */
export function verifySigned(statement: SignedStatement): boolean {
  const { signer, context, network, fields, signature } = statement
  if (signature.length !== 64) return false
  return crypto.ed25519Verify(signedBytes(context, network, fields), signature, peerIdToBytes(signer))
}

/** Whether a PeerId is a key that somebody can sign with: a canonical point of the curve's prime-order group. */
export function isValidPeerId(id: PeerId): boolean {
  return crypto.ed25519IsValidPublicKey(peerIdToBytes(id))
}

const encoder = new TextEncoder()

/**
 * The bytes that a signature covers: context, network, then each field, each behind its length (u32, big-endian).
 * Different lists of fields give different bytes: no field can lend bytes to its neighbour.
 */
export function signedBytes(context: string, network: string, fields: readonly SignedField[]): Uint8Array {
  if (context === '') throw new TypeError('every signature has a context of its own: name it')
  const parts = [context, network, ...fields].map((field) =>
    typeof field === 'string' ? encoder.encode(field) : field
  )
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + 4 + part.length, 0))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const part of parts) {
    view.setUint32(at, part.length)
    bytes.set(part, at + 4)
    at += 4 + part.length
  }
  return bytes
}
