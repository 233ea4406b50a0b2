/**
 * @module peers/moved-secret
 * A codec for what holds a secret that has one owner: sending it gives it away.
 */
import { codecOf } from '../service/codec-of.ts'
import { plain } from '../service/plain.ts'
import type { Codec } from '../service/service.ts'

/** Plain data with a secret, of which the sender keeps zeros once it is encoded. */
export function movedSecret<T extends { readonly secret: Uint8Array }>(): Required<Codec<T>> {
  const codec = plain<T>()
  return codecOf(
    (value, into, at) => {
      const end = codec.encodeInto(value, into, at)
      if (end !== undefined) value.secret.fill(0)
      return end
    },
    (bytes) => codec.decode(bytes)
  )
}
