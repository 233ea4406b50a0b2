/**
 * @module apps/peers/messages
 * What two peer stores ask each other. A query's body is CBOR [1, PeerId] and its answers are signed PeerRecords, or CBOR [3, key], which nobody answers:
 * it is asked for the contacts that come along. A request's body is CBOR [2, count], and its response an array of signed PeerRecords.
 */
import { peerIdFromBytes, peerIdToBytes, type PeerId } from '../../identity/peer-id.ts'
import { decodeCbor, encodeCbor, isBytes, isCount, isList } from '../cbor.ts'
import { maxNamed } from './defaults.ts'
import { maxPeerRecordBytes } from '../../identity/defaults.ts'

/** Kinds, on the wire: append-only. */
const findKind = 1
const nameKind = 2
const nearKind = 3

/** The question: where is this peer? */
export function findBody(id: PeerId): Uint8Array {
  return encodeCbor([findKind, peerIdToBytes(id)])
}

/** Who is asked for; undefined when it is no such question. */
export function readFind(body: Uint8Array): PeerId | undefined {
  const decoded = decodeCbor(body, { maxBytes: 64 })
  if (!decoded.ok || !isList(decoded.value, 2)) return undefined
  const [kind, id] = decoded.value
  return kind === findKind && isBytes(id, 32) ? peerIdFromBytes(id) : undefined
}

/** The question: who is near this key? */
export function nearBody(key: Uint8Array): Uint8Array {
  return encodeCbor([nearKind, key])
}

/** The key that is asked about; undefined when it is no such question. */
export function readNear(body: Uint8Array): Uint8Array | undefined {
  const decoded = decodeCbor(body, { maxBytes: 64 })
  if (!decoded.ok || !isList(decoded.value, 2)) return undefined
  const [kind, key] = decoded.value
  return kind === nearKind && isBytes(key, 32) ? key : undefined
}

/** The request: name me some peers. */
export function nameBody(count: number): Uint8Array {
  return encodeCbor([nameKind, Math.min(count, maxNamed)])
}

/** How many are wanted, at most 16; undefined when it is no such request. */
export function readName(body: Uint8Array): number | undefined {
  const decoded = decodeCbor(body, { maxBytes: 64 })
  if (!decoded.ok || !isList(decoded.value, 2)) return undefined
  const [kind, count] = decoded.value
  return kind === nameKind && isCount(count, maxNamed) ? count : undefined
}

/** The response: their records. */
export function namedBody(records: readonly Uint8Array[]): Uint8Array {
  return encodeCbor(records)
}

/** The records, not verified; none when it is no such response. */
export function readNamed(body: Uint8Array): readonly Uint8Array[] {
  const decoded = decodeCbor(body, {
    maxBytes: maxNamed * (maxPeerRecordBytes + 3) + 1,
    maxDepth: 1,
    maxItems: maxNamed + 1,
  })
  if (!decoded.ok || !isList(decoded.value)) return []
  return decoded.value.filter((one) => isBytes(one))
}
