/**
 * @module identity/verified-records
 * The PeerRecords that were checked in this thread and found true, so that the same bytes are not checked again at every step that they pass: in a
 * handshake, in the peer store, in a route, before a dial. Checking costs 150 µs, knowing 1 µs. Not here: the check, and whether a record is still alive.
 */
import { equalBytes } from '../bytes.ts'
import { maxVerifiedRecords } from './defaults.ts'
import type { PeerRecord } from './peer-record.ts'

/** A record that was found true. */
export interface KnownRecord {
  /** Its bytes, one array for all of this thread who keep them: not to be changed. */
  readonly bytes: Uint8Array
  readonly network: string
  readonly record: PeerRecord
}

/**
 * By the first four bytes of the signature: those of a point by chance. Who makes two records that share them makes us check both again and again,
 * which is what we did before. Oldest use first.
 */
const verified = new Map<number, KnownRecord>()
let limit = maxVerifiedRecords

/** What these bytes, every one of them, were found to be on this network. */
export function knownRecord(bytes: Uint8Array, network: string): KnownRecord | undefined {
  const place = placeOf(bytes)
  const known = verified.get(place)
  if (known === undefined || known.network !== network || !equalBytes(known.bytes, bytes)) return undefined
  verified.delete(place)
  verified.set(place, known)
  return known
}

/** Remembers a record whose bytes, which are copied, were checked in full. Only true ones are remembered: what is false costs its maker nothing and us room. */
export function rememberRecord(bytes: Uint8Array, network: string, record: PeerRecord): KnownRecord {
  const known = { bytes: new Uint8Array(bytes), network, record }
  verified.set(placeOf(bytes), known)
  forgetOldest()
  return known
}

/** Sets how many are remembered in this thread; @default 4096. A simulation, whose nodes share a thread, wants as many as it has nodes. */
export function rememberVerifiedRecords(most: number): void {
  if (!Number.isSafeInteger(most) || most < 1)
    throw new TypeError(`got ${most} records to remember, give a whole number from 1`)
  limit = most
  forgetOldest()
}

function forgetOldest(): void {
  for (const oldest of verified.keys()) {
    if (verified.size <= limit) return
    verified.delete(oldest)
  }
}

/** Where the signature begins: the last 64 bytes. */
function placeOf(bytes: Uint8Array): number {
  const at = bytes.length - 64
  return (
    (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0
  )
}
