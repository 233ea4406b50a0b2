/**
 * @module wire/codec
 * What records need of an encoding and of a shadow, and no more. `Encoding`, `Sealer` and `Opener` fit as they are; this floor does not know them.
 */
import type { Decoded } from './decoded.ts'
import type { ChunkMessage, WireMessage } from './messages.ts'

/** Messages to bytes: see `Encoding` for what each promises. */
export interface MessageEncoder {
  sizeBound(message: WireMessage): number
  encode(message: WireMessage, target: Uint8Array, at: number): number
  readonly encodeChunkHead?: (message: ChunkMessage, target: Uint8Array, at: number) => number
}

/** Bytes to messages: see `Encoding`. */
export interface MessageDecoder {
  decode(bytes: Uint8Array): Decoded<WireMessage>
}

/** Seals one direction's records, in order: see `Sealer`. */
export interface RecordSealer {
  readonly overhead: number
  seal(source: Uint8Array, target: Uint8Array, at: number): number
}

/** Opens one direction's records, in order: see `Opener`. */
export interface RecordOpener {
  readonly overhead: number
  open(record: Uint8Array): Uint8Array | undefined
}
