/**
 * @module apps/kv/records
 * The three kinds of records as values and as bytes, and what makes one true and newer. Pure: no store, no clock, no peers.
 *
 * As CBOR arrays: immutable [1, value] · mutable [2, publisher, name, value, sequence, expiresAtMs, signature] · open [3, name, value, sequence].
 */
import { crypto } from '#crypto'
import { concat, utf8Bytes, writeU64 } from '../../bytes.ts'
import { verifySigned } from '../../identity/keys.ts'
import { peerIdFromBytes, peerIdToBytes, type PeerId } from '../../identity/peer-id.ts'
import type { Decoded } from '../../wire/decoded.ts'
import { decodeCbor, encodeCbor, isBytes, isCount, isList, isText, type CborValue } from '../cbor.ts'
import * as defaults from './defaults.ts'
import { immutableKey, immutableKind, mutableKey, mutableKind, openKey, openKind, type Key } from './key.ts'

/** Verifies by its key alone: key = hash of the value. */
export interface ImmutableRecord {
  readonly kind: 'immutable'
  readonly value: Uint8Array
}

/** Verifies by its signature: only the publisher can write under the key, and each version has a higher `sequence`. */
export interface MutableRecord {
  readonly kind: 'mutable'
  readonly publisher: PeerId
  /** 1 to 255 bytes of UTF-8. */
  readonly name: string
  readonly value: Uint8Array
  readonly sequence: number
  /** Milliseconds since 1970: the publisher's word, signed. */
  readonly expiresAtMs: number
  /** 64 bytes. */
  readonly signature: Uint8Array
}

/** Verifies by nothing but its name: anybody may write. Only where the network's rules say so. */
export interface OpenRecord {
  readonly kind: 'open'
  readonly name: string
  readonly value: Uint8Array
  /** Milliseconds since 1970 when it was written, by the writer's word. */
  readonly sequence: number
}

/** A record of the kv app. */
export type KvRecord = ImmutableRecord | MutableRecord | OpenRecord

/** What a mutable record is signed in: with the app's name and this, see the `sign` event in `apps/app.ts`. */
export const signContext = 'kv record'

/** The whole context of a signature of the kv app that is called `app`. */
export function recordContext(app: string): string {
  return `mydht/1 app ${app} ${signContext}`
}

/** The key that a record belongs under. */
export function keyOfRecord(record: KvRecord): Key {
  if (record.kind === 'immutable') return immutableKey(record.value)
  if (record.kind === 'mutable') return mutableKey(record.publisher, record.name)
  return openKey(record.name)
}

/** The canonical bytes of a record. */
export function encodeRecord(record: KvRecord): Uint8Array {
  return encodeCbor(toCbor(record))
}

/** Reads a record. Its form only: not its key, signature, age or size. Owns its bytes. */
export function decodeRecord(bytes: Uint8Array): Decoded<KvRecord> {
  const decoded = decodeCbor(bytes)
  if (!decoded.ok) return decoded
  const record = fromCbor(decoded.value)
  return record ? { ok: true, value: record } : { ok: false, code: 'bad-value', at: 0 }
}

/**
 * A record on its way to another peer: CBOR [remaining milliseconds, record]. Lifetimes travel as what is left, so nothing lives longer
 * by moving, and clocks need not agree.
 */
export function encodeCarried(remainingMs: number, record: Uint8Array): Uint8Array {
  // 0x82: an array of two. The record is CBOR already.
  return concat([Uint8Array.of(0x82), encodeCbor(Math.max(0, Math.floor(remainingMs))), record])
}

/** A record that came from another peer, and its own bytes (a view of what was given). */
export interface CarriedRecord {
  readonly record: KvRecord
  readonly bytes: Uint8Array
  readonly remainingMs: number
}

