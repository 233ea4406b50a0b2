/**
 * @module identity/verified-records
 * The PeerRecords that were checked in this thread and found true, so that the same bytes are not checked again at every step that they pass: in a
 * handshake, in the peer store, in a route, before a dial. Checking costs 150 µs, knowing 1 µs. Not here: the check, and whether a record is still alive.
 */
import { maxVerifiedRecords } from './defaults.ts'
import type { PeerRecord } from './peer-record.ts'

/** Records by network and all their bytes: nothing that differs in one bit is found. Oldest use first. */
const verified = new Map<string, PeerRecord>()
let limit = maxVerifiedRecords

/** The record that these bytes were found to be on this network. */
export function knownRecord(bytes: Uint8Array, network: string): PeerRecord | undefined {
  const key = keyOf(bytes, network)
  const record = verified.get(key)
  if (record === undefined) return undefined
  verified.delete(key)
  verified.set(key, record)
  return record
}

/** Remembers a record whose bytes were checked in full. Only true ones are remembered: what is false costs its maker nothing and us room. */
export function rememberRecord(bytes: Uint8Array, network: string, record: PeerRecord): void {
  verified.set(keyOf(bytes, network), record)
  forgetOldest()
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

/** The length says where the record ends and the network's name begins: no two pairs have one key. */
function keyOf(bytes: Uint8Array, network: string): string {
  return `${bytes.length} ${String.fromCharCode(...bytes)}${network}`
}
