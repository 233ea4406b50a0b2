/**
 * @module apps/kv/kept
 * How a record lies in the store: behind a head that says who had us keep it and how it is looked after, so that a node that starts again knows both. Pure.
 *
 * u8 format (1) · u32 scope · u8 flags · the peer that had us keep it (32 bytes) · u8 length, its address block · f64 life in milliseconds, u16 copies · the record.
 * A flag says of each part whether it is there. Numbers are big-endian.
 */
import { readU16, readU32, utf8Bytes, utf8Text, writeU16, writeU32 } from '../../bytes.ts'
import { peerIdFromBytes, peerIdToBytes } from '../../identity/peer-id.ts'
import type { KeptBy } from '../quota.ts'

/** How a record is looked after: as one of the nearest to its key, or as its publisher, who has `copies` peers hold it and gives it `ttlMs` again in time. */
export type Care =
  | { readonly type: 'hold' }
  | { readonly type: 'publish'; readonly ttlMs: number; readonly copies: number }

/** Why a record is kept. */
export interface Keeping {
  /** Who had us keep it, so that his quota counts; undefined: our own program. */
  readonly by: KeptBy | undefined
  /** The public address block that it came from; undefined: none is known, or it is a private one. */
  readonly block: string | undefined
  /** A copy that passed by: it does not count as held. */
  readonly cached: boolean
  /** Undefined: it stays where it is until it dies. */
  readonly care: Care | undefined
}

const format = 1
const headBytes = 6
const [isOfPeer, isPassing, hasBlock, isCached, isHeld, isPublished] = [1, 2, 4, 8, 16, 32]

/** A record as it is stored. */
export function encodeKept(scope: number, { by, block, cached, care }: Keeping, record: Uint8Array): Uint8Array {
  const peer = by === undefined || by === 'passing' ? undefined : peerIdToBytes(by)
  const place = block === undefined ? undefined : utf8Bytes(block).subarray(0, 255)
  const published = care?.type === 'publish' ? care : undefined
  const length = headBytes + (peer?.length ?? 0) + (place ? 1 + place.length : 0) + (published ? 10 : 0)
  const bytes = new Uint8Array(length + record.length)
  bytes[0] = format
  writeU32(bytes, 1, scope)
  bytes[5] =
    (peer ? isOfPeer : by === undefined ? 0 : isPassing) |
    (place ? hasBlock : 0) |
    (cached ? isCached : 0) |
    (care?.type === 'hold' ? isHeld : 0) |
    (published ? isPublished : 0)
  let at = headBytes
  if (peer) {
    bytes.set(peer, at)
    at += peer.length
  }
  if (place) {
    bytes[at] = place.length
    bytes.set(place, at + 1)
    at += 1 + place.length
  }
  if (published) {
    viewOf(bytes).setFloat64(at, published.ttlMs)
    writeU16(bytes, at + 8, Math.min(published.copies, 0xffff))
    at += 10
  }
  bytes.set(record, at)
  return bytes
}

/** A stored record: why it is kept, and its own bytes (a view). Undefined: it is none, or of another scope. */
export function decodeKept(
  scope: number,
  bytes: Uint8Array
): { readonly keeping: Keeping; readonly record: Uint8Array } | undefined {
  if (bytes.length < headBytes || bytes[0] !== format || readU32(bytes, 1) !== scope) return undefined
  const flags = bytes[5] ?? 0
  let at = headBytes
  let by: KeptBy | undefined = (flags & isPassing) !== 0 ? 'passing' : undefined
  if ((flags & isOfPeer) !== 0) {
    if (bytes.length < at + 32) return undefined
    by = peerIdFromBytes(bytes.subarray(at, at + 32))
    at += 32
  }
  let block: string | undefined
  if ((flags & hasBlock) !== 0) {
    const end = at + 1 + (bytes[at] ?? 0)
    block = utf8Text(bytes.subarray(at + 1, end))
    at = end
  }
  let care: Care | undefined = (flags & isHeld) !== 0 ? { type: 'hold' } : undefined
  if ((flags & isPublished) !== 0) {
    if (bytes.length < at + 10) return undefined
    care = { type: 'publish', ttlMs: viewOf(bytes).getFloat64(at), copies: readU16(bytes, at + 8) }
    at += 10
  }
  return { keeping: { by, block, cached: (flags & isCached) !== 0, care }, record: bytes.subarray(at) }
}

/** Whether two records are looked after alike. */
export function isSameCare(a: Care | undefined, b: Care | undefined): boolean {
  if (a?.type !== 'publish' || b?.type !== 'publish') return a?.type === b?.type
  return a.ttlMs === b.ttlMs && a.copies === b.copies
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}
