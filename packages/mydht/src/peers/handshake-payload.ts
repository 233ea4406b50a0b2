/**
 * @module peers/handshake-payload
 * What messages 2 and 3 of a handshake carry: who we are, our record, and a signature that ties both to this one handshake.
 *
 *   PeerId (32) · length of the record (u16, big-endian) · PeerRecord · Ed25519 signature (64)
 *
 * The signature is over context `mydht/1 handshake`, the network, and the fields shadow name, role, own static key of the shadow, PeerId of the
 * other side (empty where not known yet: in message 2), hash of the handshake before this message. Not here: when it is sent and read.
 */
import { concat, noBytes, readU16, utf8Text } from '../bytes.ts'
import type { ErrorCode } from '../errors.ts'
import { tryParseAddress } from '../identity/address.ts'
import { maxAddressLength } from '../identity/defaults.ts'
import type { Identity } from '../identity/keys.ts'
import { verifySigned } from '../identity/keys.ts'
import { peerIdBytes, peerIdFromBytes, peerIdToBytes } from '../identity/peer-id.ts'
import type { PeerId } from '../identity/peer-id.ts'
import { verifyPeerRecord } from '../identity/peer-record.ts'
import type { PeerRecord } from '../identity/peer-record.ts'
import type { Role } from '../shadows/shadow.ts'

const context = 'mydht/1 handshake'
const signatureBytes = 64

/** What a handshake's signature covers besides the network. `role` and `staticKey` are the signer's. */
export interface SignedHandshake {
  readonly shadow: string
  readonly role: Role
  readonly staticKey: Uint8Array
  /** The PeerId of the signer's counterpart; undefined where the signer does not know it yet. */
  readonly other: PeerId | undefined
  readonly binding: Uint8Array
}

/** What reading a payload gives: who proved to be there, or why not. */
export type ReadIdentity =
  | { readonly ok: true; readonly id: PeerId; readonly record: PeerRecord; readonly recordBytes: Uint8Array }
  | { readonly ok: false; readonly code: ErrorCode; readonly detail: string }

/** Our payload for message 2 or 3. `record` is our own signed record. */
export function identityPayload(identity: Identity, record: Uint8Array, signed: SignedHandshake): Uint8Array {
  const signature = identity.sign(context, ...fieldsOf(signed))
  return concat([identity.publicKey, Uint8Array.of(record.length >> 8, record.length), record, signature])
}

/** Reads and checks the other side's payload: layout, signature, and that the record is its own, true and alive. Copies what it gives. */
export function readIdentityPayload(
  payload: Uint8Array,
  network: string,
  signed: SignedHandshake,
  nowMs: number
): ReadIdentity {
  const recordAt = peerIdBytes + 2
  const recordEnd = recordAt + readU16(payload, peerIdBytes)
  if (payload.length < recordAt || payload.length !== recordEnd + signatureBytes) {
    return refuse('MYDHT_BAD_MESSAGE', `an identity of ${payload.length} bytes does not hold what its lengths say`)
  }
  const id = peerIdFromBytes(payload.subarray(0, peerIdBytes))
  const signature = payload.subarray(recordEnd)
  if (!verifySigned({ signer: id, context, network, fields: fieldsOf(signed), signature })) {
    return refuse('MYDHT_BAD_SIGNATURE', `whoever says it is ${id} did not sign this handshake with its key`)
  }
  const checked = verifyPeerRecord(payload.subarray(recordAt, recordEnd), network, nowMs)
  if (!checked.ok) {
    const advice =
      checked.code === 'expired' || checked.code === 'expires-too-late' ? ': compare the clocks of both machines' : ''
    return refuse('MYDHT_INVALID_RECORD', `the record of ${id} is not valid (${checked.code})${advice}`)
  }
  if (checked.record.id !== id) return refuse('MYDHT_INVALID_RECORD', `${id} showed the record of ${checked.record.id}`)
  return { ok: true, id, record: checked.record, recordBytes: checked.bytes }
}

/** The return address in message 1's payload: undefined for what is none. */
export function readReturnAddress(payload: Uint8Array): string | undefined {
  if (payload.length === 0 || payload.length > maxAddressLength) return undefined
  const text = utf8Text(payload)
  return text === undefined ? undefined : tryParseAddress(text)?.link
}

function fieldsOf(signed: SignedHandshake): readonly (Uint8Array | string)[] {
  const other = signed.other === undefined ? noBytes : peerIdToBytes(signed.other)
  return [signed.shadow, signed.role, signed.staticKey, other, signed.binding]
}

function refuse(code: ErrorCode, detail: string): ReadIdentity {
  return { ok: false, code, detail }
}
