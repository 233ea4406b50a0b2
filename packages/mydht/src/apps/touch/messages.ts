/**
 * @module apps/touch/messages
 * What two touch apps say to each other. A request's body is one byte for its kind and, for `echo`, the bytes; hot, so no CBOR.
 */
import { readU32, writeU32 } from '../../bytes.ts'
import { piece } from '../../pieces.ts'

// Kinds of requests, on the wire: append-only.
/** Asks to count one more touch. */
export const touchKind = 1
/** Asks for the bytes that follow it. */
export const echoKind = 2

/** A request to count one more touch. Shared: never written to. */
export const touchBody: Uint8Array = Uint8Array.of(touchKind)

/** A request to give `bytes` back. */
export function echoBody(bytes: Uint8Array): Uint8Array {
  const body = piece(bytes.length + 1)
  body[0] = echoKind
  body.set(bytes, 1)
  return body
}

/** The body of a touch's response: how many touches there were, 8 bytes, the highest first. */
export function countBody(count: number): Uint8Array {
  const body = new Uint8Array(8)
  writeU32(body, writeU32(body, 0, Math.floor(count / 0x1_0000_0000)), count >>> 0)
  return body
}

/** Reads it; undefined when it is none. */
export function readCount(body: Uint8Array): number | undefined {
  if (body.length !== 8) return undefined
  const count = readU32(body, 0) * 0x1_0000_0000 + readU32(body, 4)
  return Number.isSafeInteger(count) ? count : undefined
}
