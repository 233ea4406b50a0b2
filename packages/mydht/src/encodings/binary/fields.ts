/**
 * @module encodings/binary/fields
 * Writes fields of our own messages, checked: what breaks its type throws TypeError here, before it can become a frame that the other side
 * must refuse. Each gives the end of what it wrote.
 */
import { writeAscii, writeU16, writeU32, writeU64, writeVarint } from '../../bytes.ts'
import type { PeerId } from '../../identity/peer-id.ts'
import { peerIdBytes, peerIdToBytes } from '../../identity/peer-id.ts'
import { isAppName, isCode } from '../../wire/checks.ts'

/** One byte. */
export function putU8(target: Uint8Array, at: number, value: number): number {
  // `value >>> 0` differs from every number that is not whole, not positive, or above 2^32 - 1.
  if (value >>> 0 !== value || value > 0xff) throw wrong('a whole number from 0 to 255', value)
  target[at] = value
  return at + 1
}

/** Two bytes. */
export function putU16(target: Uint8Array, at: number, value: number): number {
  if (value >>> 0 !== value || value > 0xffff) throw wrong('a whole number from 0 to 65535', value)
  return writeU16(target, at, value)
}

/** Four bytes. */
export function putU32(target: Uint8Array, at: number, value: number): number {
  if (value >>> 0 !== value) throw wrong('a whole number from 0 to 4294967295', value)
  return writeU32(target, at, value)
}

/** Eight bytes. */
export function putU64(target: Uint8Array, at: number, value: bigint): number {
  if (BigInt.asUintN(64, value) !== value) throw wrong('a bigint of 64 bits, not negative', value)
  return writeU64(target, at, value)
}

/** A varint. */
export function putVarint(target: Uint8Array, at: number, value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw wrong('a whole number from 0 to 2^53 - 1', value)
  return writeVarint(target, at, value)
}

/** Bytes without their length. */
export function putBytes(target: Uint8Array, at: number, bytes: Uint8Array): number {
  target.set(bytes, at)
  return at + bytes.length
}

/** An app's name behind its length. */
export function putAppName(target: Uint8Array, at: number, name: string): number {
  if (!isAppName(name)) throw wrong('an app name: 1 to 32 of a-z, 0-9 and -', name)
  target[at] = name.length
  return writeAscii(target, at + 1, name)
}

/** A code behind its length. */
export function putCode(target: Uint8Array, at: number, code: string): number {
  if (!isCode(code)) throw wrong('a code: at most 64 printable ASCII characters', code)
  target[at] = code.length
  return writeAscii(target, at + 1, code)
}

/** A PeerId's 32 bytes. */
export function putPeerId(target: Uint8Array, at: number, id: PeerId): number {
  target.set(peerIdToBytes(id), at)
  return at + peerIdBytes
}

/** How many follow, in one byte. */
export function putCount(target: Uint8Array, at: number, count: number, max: number): number {
  if (count > max) throw wrong(`at most ${max} of them`, count)
  target[at] = count
  return at + 1
}

/** The error for a message that breaks its own type. */
export function wrong(wanted: string, got: unknown): TypeError {
  return new TypeError(`a message needs ${wanted}, got ${typeof got === 'bigint' ? `${got}n` : JSON.stringify(got)}`)
}
