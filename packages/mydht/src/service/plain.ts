/**
 * @module service/plain
 * Any plain data as bytes and back: the codec of all that is not worth a layout of its own. Not here: what of a definition crosses (`service.ts`).
 */
import { findForeign } from './plain/find-foreign.ts'
import type { PlainExtension } from './plain/kinds.ts'
import { PlainReader } from './plain/reader.ts'
import { noRoom, notPlain, PlainWriter, writeAlone } from './plain/writer.ts'
import type { Codec } from './service.ts'

export { findForeign, type Foreign } from './plain/find-foreign.ts'
export type { PlainExtension } from './plain/kinds.ts'

/** What `plain` gives: every method of a codec, and pieces of it for codecs that put something before. */
export interface PlainCodec<in out T> extends Required<Codec<T>> {
  /** As `encode`, with `free` bytes before the value for somebody else to fill. */
  encodeBehind(value: T, free: number): Uint8Array
  /** As `decode`, of the bytes from `at` on. */
  decodeFrom(bytes: Uint8Array, at: number): T
}

/**
 * A codec of plain data: undefined, null, booleans, numbers, bigints, text, `Uint8Array` (comes as a view), arrays, maps, sets, objects without a
 * class, inside each other at most 64 levels deep. Errors cross with code, message, stack, details and four causes, the code of a `MyDhtError`
 * kept; what in them is not plain goes as text. Symbol keys stay behind, which is how a `Part` crosses.
 *
 * `encode` throws TypeError that names the place of what is none of these. `decode` throws MYDHT_BAD_MESSAGE for bytes that `encode` did not give.
 *
 * @example
 * const crossing = { init: plain<Options>(), command: plain<Command>(), event: plain<Event>() }
 */
export function plain<T>(extension?: PlainExtension<object>): PlainCodec<T> {
  const encodeBehind = (value: T, free: number): Uint8Array => {
    try {
      return writeAlone(value, free, extension)
    } catch (thrown) {
      throw explained(thrown, value, extension)
    }
  }
  const decodeFrom = (bytes: Uint8Array, at: number): T => {
    const reader = new PlainReader(bytes, at, extension)
    const value = reader.value(0)
    if (reader.at !== bytes.length) throw reader.wrong('something behind it')
    // What `encode` of the same codec was given.
    return value as T
  }
  return {
    encode: (value) => encodeBehind(value, 0),
    encodeBehind,
    decode: (bytes) => decodeFrom(bytes, 0),
    decodeFrom,
    encodeInto(value, into, at) {
      const writer = new PlainWriter(into, at, false, extension)
      try {
        writer.value(value, 0)
        return writer.at
      } catch (thrown) {
        if (thrown === noRoom) return undefined
        throw explained(thrown, value, extension)
      }
    },
  }
}

/** The same for people, where a writer only said that there is something. */
function explained(thrown: unknown, value: unknown, extension: PlainExtension<object> | undefined): unknown {
  if (thrown !== notPlain) return thrown
  const { path, what } = findForeign(value, extension) ?? { path: '', what: 'something' }
  const where = path === '' ? 'it' : `'${path}'`
  return new TypeError(
    `only plain data crosses to another thread, and ${where} is ${what}: leave it out, or give plain data`
  )
}
