/**
 * @module identity/peer-record
 * A PeerRecord: what a peer says of itself, signed. Its layout, in bytes, big-endian:
 *
 *   0 version (1) · 1 flags (bit 0: client only) · 2 PeerId (32) · 34 sequence (u64 below 2^53) · 42 expires at (u64 below 2^53, ms since 1970)
 *   · 50 count of addresses (0 to 8) · for each: length (1 to 255), ASCII in its one form, without PeerId · Ed25519 signature (64)
 *
 * The signature is over context `mydht/1 peer-record`, the network, and all bytes before it. Not here: what is done with records.
 */
import type { DecodeCode, Decoded } from '../wire/decoded.ts'
import { tryParseAddress } from './address.ts'
import { maxAddresses, maxPeerRecordBytes, maxPeerRecordLifetimeMs } from './defaults.ts'
import { isValidPeerId, verifySigned } from './keys.ts'
import type { Identity } from './keys.ts'
import { peerIdBytes, peerIdFromBytes, peerIdToBytes } from './peer-id.ts'
import type { PeerId } from './peer-id.ts'
import { knownRecord, rememberRecord } from './verified-records.ts'

const version = 1
const headBytes = 51
const signatureBytes = 64
const context = 'mydht/1 peer-record'

/** What a peer says of itself. */
export interface PeerFacts {
  /** Grows with every new record of the same peer: milliseconds since 1970 as a rule, see `nextSequence`. Below 2^53. */
  readonly sequence: number
  /** Milliseconds since 1970. From then on the record counts for nothing. */
  readonly expiresAtMs: number
  /** Where it listens, most useful first: at most 8 links in their one form, without a PeerId. */
  readonly addresses: readonly string[]
  /** It answers nobody's queries and enters no routing table. */
  readonly clientOnly: boolean
}

/** The same with its author and the author's signature. */
export interface PeerRecord extends PeerFacts {
  readonly id: PeerId
  readonly signature: Uint8Array
}

/** What checking a record gives. `code` says why not; `decode` says what was wrong with the bytes of a malformed one. */
export type VerifiedPeerRecord =
  /** `bytes`: those of the record, shared with all who keep them: not to be changed. */
  | { readonly ok: true; readonly record: PeerRecord; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly code: 'malformed'; readonly decode: DecodeCode; readonly at: number }
  | { readonly ok: false; readonly code: 'bad-key' | 'bad-signature' | 'expired' | 'expires-too-late' }

/** The next sequence after the last one used (0: none): the clock, but never backwards. */
export function nextSequence(previous: number, nowMs: number): number {
  return Math.max(previous + 1, Math.trunc(nowMs))
}

/** Signs facts about ourselves. Throws TypeError for facts that no decoder would take. */
export function createPeerRecord(identity: Identity, facts: PeerFacts): PeerRecord {
  const { sequence, expiresAtMs, clientOnly } = facts
  const unsigned = { id: identity.id, sequence, expiresAtMs, clientOnly, addresses: [...facts.addresses] }
  const signature = identity.sign(context, layOut(unsigned))
  return { ...unsigned, signature }
}

/** The bytes of a record: at most 1 KiB. Throws TypeError for a record that no decoder would take. */
export function encodePeerRecord(record: PeerRecord): Uint8Array {
  const body = layOut(record)
  if (record.signature.length !== signatureBytes)
    throw new TypeError(`a signature has 64 bytes, got ${record.signature.length}`)
  const bytes = new Uint8Array(body.length + signatureBytes)
  bytes.set(body)
  bytes.set(record.signature, body.length)
  return bytes
}

/** Reads a record. Strict: what it accepts, `encodePeerRecord` gives back byte for byte. Checks no signature. Copies what it keeps. */
export function decodePeerRecord(bytes: Uint8Array): Decoded<PeerRecord> {
  if (bytes.length > maxPeerRecordBytes) return refuse('too-long', maxPeerRecordBytes)
  if (bytes.length < headBytes + signatureBytes) return refuse('too-short', bytes.length)
  if (bytes[0] !== version) return refuse('unknown-type', 0)
  const flags = bytes[1] ?? 0
  if (flags > 1) return refuse('bad-value', 1)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const sequence = readU53(view, 34)
  if (sequence === undefined) return refuse('bad-value', 34)
  const expiresAtMs = readU53(view, 42)
  if (expiresAtMs === undefined) return refuse('bad-value', 42)
  const count = bytes[50] ?? 0
  if (count > maxAddresses) return refuse('bad-value', 50)

  const end = bytes.length - signatureBytes
  const addresses: string[] = []
  let at = headBytes
  for (let i = 0; i < count; i++) {
    if (at >= end) return refuse('too-short', at)
    const next = at + 1 + (bytes[at] ?? 0)
    if (next > end) return refuse('too-short', at)
    const address = readLink(bytes.subarray(at + 1, next))
    if (typeof address !== 'string') return refuse(address.code, at + 1)
    if (addresses.includes(address)) return refuse('not-canonical', at)
    addresses.push(address)
    at = next
  }
  if (at !== end) return refuse('trailing-bytes', at)
  const id = peerIdFromBytes(bytes.subarray(2, 2 + peerIdBytes))
  return {
    ok: true,
    value: {
      id,
      sequence,
      expiresAtMs,
      addresses,
      clientOnly: flags === 1,
      signature: new Uint8Array(bytes.subarray(end)),
    },
  }
}

