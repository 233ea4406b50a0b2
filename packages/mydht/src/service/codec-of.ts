/**
 * @module service/codec-of
 * Helps to write codecs with layouts of their own: a codec out of its `encodeInto`, numbers, and codecs inside codecs. Not here: plain data (`plain.ts`).
 */
import { readU32, writeU32 } from '../bytes.ts'
import type { Codec } from './service.ts'

/** Writes a value and gives the end; undefined: there was no room. */
export type Put<T> = (value: T, into: Uint8Array, at: number) => number | undefined

// Most values fit; longer ones are tried again with more room.
const firstBytes = 1024
const mostKept = 65_536
/** Past it there is no room that would be enough: the codec does not know the value. 1 GiB. */
const mostBytes = 2 ** 30
let scratch: Uint8Array = new Uint8Array(firstBytes)

/** A whole codec of its `encodeInto` and `decode`. `put` is called again with more room until it fits, so its effects belong behind its success. */
export function codecOf<T>(put: Put<T>, decode: (bytes: Uint8Array) => T): Required<Codec<T>> {
  return {
    encodeInto: put,
    decode,
    encode(value) {
      // Whoever encodes while this does takes memory of its own.
      let into = scratch
      scratch = new Uint8Array(0)
      let end = put(value, into, 0)
      while (end === undefined) {
        if (into.length >= mostBytes)
          throw new RangeError(`a value does not fit ${into.length} bytes: is it one that its codec knows?`)
        into = new Uint8Array(Math.max(firstBytes, 2 * into.length))
        end = put(value, into, 0)
      }
      const bytes = into.slice(0, end)
      scratch = into.length <= mostKept ? into : new Uint8Array(firstBytes)
      return bytes
    },
  }
}

/** Writes a value by any codec, straight where that is possible. */
export function putBy<T>(codec: Codec<T>, value: T, into: Uint8Array, at: number): number | undefined {
  return codec.encodeInto === undefined ? putBytes(codec.encode(value), into, at) : codec.encodeInto(value, into, at)
}

/** Writes bytes without their length. */
export function putBytes(bytes: Uint8Array, into: Uint8Array, at: number): number | undefined {
  const end = at + bytes.length
  if (end > into.length) return undefined
  into.set(bytes, at)
  return end
}

/** Bytes of what `writeCount` writes. */
export const countBytes = 8

/** Writes a whole number from 0 to 2^53 - 1, for which there must be room, and gives the end. */
export function writeCount(into: Uint8Array, at: number, count: number): number {
  return writeU32(into, writeU32(into, at, Math.floor(count / 0x1_0000_0000)), count >>> 0)
}

/** Reads it. */
export function readCount(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at) * 0x1_0000_0000 + readU32(bytes, at + 4)
}
