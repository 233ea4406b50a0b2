/**
 * @module encodings/encoding
 * The contract of an encoding: one message to bytes and back. Not here: length prefixes, records, slabs (`wire/`).
 */
import type { Part } from '../part.ts'
import type { Decoded } from '../wire/decoded.ts'
import type { WireMessage } from '../wire/messages.ts'

/** Messages to bytes and back. Stateless: one instance serves any number of connections. */
export interface Encoding {
  readonly name: string
  /** Its number in the preamble: docs/PROTOCOL.md. */
  readonly id: number
  /**
   * An upper bound of `encode`'s size for this message, in bytes, cheap to compute; exact is best.
   * The writer makes room by it before it calls `encode`.
   */
  sizeBound(message: WireMessage): number
  /** Writes `message` to `target` from `at` and gives the end. `target` has room for `sizeBound(message)`. Throws only on messages that break their own types. */
  encode(message: WireMessage, target: Uint8Array, at: number): number
  /**
   * Reads one message that fills `bytes` exactly. Bodies are views of `bytes` where the encoding allows it. Never throws, never allocates by
   * what the sender claims, never recurses without bound; `decode(encode(m))` equals `m`.
   */
  decode(bytes: Uint8Array): Decoded<WireMessage>
  /**
   * For large bodies: where `encode` would write a chunk's bytes last and unchanged, writes everything before them and gives the end, so that
   * the writer can seal the bytes straight from their source. Undefined when this encoding transforms bodies (JSON).
   */
  encodeChunkHead?(message: Extract<WireMessage, { type: 'chunk' }>, target: Uint8Array, at: number): number
}

/** What an encoding's factory makes: `binary()` is a `Part` of this. */
export type EncodingPart = Part<Encoding>
