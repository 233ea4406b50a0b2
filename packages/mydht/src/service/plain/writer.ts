/**
 * @module service/plain/writer
 * Plain values to bytes. Not here: back (`reader.ts`), and naming what is not plain (`find-foreign.ts`).
 */
import { noBytes, utf8Bytes, varintSize, writeU16, writeU64, writeVarint } from '../../bytes.ts'
import { MyDhtError } from '../../errors.ts'
import { isPlainObject } from './find-foreign.ts'
import * as kinds from './kinds.ts'
import { hasLoneSurrogates } from './texts.ts'

/** Thrown on what is not plain data. Its message is for nobody: whoever catches it looks for the place. */
export const notPlain: TypeError = new TypeError('not plain data')

/** Thrown when a writer of fixed room has no more. */
export const noRoom: RangeError = new RangeError('no room')

const floats = new DataView(new ArrayBuffer(8))
const utf8Limit = 0x80

/** Writes values one behind the other. */
export class PlainWriter {
  bytes: Uint8Array
  at: number
  private readonly grows: boolean
  private readonly extension: kinds.PlainExtension<object> | undefined
  private causes = 0

  /** Writes to `bytes` from `at` on; `grows`: to other bytes when these are too short. */
  constructor(bytes: Uint8Array, at: number, grows: boolean, extension: kinds.PlainExtension<object> | undefined) {
    this.bytes = bytes
    this.at = at
    this.grows = grows
    this.extension = extension
  }

  /** Writes a value that lies `depth` levels deep. Throws `notPlain` or `noRoom`. */
  value(value: unknown, depth: number): void {
    switch (typeof value) {
      case 'undefined':
        return this.byte(kinds.UNDEFINED)
      case 'boolean':
        return this.byte(value ? kinds.TRUE : kinds.FALSE)
      case 'number':
        return this.number(value)
      case 'string':
        return this.text(value)
      case 'bigint':
        return this.big(value)
      case 'object':
        if (value === null) return this.byte(kinds.NULL)
        if (depth >= kinds.MAX_DEPTH) throw notPlain
        return this.object(value, depth + 1)
      case 'symbol':
      case 'function':
        throw notPlain
    }
  }

  private room(count: number): number {
    const { at } = this
    const end = at + count
    if (end > this.bytes.length) {
      if (!this.grows) throw noRoom
      const grown = new Uint8Array(Math.max(end, 2 * this.bytes.length))
      grown.set(this.bytes.subarray(0, at))
      this.bytes = grown
    }
    this.at = end
    return at
  }

  private byte(byte: number): void {
    // First, since it may change which bytes these are.
    const at = this.room(1)
    this.bytes[at] = byte
  }

  private counted(kind: number, count: number): void {
    const at = this.room(1 + varintSize(count))
    this.bytes[at] = kind
    writeVarint(this.bytes, at + 1, count)
  }

