/**
 * @module bytes
 * Small helpers over `Uint8Array`: whole numbers, text, joining, comparing. Not here: cursors over hostile bytes (`encodings/binary/cursor.ts`)
 * and comparing secrets, which must take constant time (the crypto provider's `equal`).
 *
 * Writers give the end of what they wrote and trust their caller for room and range. None of the number helpers allocates.
 */

/** No bytes. */
export const noBytes: Uint8Array = new Uint8Array(0)

/** Bytes of `value`, 0 to 2^53 - 1, as an unsigned LEB128 varint: 1 to 8. */
export function varintSize(value: number): number {
  let size = 1
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++
  return size
}

/** Writes `value`, 0 to 2^53 - 1, as an unsigned LEB128 varint in its shortest form (DWARF 4, appendix C) and gives the end. */
export function writeVarint(target: Uint8Array, at: number, value: number): number {
  let end = at
  let rest = value
  // Bit operators cut to 32 bits, so the bytes above them are taken off by division.
  while (rest >= 0x8000_0000) {
    target[end++] = (rest % 128) | 128
    rest = Math.floor(rest / 128)
  }
  while (rest >= 128) {
    target[end++] = (rest & 127) | 128
    rest >>>= 7
  }
  target[end++] = rest
  return end
}

/** Writes 2 bytes, the highest first. */
export function writeU16(target: Uint8Array, at: number, value: number): number {
  target[at] = value >>> 8
  target[at + 1] = value
  return at + 2
}

/** Reads 2 bytes, the highest first; bytes that are not there count as 0. */
export function readU16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}

/** Writes 4 bytes, the highest first. */
export function writeU32(target: Uint8Array, at: number, value: number): number {
  target[at] = value >>> 24
  target[at + 1] = value >>> 16
  target[at + 2] = value >>> 8
  target[at + 3] = value
  return at + 4
}

/** Reads 4 bytes, the highest first; bytes that are not there count as 0. */
export function readU32(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16)
  return (high | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0
}

// A view per buffer would be an allocation per number: eight bytes go through this one instead.
const scratch = new Uint8Array(8)
const scratchView = new DataView(scratch.buffer)

/** Writes 8 bytes of a bigint, the highest first. */
export function writeU64(target: Uint8Array, at: number, value: bigint): number {
  scratchView.setBigUint64(0, value)
  for (let i = 0; i < 8; i++) target[at + i] = scratch[i] ?? 0
  return at + 8
}

/** Reads 8 bytes, the highest first; bytes that are not there count as 0. */
export function readU64(bytes: Uint8Array, at: number): bigint {
  for (let i = 0; i < 8; i++) scratch[i] = bytes[at + i] ?? 0
  return scratchView.getBigUint64(0)
}

/** Writes the low byte of each character: for text that is known to be ASCII. */
export function writeAscii(target: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) target[at + i] = text.charCodeAt(i)
  return at + text.length
}

/** The text of bytes that are known to be ASCII. */
export function asciiText(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  for (let i = from; i < to; i++) text += String.fromCharCode(bytes[i] ?? 0)
  return text
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The UTF-8 bytes of a text; lone surrogates become U+FFFD. */
export function utf8Bytes(text: string): Uint8Array {
  return encoder.encode(text)
}

/** The text of UTF-8 bytes, undefined where they are not valid UTF-8. */
export function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

/** All parts in one fresh array. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const joined = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

/** Whether both hold the same bytes. Takes longer the more they agree: not for secrets. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