/** Whose record this would be if it is one; undefined: too short. Checks nothing else, and so costs a fiftieth of `decodePeerRecord`. */
export function peekPeerRecordId(bytes: Uint8Array): PeerId | undefined {
  return bytes.length < headBytes + signatureBytes ? undefined : peerIdFromBytes(bytes.subarray(2, 2 + peerIdBytes))
}

/** Reads a record and checks it all: bytes, key, signature on this network, life. `maxLifetimeMs` bounds how far away its end may be. */
export function verifyPeerRecord(
  bytes: Uint8Array,
  network: string,
  nowMs: number,
  maxLifetimeMs: number = maxPeerRecordLifetimeMs
): VerifiedPeerRecord {
  // Longer than any record: not worth a look.
  const known = bytes.length > maxPeerRecordBytes ? undefined : knownRecord(bytes, network)
  const decoded: Decoded<PeerRecord> = known ? { ok: true, value: known.record } : decodePeerRecord(bytes)
  if (!decoded.ok) return { ok: false, code: 'malformed', decode: decoded.code, at: decoded.at }
  const record = decoded.value
  // What costs nothing comes first.
  if (record.expiresAtMs <= nowMs) return { ok: false, code: 'expired' }
  if (record.expiresAtMs > nowMs + maxLifetimeMs) return { ok: false, code: 'expires-too-late' }
  if (known) return { ok: true, record, bytes: known.bytes }
  const body = bytes.subarray(0, bytes.length - signatureBytes)
  const statement = { signer: record.id, context, network, fields: [body], signature: record.signature }
  if (!verifySigned(statement)) return { ok: false, code: 'bad-signature' }
  if (!isValidPeerId(record.id)) return { ok: false, code: 'bad-key' }
  return { ok: true, record, bytes: rememberRecord(bytes, network, record).bytes }
}

/**
 * The newer of two records of one peer: the higher sequence, then the later end, then the greater signature, so that all nodes choose alike.
 * Throws TypeError for records of two peers.
 */
export function newerRecord(a: PeerRecord, b: PeerRecord): PeerRecord {
  if (a.id !== b.id) throw new TypeError(`records of two peers, ${a.id} and ${b.id}, are not newer or older`)
  const order = a.sequence - b.sequence || a.expiresAtMs - b.expiresAtMs || compareBytes(a.signature, b.signature)
  return order >= 0 ? a : b
}

function layOut(record: Omit<PeerRecord, 'signature'>): Uint8Array {
  const { addresses } = record
  if (addresses.length > maxAddresses)
    throw new TypeError(`a PeerRecord holds ${maxAddresses} addresses, got ${addresses.length}`)
  const total = headBytes + addresses.reduce((sum, address) => sum + 1 + address.length, 0)
  if (total + signatureBytes > maxPeerRecordBytes) {
    throw new TypeError(
      `the addresses of a PeerRecord are too long: ${total + signatureBytes} bytes, at most ${maxPeerRecordBytes}`
    )
  }
  const bytes = new Uint8Array(total)
  bytes[0] = version
  bytes[1] = record.clientOnly ? 1 : 0
  bytes.set(peerIdToBytes(record.id), 2)
  const view = new DataView(bytes.buffer)
  writeU53(view, 34, record.sequence, 'sequence')
  writeU53(view, 42, record.expiresAtMs, 'expiresAtMs')
  bytes[50] = addresses.length
  let at = headBytes
  for (const [i, address] of addresses.entries()) {
    if (tryParseAddress(address)?.link !== address)
      throw new TypeError(`not a link in its one form: '${address}': take parseAddress(…).link`)
    if (addresses.indexOf(address) < i) throw new TypeError(`'${address}' stands twice in a PeerRecord`)
    bytes[at++] = address.length
    for (let j = 0; j < address.length; j++) bytes[at++] = address.charCodeAt(j)
  }
  return bytes
}

function readLink(bytes: Uint8Array): string | { readonly code: DecodeCode } {
  if (bytes.some((byte) => byte > 126 || byte < 33)) return { code: 'bad-text' }
  const text = String.fromCharCode(...bytes)
  const address = tryParseAddress(text)
  if (address === undefined) return { code: 'bad-value' }
  return address.link === text ? text : { code: 'not-canonical' }
}

function readU53(view: DataView, at: number): number | undefined {
  const high = view.getUint32(at)
  return high > 0x1f_ffff ? undefined : high * 0x1_0000_0000 + view.getUint32(at + 4)
}

function writeU53(view: DataView, at: number, value: number, name: string): void {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new TypeError(`${name} is a whole number of milliseconds below 2^53, not ${value}`)
  view.setUint32(at, Math.floor(value / 0x1_0000_0000))
  view.setUint32(at + 4, value % 0x1_0000_0000)
}

function refuse(code: DecodeCode, at: number): { readonly ok: false; readonly code: DecodeCode; readonly at: number } {
  return { ok: false, code, at }
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
