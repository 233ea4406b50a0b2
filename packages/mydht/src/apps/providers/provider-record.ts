/**
 * @module apps/providers/provider-record
 * Provider records as values and as bytes: "I have what belongs to this key", signed by who has it. One per key and peer, replaced by the one with
 * the higher sequence; a withdrawn one says that it is over. Pure: no table, no clock, no peers. Not here: data, which stays where it is.
 *
 * It travels with what is left of its life and with the provider's PeerRecord, as a CBOR array:
 *
 *   [remaining milliseconds, PeerRecord, key (32), sequence, expires at, withdrawn, note, signature (64)]
 *
 * The provider is whom the PeerRecord is of. The signature is in the context `mydht/1 app <app> provider`.
 */
import { writeU64 } from '../../bytes.ts'
import { decodeId, encodeId } from '../../identity/id-text.ts'
import { verifySigned } from '../../identity/keys.ts'
import type { PeerId } from '../../identity/peer-id.ts'
import { decodePeerRecord, verifyPeerRecord } from '../../identity/peer-record.ts'
import { decodeCbor, encodeCbor, isBytes, isCount, isList } from '../cbor.ts'
import * as defaults from './defaults.ts'

/** What a provider says of one key. */
export interface ProviderRecord {
  /** 52 letters. */
  readonly key: string
  readonly provider: PeerId
  /** Its signed PeerRecord: where to find it. Under the signature too, so that nobody puts an old one in its place. */
  readonly peerRecord: Uint8Array
  /** Grows with each record of this key and provider. */
  readonly sequence: number
  /** Milliseconds since 1970: the provider's word, signed. */
  readonly expiresAtMs: number
  /** It provides this no longer. */
  readonly withdrawn: boolean
  /** The provider's own words: at most 512 bytes, perhaps none. */
  readonly note: Uint8Array
  /** 64 bytes. */
  readonly signature: Uint8Array
}

/** What a provider record is signed in, behind `mydht/1 app <app>`. */
export const signContext = 'provider'

/** The whole context of a signature of the app that is called `app`. */
export function providerContext(app: string): string {
  return `mydht/1 app ${app} ${signContext}`
}

/** What the provider signs, beside context and network. */
export function signedFields(record: Omit<ProviderRecord, 'signature' | 'provider'>): readonly Uint8Array[] {
  return [
    keyBytes(record.key),
    record.peerRecord,
    u64(record.sequence),
    u64(record.expiresAtMs),
    Uint8Array.of(record.withdrawn ? 1 : 0),
    record.note,
  ]
}

/** 0x88: an array of eight. */
const head = 0x88

/** Whether bytes may be a carried provider record: a look at the first one, to tell it from other values of an app. */
export function looksLikeProvider(bytes: Uint8Array): boolean {
  return bytes[0] === head
}

/** A record on its way: lifetimes travel as what is left, so nothing lives longer by moving, and clocks need not agree. */
export function encodeProvider(remainingMs: number, record: ProviderRecord): Uint8Array {
  const { peerRecord, key, sequence, expiresAtMs, withdrawn, note, signature } = record
  const remaining = Math.max(0, Math.floor(remainingMs))
  return encodeCbor([remaining, peerRecord, keyBytes(key), sequence, expiresAtMs, withdrawn, note, signature])
}

/** A record that came from another peer. */
export interface CarriedProvider {
  readonly record: ProviderRecord
  readonly remainingMs: number
  /** Where it can be dialled, by its PeerRecord. */
  readonly addresses: readonly string[]
  /** When its PeerRecord counts for nothing any more, in milliseconds since 1970. */
  readonly peerExpiresAtMs: number
}

/** Reads a carried record; undefined when it is none. Its form only: no signature, no age. Owns its bytes. */
export function decodeProvider(bytes: Uint8Array): CarriedProvider | undefined {
  const decoded = decodeCbor(bytes, { maxBytes: defaults.maxCarriedBytes, maxDepth: 1, maxItems: 9 })
  if (!decoded.ok || !isList(decoded.value, 8)) return undefined
  const [remainingMs, peerRecord, key, sequence, expiresAtMs, withdrawn, note, signature] = decoded.value
  if (!isCount(remainingMs) || !isBytes(peerRecord) || !isBytes(key, 32)) return undefined
  if (!isCount(sequence) || !isCount(expiresAtMs) || typeof withdrawn !== 'boolean') return undefined
  if (!isBytes(note) || note.length > defaults.maxNoteBytes || !isBytes(signature, 64)) return undefined
  const peer = decodePeerRecord(peerRecord)
  if (!peer.ok) return undefined
  const { id: provider, addresses, expiresAtMs: peerExpiresAtMs } = peer.value
  const record = { key: encodeId(key), provider, peerRecord, sequence, expiresAtMs, withdrawn, note, signature }
  return { record, remainingMs, addresses, peerExpiresAtMs }
}

/** When a record dies here, by our clock, in milliseconds since 1970: nobody's word makes that later. */
export function expiryOf(carried: CarriedProvider, nowMs: number, maxTtlMs: number): number {
  const { record, remainingMs, peerExpiresAtMs } = carried
  return Math.min(nowMs + Math.min(remainingMs, maxTtlMs), record.expiresAtMs, peerExpiresAtMs)
}

/** Whether its provider signed it, for this app and network, and its PeerRecord too. */
export function isProviderTrue({ record }: CarriedProvider, app: string, network: string, nowMs: number): boolean {
  const { provider: signer, peerRecord, signature } = record
  if (!verifyPeerRecord(peerRecord, network, nowMs).ok) return false
  return verifySigned({ signer, context: providerContext(app), network, fields: signedFields(record), signature })
}

/**
 * Which of two records of one key and provider is newer: above 0 when `a` is. The higher sequence; at equal sequences the withdrawal, then the greater
 * signature, so that all nodes choose alike.
 */
export function compareProviders(a: ProviderRecord, b: ProviderRecord): number {
  const order = a.sequence - b.sequence || Number(a.withdrawn) - Number(b.withdrawn)
  if (order !== 0) return order
  for (let i = 0; i < a.signature.length; i++) {
    const difference = (a.signature[i] ?? 0) - (b.signature[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** The 32 bytes of a key in text. Throws TypeError for text that is none. */
export function keyBytes(key: string): Uint8Array {
  const bytes = decodeId(key)
  if (bytes === undefined) throw new TypeError(`not a key: '${key}': it has 52 letters of base32`)
  return bytes
}

function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8)
  writeU64(bytes, 0, BigInt(value))
  return bytes
}