  private number(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      if (value >= 0 && value < kinds.SMALL) this.byte(kinds.SMALL | value)
      else if (value >= 0) this.counted(kinds.WHOLE, value)
      else this.counted(kinds.NEGATIVE, -1 - value)
      return
    }
    floats.setFloat64(0, value)
    const at = this.room(9)
    this.bytes[at] = kinds.FLOAT
    for (let i = 0; i < 8; i++) this.bytes[at + 1 + i] = floats.getUint8(i)
  }

  private big(value: bigint): void {
    if (BigInt.asUintN(64, value) === value) {
      const at = this.room(9)
      this.bytes[at] = kinds.BIG
      writeU64(this.bytes, at + 1, value)
    } else {
      this.byte(kinds.BIG_TEXT)
      this.text(String(value))
    }
  }

  private text(text: string): void {
    const { length } = text
    if (length <= kinds.SHORT_TEXT_MAX) {
      const from = this.room(1 + length)
      const { bytes } = this
      bytes[from] = kinds.SHORT_TEXT | length
      let at = from
      let code = 0
      for (let i = 0; i < length && code < utf8Limit; i++) bytes[++at] = code = text.charCodeAt(i)
      if (code < utf8Limit) return
      this.at = from
    }
    if (hasLoneSurrogates(text)) {
      this.counted(kinds.UNITS, length)
      let at = this.room(2 * length)
      for (let i = 0; i < length; i++) at = writeU16(this.bytes, at, text.charCodeAt(i))
    } else this.blob(kinds.TEXT, utf8Bytes(text))
  }

  private blob(kind: number, blob: Uint8Array): void {
    this.counted(kind, blob.length)
    const at = this.room(blob.length)
    this.bytes.set(blob, at)
  }

  private object(value: object, depth: number): void {
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype === Array.prototype && Array.isArray(value)) this.list(value, depth)
    else if (value instanceof Uint8Array) this.blob(kinds.BYTES, value)
    else if (this.extension?.is(value) === true) this.extended(this.extension, value)
    else if (isPlainObject(value)) this.fields(prototype === null ? kinds.BARE_OBJECT : kinds.OBJECT, value, depth)
    else if (prototype === Map.prototype && value instanceof Map) {
      this.counted(kinds.MAP, value.size)
      for (const [key, one] of value) {
        this.value(key, depth)
        this.value(one, depth)
      }
    } else if (prototype === Set.prototype && value instanceof Set) {
      this.counted(kinds.SET, value.size)
      for (const one of value) this.value(one, depth)
    } else if (value instanceof Error) this.error(value, depth)
    else throw notPlain
  }

  private fields(kind: number, value: Readonly<Record<string, unknown>>, depth: number): void {
    const keys = Object.keys(value)
    this.counted(kind, keys.length)
    for (const key of keys) {
      this.text(key)
      this.value(value[key], depth)
    }
  }

  private list(list: readonly unknown[], depth: number): void {
    const { length } = list
    this.counted(kinds.ARRAY, length)
    for (let i = 0; i < length; i++) {
      const one = list[i]
      if (one === undefined && !(i in list)) throw notPlain
      this.value(one, depth)
    }
  }

  private extended(extension: kinds.PlainExtension<object>, value: object): void {
    const from = this.room(2 + extension.maxBytes)
    const end = extension.write(value, this.bytes, from + 2)
    this.bytes[from] = kinds.EXTENSION
    this.bytes[from + 1] = end - from - 2
    this.at = end
  }

  private error(error: Error, depth: number): void {
    const ours = MyDhtError.is(error)
    this.byte(ours ? kinds.MYDHT_ERROR : kinds.ERROR)
    this.text(error.name)
    this.text(error.message)
    this.text(error.stack ?? '')
    const code = 'code' in error ? error.code : undefined
    this.value(typeof code === 'string' || typeof code === 'number' ? code : undefined, depth)
    this.counted(kinds.OBJECT, ours ? Object.keys(error.details).length : 0)
    for (const [key, one] of ours ? Object.entries(error.details) : []) {
      this.text(key)
      this.orText(one, depth)
    }
    this.causes++
    this.orText(this.causes > kinds.MAX_CAUSES ? undefined : error.cause, depth)
    this.causes--
  }

  /** What explains an error must not hinder it: what is not plain goes as text. */
  private orText(value: unknown, depth: number): void {
    const { at, causes } = this
    try {
      this.value(value, depth)
    } catch (thrown) {
      if (thrown !== notPlain) throw thrown
      this.at = at
      this.causes = causes
      this.text(String(value))
    }
  }
}

// What one encoding has grown serves the next.
const firstBytes = 1024
const mostKept = 65_536
let scratch: Uint8Array = new Uint8Array(firstBytes)

/** The bytes of a value, in an array of their own. `at` bytes are left free before them. */
export function writeAlone(
  value: unknown,
  at: number,
  extension: kinds.PlainExtension<object> | undefined
): Uint8Array {
  // A getter that encodes something itself finds none, and makes its own.
  const writer = new PlainWriter(scratch, at, true, extension)
  scratch = noBytes
  try {
    writer.value(value, 0)
    return writer.bytes.slice(0, writer.at)
  } finally {
    scratch = writer.bytes.length <= mostKept ? writer.bytes : new Uint8Array(firstBytes)
  }
}
