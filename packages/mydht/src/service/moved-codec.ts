/**
 * @module service/moved-codec
 * A codec for values with secrets in them, which have one owner: sending them gives them away. Not here: the batch that carries the bytes, which is moved too.
 */
import type { PlainCodec } from './plain.ts'
import type { Codec } from './service.ts'

const firstBytes = 1024

/** As `codec`, but once a value is encoded `wipe` is called with it, to leave zeros; and no memory that encodings share has seen it. */
export function movedCodec<T>(codec: PlainCodec<T>, wipe: (value: T) => void): Required<Codec<T>> {
  const encodeInto = (value: T, into: Uint8Array, at: number): number | undefined => {
    const end = codec.encodeInto(value, into, at)
    if (end !== undefined) wipe(value)
    return end
  }
  return {
    encodeInto,
    decode: (bytes) => codec.decode(bytes),
    encode(value) {
      for (let room = firstBytes; ; room *= 2) {
        const into = new Uint8Array(room)
        const end = encodeInto(value, into, 0)
        const bytes = into.slice(0, end)
        into.fill(0)
        if (end !== undefined) return bytes
      }
    },
  }
}