/** Reads a record with its remaining lifetime. Its form only, as `decodeRecord`. */
export function decodeCarried(bytes: Uint8Array): Decoded<CarriedRecord> {
  const decoded = decodeCbor(bytes)
  if (!decoded.ok) return decoded
  const bad = { ok: false, code: 'bad-value', at: 0 } as const
  if (!isList(decoded.value, 2)) return bad
  const [remainingMs, inner] = decoded.value
  const record = fromCbor(inner)
  if (!isCount(remainingMs) || record === undefined) return bad
  // Canonical, so the record begins where the shortest form of the number ends.
  const at = 1 + encodeCbor(remainingMs).length
  return { ok: true, value: { record, bytes: bytes.subarray(at), remainingMs } }
}

/** What the publisher signs of a mutable record, beside context and network. */
export function signedFields(record: Omit<MutableRecord, 'signature' | 'kind'>): readonly Uint8Array[] {
  return [
    peerIdToBytes(record.publisher),
    utf8Bytes(record.name),
    record.value,
    u64(record.sequence),
    u64(record.expiresAtMs),
  ]
}

/** Whether the publisher signed it, for this app and network. True for the other kinds, which have no signature. */
export function isSignatureValid(record: KvRecord, app: string, network: string): boolean {
  if (record.kind !== 'mutable') return true
  const { publisher: signer, signature } = record
  return verifySigned({ signer, context: recordContext(app), network, fields: signedFields(record), signature })
}

/**
 * Which of two records under one key is newer: above 0 when `a` is, below 0 when `b` is, 0 when they say the same. The higher sequence, or at
 * equal sequences the greater hash, so that all nodes end with the same one.
 */
export function compareRecords(a: KvRecord, b: KvRecord): number {
  const order = sequenceOf(a) - sequenceOf(b)
  if (order !== 0) return order
  const [one, other] = [contentHash(a), contentHash(b)]
  for (let i = 0; i < one.length; i++) {
    const difference = (one[i] ?? 0) - (other[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** The sequence of a record; 0 for an immutable one, which has only one version. */
export function sequenceOf(record: KvRecord): number {
  return record.kind === 'immutable' ? 0 : record.sequence
}

/** Hash of all but the signature: a publisher can make many signatures of one text, which must not make it newer. */
function contentHash(record: KvRecord): Uint8Array {
  const bare: KvRecord = record.kind === 'mutable' ? { ...record, signature: new Uint8Array(64) } : record
  return crypto.blake2b(32, encodeRecord(bare))
}

function toCbor(record: KvRecord): CborValue {
  if (record.kind === 'immutable') return [immutableKind, record.value]
  if (record.kind === 'open') return [openKind, record.name, record.value, record.sequence]
  const { publisher, name, value, sequence, expiresAtMs, signature } = record
  return [mutableKind, peerIdToBytes(publisher), name, value, sequence, expiresAtMs, signature]
}

function fromCbor(from: CborValue | undefined): KvRecord | undefined {
  if (!isList(from)) return undefined
  if (from[0] === immutableKind) {
    const [, value] = from
    return from.length === 2 && isBytes(value) ? { kind: 'immutable', value } : undefined
  }
  if (from[0] === openKind) {
    const [, name, value, sequence] = from
    return from.length === 4 && isName(name) && isBytes(value) && isCount(sequence)
      ? { kind: 'open', name, value, sequence }
      : undefined
  }
  if (from[0] !== mutableKind || from.length !== 7) return undefined
  const [, publisher, name, value, sequence, expiresAtMs, signature] = from
  if (!isBytes(publisher, 32) || !isName(name) || !isBytes(value) || !isBytes(signature, 64)) return undefined
  if (!isCount(sequence) || !isCount(expiresAtMs)) return undefined
  return { kind: 'mutable', publisher: peerIdFromBytes(publisher), name, value, sequence, expiresAtMs, signature }
}

/** Whether a value can be a record's name: well-formed text of 1 to 255 bytes of UTF-8, without a byte order mark at its start. */
export function isName(value: CborValue | undefined): value is string {
  // Letters first: hostile text may be long.
  if (typeof value !== 'string' || value === '' || value.length > defaults.maxNameBytes) return false
  return utf8Bytes(value).length <= defaults.maxNameBytes && isText(value)
}

function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8)
  writeU64(bytes, 0, BigInt(value))
  return bytes
}
