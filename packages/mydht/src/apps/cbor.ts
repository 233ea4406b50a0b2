/**
 * @module apps/cbor
 * Bodies of apps as strict CBOR (RFC 8949), through cborg. The one door between hostile bytes and an app's values: bounded before anything is
 * built, canonical (section 4.2.1: one value, one encoding), never throwing. Not here: what the values mean, which each app checks itself.
 */
import { decode, encode, rfc8949EncodeOptions } from 'cborg'
import { utf8Bytes, utf8Text } from '../bytes.ts'
import type { DecodeCode, Decoded } from '../wire/decoded.ts'
import * as defaults from './defaults.ts'

/**
 * What a body may hold. Whole numbers only (a bigint beyond 2^53): a float has many encodings. Maps have text keys and come as a `Map`, so that
 * no key can touch a prototype. No tags, no `undefined`, nothing of indefinite length.
 */
export type CborValue =
  | number
  | bigint
  | string
  | boolean
  | null
  | Uint8Array
  | readonly CborValue[]
  | ReadonlyMap<string, CborValue>

/** How much a body may hold. */
export interface CborLimits {
  /** @default 65536 + 1024 */
  readonly maxBytes?: number | undefined
  /** Arrays and maps inside each other. @default 8 */
  readonly maxDepth?: number | undefined
  /** Values in all, keys too. @default 1024 */
  readonly maxItems?: number | undefined
}

/** The canonical bytes of a value. Throws TypeError for what `decodeCbor` would refuse: fractions, NaN, text that `isText` refuses. */
export function encodeCbor(value: CborValue): Uint8Array {
  checkValue(value)
  return encode(value, rfc8949EncodeOptions)
}

/** Reads one canonical value that fills all of `bytes`. Byte strings in it are copies. */
export function decodeCbor(bytes: Uint8Array, limits: CborLimits = {}): Decoded<CborValue> {
  const maxBytes = limits.maxBytes ?? defaults.maxBodyBytes
  if (bytes.length > maxBytes) return refused('too-long', maxBytes)
  const wrong = scan(bytes, limits.maxDepth ?? defaults.maxBodyDepth, limits.maxItems ?? defaults.maxBodyItems)
  if (wrong) return wrong
  let value: CborValue
  let again: Uint8Array
  try {
    value = decode(bytes, {
      strict: true,
      allowIndefinite: false,
      allowUndefined: false,
      useMaps: true,
      rejectDuplicateMapKeys: true,
    })
    again = encode(value, rfc8949EncodeOptions)
  } catch {
    return refused('bad-value', 0)
  }
  // Encoding it again finds what is left: unsorted keys, and text that is no UTF-8 (decoded with replacement letters).
  const at = firstDifference(bytes, again)
  return at === undefined ? { ok: true, value } : refused('not-canonical', at)
}

/** Whether it is a byte string, of exactly `length` bytes where that is given. */
export function isBytes(value: CborValue | undefined, length?: number): value is Uint8Array {
  return value instanceof Uint8Array && (length === undefined || value.length === length)
}

/** Whether it is a whole number from 0 to `max` (at most 2^53 - 1). */
export function isCount(value: CborValue | undefined, max: number = Number.MAX_SAFE_INTEGER): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= max
}

/** Whether it is text that comes back as it went: no lone surrogates, and no byte order mark at its start, which cborg drops. */
export function isText(value: CborValue | undefined): value is string {
  return typeof value === 'string' && !value.startsWith('\ufeff') && utf8Text(utf8Bytes(value)) === value
}

/** Whether it is an array, of exactly `length` values where that is given. */
export function isList(value: CborValue | undefined, length?: number): value is readonly CborValue[] {
  return Array.isArray(value) && (length === undefined || value.length === length)
}

/** Walks the heads only: bounds depth and number of values, and allows only what `CborValue` names, before cborg builds anything. */
function scan(bytes: Uint8Array, maxDepth: number, maxItems: number): Refused | undefined {
  const open: { left: number; readonly keys: boolean }[] = [{ left: 1, keys: false }]
  let at = 0
  for (let items = 0; ; items++) {
    let level = open[open.length - 1]
    while (level !== undefined && level.left === 0) {
      open.pop()
      level = open[open.length - 1]
    }
    if (level === undefined) return at === bytes.length ? undefined : refused('trailing-bytes', at)
    if (items >= maxItems) return refused('too-long', at)
    const isKey = level.keys && level.left % 2 === 0
    level.left--
    const first = bytes[at]
    if (first === undefined) return refused('too-short', at)
    const major = first >>> 5
    const minor = first & 31
    if (isKey && major !== 3) return refused('bad-value', at)
    if (major === 7) {
      // Only false, true and null: RFC 8949 section 3.3, values 20 to 22.
      if (minor < 20 || minor > 22) return refused('bad-value', at)
      at++
      continue
    }
    if (major === 6 || minor > 27) return refused('bad-value', at)
    const extra = minor < 24 ? 0 : 1 << (minor - 24)
    if (at + 1 + extra > bytes.length) return refused('too-short', at)
    if (major < 2) {
      at += 1 + extra
      continue
    }
    let length = extra === 0 ? minor : 0
    for (let i = 1; i <= extra; i++) length = length * 256 + (bytes[at + i] ?? 0)
    const start = at
    at += 1 + extra
    // Every value takes a byte at least, so a claim beyond what is there is refused before anything is made for it.
    const least = major === 5 ? length * 2 : length
    if (least > bytes.length - at) return refused('too-short', start)
    if (major < 4) at += length
    else if (open.length > maxDepth) return refused('too-deep', start)
    else open.push({ left: least, keys: major === 5 })
  }
}

type Refused = { readonly ok: false; readonly code: DecodeCode; readonly at: number }

function refused(code: DecodeCode, at: number): Refused {
  return { ok: false, code, at }
}

function firstDifference(a: Uint8Array, b: Uint8Array): number | undefined {
  const length = Math.max(a.length, b.length)
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return i
  return undefined
}

function checkValue(value: CborValue): void {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new TypeError(`${value} is no safe whole number: use a bigint or bytes`)
  } else if (typeof value === 'string') {
    if (!isText(value))
      throw new TypeError(
        'text with lone surrogates, or with a byte order mark at its start, would come back changed: use bytes'
      )
  } else if (isList(value)) {
    for (const one of value) checkValue(one)
  } else if (value instanceof Map) {
    for (const [key, one] of value) {
      checkValue(key)
      checkValue(one)
    }
  }
}
