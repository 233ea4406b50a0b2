/**
 * @module encodings/binary/cursor
 * Reads fields of hostile bytes one after another. The first failure sticks, later reads give zeros: so a message is read straight down and
 * checked once at its end. Not here: which fields a message has.
 */
import { asciiText, noBytes, readU32, readU64 } from '../../bytes.ts'
import type { PeerId } from '../../identity/peer-id.ts'
import { peerIdBytes, peerIdFromBytes } from '../../identity/peer-id.ts'
import { isCodeByte } from '../../wire/checks.ts'
import type { DecodeCode } from '../../wire/decoded.ts'
import { maxCodeBytes } from '../../wire/limits.ts'
import { appNameOf } from './app-names.ts'

/** Where reading is, and the first thing that was wrong. */
export interface Cursor {
  bytes: Uint8Array
  at: number
  code: DecodeCode | undefined
  failedAt: number
}

/** A cursor over nothing. */
export function createCursor(): Cursor {
  return { bytes: noBytes, at: 0, code: undefined, failedAt: 0 }
}

/** Puts the cursor on the first byte of `bytes`. */
export function restart(cursor: Cursor, bytes: Uint8Array): void {
  cursor.bytes = bytes
  cursor.at = 0
  cursor.code = undefined
  cursor.failedAt = 0
}

/** Notes a failure, unless there was one, and moves to the end, so that nothing else is read. */
export function fail(cursor: Cursor, code: DecodeCode, at: number): void {
  if (cursor.code === undefined) {
    cursor.code = code
    cursor.failedAt = at
  }
  cursor.at = cursor.bytes.length
}

/** Moves past `count` bytes and gives where they start; fails and gives -1 when they are not all there. */
function skip(cursor: Cursor, count: number): number {
  const from = cursor.at
  if (cursor.bytes.length - from < count) {
    fail(cursor, 'too-short', cursor.bytes.length)
    return -1
  }
  cursor.at = from + count
  return from
}

/** One byte, at most `max`. */
export function takeU8(cursor: Cursor, max = 255): number {
  const from = skip(cursor, 1)
  if (from < 0) return 0
  const value = cursor.bytes[from] ?? 0
  if (value <= max) return value
  fail(cursor, 'bad-value', from)
  return 0
}

/** A byte that is 0 or 1. */
export function takeFlag(cursor: Cursor): boolean {
  return takeU8(cursor, 1) === 1
}

/** A number of 2 bytes. */
export function takeU16(cursor: Cursor): number {
  const from = skip(cursor, 2)
  return from < 0 ? 0 : ((cursor.bytes[from] ?? 0) << 8) | (cursor.bytes[from + 1] ?? 0)
}

/** A number of 4 bytes. */
export function takeU32(cursor: Cursor): number {
  const from = skip(cursor, 4)
  return from < 0 ? 0 : readU32(cursor.bytes, from)
}

/** A number of 8 bytes. */
export function takeU64(cursor: Cursor): bigint {
  const from = skip(cursor, 8)
  return from < 0 ? 0n : readU64(cursor.bytes, from)
}

/** A varint in its shortest form, up to 2^53 - 1. */
export function takeVarint(cursor: Cursor): number {
  const from = cursor.at
  let value = 0
  let scale = 1
  for (let size = 1; size <= 8; size++) {
    const at = skip(cursor, 1)
    if (at < 0) return 0
    const byte = cursor.bytes[at] ?? 0
    value += (byte & 127) * scale
    if (byte < 128) {
      if (byte === 0 && size > 1) fail(cursor, 'not-canonical', at)
      else if (value > Number.MAX_SAFE_INTEGER) fail(cursor, 'bad-value', from)
      else return value
      return 0
    }
    scale *= 128
  }
  fail(cursor, 'bad-value', from)
  return 0
}

/** A view of `count` bytes. Nothing is allocated before all of them are there. */
export function takeBytes(cursor: Cursor, count: number): Uint8Array {
  const from = skip(cursor, count)
  return from < 0 ? noBytes : cursor.bytes.subarray(from, from + count)
}

/** A view of all that is left. */
export function takeRest(cursor: Cursor): Uint8Array {
  const from = cursor.at
  cursor.at = cursor.bytes.length
  return cursor.code === undefined ? cursor.bytes.subarray(from) : noBytes
}

/** An app's name: its length in a byte, then 1 to 32 of a–z, 0–9 and the hyphen. Names seen before cost no allocation. */
export function takeAppName(cursor: Cursor): string {
  const from = skip(cursor, 1)
  if (from < 0) return ''
  const length = cursor.bytes[from] ?? 0
  const at = skip(cursor, length)
  if (at < 0) return ''
  const name = appNameOf(cursor.bytes, at, length)
  if (name !== undefined) return name
  fail(cursor, 'bad-text', at)
  return ''
}

/** A code: its length in a byte, then up to 64 printable ASCII characters. */
export function takeCode(cursor: Cursor): string {
  const length = takeU8(cursor, maxCodeBytes)
  const from = skip(cursor, length)
  if (from < 0) return ''
  for (let i = from; i < from + length; i++) {
    if (!isCodeByte(cursor.bytes[i] ?? 0)) {
      fail(cursor, 'bad-text', i)
      return ''
    }
  }
  return asciiText(cursor.bytes, from, from + length)
}

const nobody = peerIdFromBytes(new Uint8Array(peerIdBytes))

/** A PeerId's 32 bytes. Whether they are a valid key is checked where they are used. */
export function takePeerId(cursor: Cursor): PeerId {
  const from = skip(cursor, peerIdBytes)
  return from < 0 ? nobody : peerIdFromBytes(cursor.bytes.subarray(from, from + peerIdBytes))
}
