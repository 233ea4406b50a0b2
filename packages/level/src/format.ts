/**
 * @module format
 * How a record lies in the database, and the sums by which damage shows. A record's value: u32 check, f64 end (milliseconds since 1970), bytes;
 * little-endian. Beside the records one value, under a key that no record can have, says how many there are and what their checks add up to:
 * it is written with each batch, so after any crash it fits what is there, unless something else was at work.
 */

/** Where the bytes of a record begin. */
export const headBytes = 12

/** The key of the totals: longer than a record's may be. */
export const totalsKey: string = 'mydht store totals '.padEnd(80, '-')

const version = 1
const totalsBytes = 1 + 8 + 8 + 4 + 4
const scratch = new DataView(new ArrayBuffer(8))
const scratchBytes = new Uint8Array(scratch.buffer)

/** Writes a record's value over all of `into`, which is `headBytes` longer than `bytes`. Gives its check. */
export function writeRecord(into: Uint8Array, bytes: Uint8Array, expiresAtMs: number): number {
  scratch.setFloat64(0, expiresAtMs, true)
  into.set(scratchBytes, 4)
  into.set(bytes, headBytes)
  const check = checksum(into, 4)
  scratch.setUint32(0, check, true)
  for (let i = 0; i < 4; i++) into[i] = scratchBytes[i] ?? 0
  return check
}

/** A record's check, if it is that of its bytes; undefined: they are not what was written. */
export function checkOf(value: Uint8Array): number | undefined {
  if (value.length < headBytes) return undefined
  const check = wordAt(value, 0) >>> 0
  return checksum(value, 4) === check ? check : undefined
}

/** When a record dies, of a value whose check is right. */
export function endOf(value: Uint8Array): number {
  for (let i = 0; i < 8; i++) scratchBytes[i] = value[4 + i] ?? 0
  return scratch.getFloat64(0, true)
}

/** What is kept in all. */
export interface Totals {
  records: number
  /** Letters of keys and bytes of records. */
  bytes: number
  /** The sum of all checks, modulo 2^32. */
  sum: number
}

/** The value of the totals. */
export function encodeTotals({ records, bytes, sum }: Totals): Uint8Array {
  const value = new Uint8Array(totalsBytes)
  const view = new DataView(value.buffer)
  view.setUint8(0, version)
  view.setFloat64(1, records, true)
  view.setFloat64(9, bytes, true)
  view.setUint32(17, sum, true)
  view.setUint32(21, checksum(value.subarray(0, 21), 0), true)
  return value
}

/** Reads it. `newer`: a later version of this package wrote it. Undefined: damaged. */
export function decodeTotals(value: Uint8Array): Totals | 'newer' | undefined {
  if (value[0] !== undefined && value[0] > version) return 'newer'
  if (value.length !== totalsBytes) return undefined
  const view = new DataView(value.buffer, value.byteOffset, value.length)
  if (view.getUint32(21, true) !== checksum(value.subarray(0, 21), 0)) return undefined
  return { records: view.getFloat64(1, true), bytes: view.getFloat64(9, true), sum: view.getUint32(17, true) }
}

/**
 * 32 bits over `bytes` from `at`: FNV-1a over words instead of bytes. Each step can be undone, so a change within one word always shows. It finds
 * accidents, not forgers: who can write the folder can write the check.
 */
export function checksum(bytes: Uint8Array, at: number): number {
  let hash = 0x811c9dc5 ^ (bytes.length - at)
  let i = at
  for (const end = bytes.length - 3; i < end; i += 4) {
    hash = Math.imul(hash ^ wordAt(bytes, i), 0x01000193)
    hash ^= hash >>> 15
  }
  for (; i < bytes.length; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193)
  return (hash ^ (hash >>> 13)) >>> 0
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
}
