/**
 * @module service/plain/reader
 * Bytes back to plain values. Strict: whatever `writer.ts` does not write is refused. A number that claims more values than follow makes none of them.
 */
import { readU16, readU64, utf8Text } from '../../bytes.ts'
import { MyDhtError, type ErrorCode } from '../../errors.ts'
import * as kinds from './kinds.ts'
import { shortText } from './texts.ts'

const floats = new DataView(new ArrayBuffer(8))

/** Constructors of errors that a program may ask for by `instanceof`. */
const errors: Readonly<Record<string, ErrorConstructor>> = {
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  URIError,
  EvalError,
}

/** Reads values one behind the other. */
export class PlainReader {
  at: number
  private readonly bytes: Uint8Array
  private readonly extension: kinds.PlainExtension<object> | undefined

  constructor(bytes: Uint8Array, at: number, extension: kinds.PlainExtension<object> | undefined) {
    this.bytes = bytes
    this.at = at
    this.extension = extension
  }

  /** Reads a value that lies `depth` levels deep. Throws MYDHT_BAD_MESSAGE. */
  value(depth: number): unknown {
    const kind = this.byte()
    if (kind >= kinds.SMALL) return kind - kinds.SMALL
    if (kind >= kinds.SHORT_TEXT) return this.short(kind)
    switch (kind) {
      case kinds.UNDEFINED:
        return undefined
      case kinds.NULL:
        return null
      case kinds.FALSE:
        return false
      case kinds.TRUE:
        return true
      case kinds.WHOLE:
        return this.varint()
      case kinds.NEGATIVE:
        return -1 - this.varint()
      case kinds.FLOAT:
        return this.float()
      case kinds.BIG:
        return readU64(this.bytes, this.take(8))
      case kinds.BIG_TEXT:
        return this.big()
      case kinds.TEXT:
      case kinds.UNITS:
        return this.long(kind)
      case kinds.BYTES:
        return this.blob()
      case kinds.EXTENSION:
        return this.extended()
    }
    if (depth >= kinds.MAX_DEPTH) throw this.wrong('too deep')
    return this.object(kind, depth + 1)
  }

  /** The error for bytes that no `plain()` wrote. */
  wrong(what: string): MyDhtError {
    return new MyDhtError(
      'MYDHT_BAD_MESSAGE',
      `these ${this.bytes.length} bytes are no plain value (${what} at ${this.at}): both ends must run the same program`
    )
  }

  private take(count: number): number {
    const { at } = this
    if (count > this.bytes.length - at) throw this.wrong('too short')
    this.at = at + count
    return at
  }

  private byte(): number {
    return this.bytes[this.take(1)] ?? 0
  }

  private varint(): number {
    let value = 0
    let scale = 1
    for (let size = 1; size <= 8; size++) {
      const byte = this.byte()
      value += (byte & 127) * scale
      if (byte < 128) {
        if (!Number.isSafeInteger(value)) throw this.wrong('too large')
        return value
      }
      scale *= 128
    }
    throw this.wrong('too large')
  }

  private float(): number {
    const at = this.take(8)
    for (let i = 0; i < 8; i++) floats.setUint8(i, this.bytes[at + i] ?? 0)
    return floats.getFloat64(0)
  }

  private big(): bigint {
    const text = this.text()
    if (!/^-?\d+$/.test(text)) throw this.wrong('no bigint')
    return BigInt(text)
  }

  private text(): string {
    const kind = this.byte()
    return kind >= kinds.SHORT_TEXT && kind < kinds.SMALL ? this.short(kind) : this.long(kind)
  }

  private short(kind: number): string {
    const length = kind - kinds.SHORT_TEXT
    if (length > kinds.SHORT_TEXT_MAX) throw this.wrong('unknown kind')
    return shortText(this.bytes, this.take(length), length)
  }

  private long(kind: number): string {
    if (kind === kinds.TEXT) {
      const text = utf8Text(this.blob())
      if (text === undefined) throw this.wrong('no text')
      return text
    }
    if (kind !== kinds.UNITS) throw this.wrong('unknown kind')
    let text = ''
    for (let left = this.varint(); left > 0; left--) text += String.fromCharCode(readU16(this.bytes, this.take(2)))
    return text
  }

  private blob(): Uint8Array {
    const length = this.varint()
    const at = this.take(length)
    return this.bytes.subarray(at, at + length)
  }

  private extended(): object {
    const length = this.byte()
    const at = this.take(length)
    if (this.extension === undefined) throw this.wrong('unknown kind')
    return this.extension.read(this.bytes.subarray(at, at + length))
  }

  private object(kind: number, depth: number): object {
    switch (kind) {
      case kinds.ARRAY: {
        const list: unknown[] = []
        for (let left = this.varint(); left > 0; left--) list.push(this.value(depth))
        return list
      }
      case kinds.SET: {
        const set = new Set<unknown>()
        for (let left = this.varint(); left > 0; left--) set.add(this.value(depth))
        return set
      }
      case kinds.MAP: {
        const map = new Map<unknown, unknown>()
        for (let left = this.varint(); left > 0; left--) map.set(this.value(depth), this.value(depth))
        return map
      }
      case kinds.OBJECT:
        return this.fields({}, depth)
      case kinds.BARE_OBJECT:
        return this.fields(bare(), depth)
      case kinds.ERROR:
      case kinds.MYDHT_ERROR:
        return this.error(kind, depth)
      default:
        throw this.wrong('unknown kind')
    }
  }

  private fields(object: Record<string, unknown>, depth: number): Record<string, unknown> {
    for (let left = this.varint(); left > 0; left--) {
      const key = this.text()
      const value = this.value(depth)
      // An assignment would change what the object is.
      if (key === '__proto__') {
        Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
      } else object[key] = value
    }
    return object
  }

  private error(kind: number, depth: number): Error {
    const name = this.text()
    const message = this.text()
    const stack = this.text()
    const code = this.value(depth)
    if (this.byte() !== kinds.OBJECT) throw this.wrong('no details')
    const details = this.fields({}, depth)
    const cause = this.value(depth)
    // Written of one of ours, so that it is one of its codes.
    const ours = kind === kinds.MYDHT_ERROR && typeof code === 'string'
    const error = ours
      ? new MyDhtError(code as ErrorCode, message, { cause, details })
      : errorOf(name, message, cause, code)
    if (stack !== '') hide(error, 'stack', stack)
    return error
  }
}

function bare(): Record<string, unknown> {
  return Object.setPrototypeOf({}, null)
}

function errorOf(name: string, message: string, cause: unknown, code: unknown): Error {
  const Constructor = (Object.hasOwn(errors, name) ? errors[name] : undefined) ?? Error
  const error = new Constructor(message, cause === undefined ? undefined : { cause })
  if (error.name !== name) hide(error, 'name', name)
  return code === undefined ? error : Object.assign(error, { code })
}

function hide(error: Error, key: string, value: string): void {
  Object.defineProperty(error, key, { value, enumerable: false, configurable: true, writable: true })
}
