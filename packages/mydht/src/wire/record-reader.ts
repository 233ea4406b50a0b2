/**
 * @module wire/record-reader
 * Sealed records, in pieces of any size, into messages. Not here: what a message means, or that `end` must be the last (`peers/read-service.ts`).
 *
 * Records are opened where they lie and messages are views of them. Only what is cut by the pieces it comes in is copied: memory is taken as bytes
 * arrive, never by what a length says.
 */
import { readU16 } from '../bytes.ts'
import type { MessageDecoder, RecordOpener } from './codec.ts'
import type { DecodeCode } from './decoded.ts'
import { recordHeaderBytes } from './limits.ts'
import type { WireMessage } from './messages.ts'

/** What a reader is made of. */
export interface RecordReaderOptions {
  readonly decoder: MessageDecoder
  readonly opener: RecordOpener
  /** The longest message that we take: what our `ready` announced. */
  readonly maxMessageBytes: number
}

/**
 * Why the direction is dead. `shadow-failed`: a record did not open (`at` is 0). `too-long`: a message's length is above our limit (`at` is that length).
 * `bad-message`: its bytes were refused for `cause`, at that offset of the message.
 */
export interface ReadFailure {
  readonly code: 'shadow-failed' | 'bad-message' | 'too-long'
  readonly at: number
  readonly cause: DecodeCode | undefined
}

/** Messages that are complete now, in order, and the failure that came after them. */
export interface ReadOutcome {
  readonly messages: readonly WireMessage[]
  readonly failure: ReadFailure | undefined
}

/** Reads one direction of one connection. */
export interface RecordReader {
  /** Takes the next bytes, which become the reader's: records are opened in place. After a failure: the same failure, always. */
  push(bytes: Uint8Array): ReadOutcome
  /** Whether all that came in was read: no record and no message is cut off here. */
  complete(): boolean
}

/** What is taken at once for a cut record or message; then up to four times what has arrived. */
const leastHeldBytes = 4096

/** Bytes of something that is not all there yet. */
interface Held {
  bytes: Uint8Array
  used: number
}

/** Makes the reader of one direction. */
export function createRecordReader(options: RecordReaderOptions): RecordReader {
  const { decoder, opener, maxMessageBytes } = options
  // A record that is cut, from its header on.
  let record: Held | undefined
  // A message that is cut, behind its length; and its length as far as it is known.
  let message: Held | undefined
  let length = 0
  let scale = 1
  let lengthKnown = false
  let failure: ReadFailure | undefined
  let messages: WireMessage[] = []

  const fail = (code: ReadFailure['code'], at: number, cause?: DecodeCode): void => {
    failure = { code, at, cause }
  }

  const decode = (bytes: Uint8Array): void => {
    const decoded = decoder.decode(bytes)
    if (decoded.ok) messages.push(decoded.value)
    else fail('bad-message', decoded.at, decoded.code)
    lengthKnown = false
    length = 0
    scale = 1
  }

  /** Reads one byte of a length: a varint in its shortest form. */
  const addLengthByte = (byte: number): void => {
    length += (byte & 127) * scale
    scale *= 128
    // Checked on the way, so that a length can never outgrow a number.
    if (length > maxMessageBytes) fail('too-long', length)
    else if (byte === 0) fail('bad-message', 0, scale === 128 ? 'too-short' : 'not-canonical')
    else if (scale > 2 ** 53) fail('bad-message', 0, 'not-canonical')
    else lengthKnown = byte < 128
  }

  /** Cuts messages out of a record's plaintext. */
  const cut = (plaintext: Uint8Array): void => {
    let at = 0
    while (at < plaintext.length && failure === undefined) {
      if (!lengthKnown) {
        addLengthByte(plaintext[at++] ?? 0)
        continue
      }
      const missing = length - (message?.used ?? 0)
      const end = Math.min(at + missing, plaintext.length)
      const piece = plaintext.subarray(at, end)
      at = end
      if (message === undefined && piece.length === length) {
        decode(piece)
        continue
      }
      message = hold(message, piece, length)
      if (message.used < length) continue
      const whole = message.bytes.subarray(0, length)
      message = undefined
      decode(whole)
    }
  }

  const openRecord = (sealed: Uint8Array): void => {
    // Nobody seals nothing: an empty record is a way to make us work for free.
    const plaintext = sealed.length > opener.overhead ? opener.open(sealed) : undefined
    if (plaintext === undefined) fail('shadow-failed', 0)
    else cut(plaintext)
  }

  /** Goes on with a cut record and gives where the bytes behind it start. */
  const finishRecord = (bytes: Uint8Array, cutOff: Held): number => {
    let at = 0
    if (cutOff.used < recordHeaderBytes) {
      at = Math.min(recordHeaderBytes - cutOff.used, bytes.length)
      cutOff = hold(cutOff, bytes.subarray(0, at), recordHeaderBytes)
      record = cutOff
      if (cutOff.used < recordHeaderBytes) return at
    }
    const whole = recordHeaderBytes + readU16(cutOff.bytes, 0)
    const end = Math.min(at + whole - cutOff.used, bytes.length)
    record = hold(cutOff, bytes.subarray(at, end), whole)
    if (record.used < whole) return end
    const sealed = record.bytes.subarray(recordHeaderBytes, whole)
    record = undefined
    openRecord(sealed)
    return end
  }

  return {
    complete: () => record === undefined && message === undefined && !lengthKnown && scale === 1,
    push(pushed) {
      messages = []
      // Streams of Node give Buffers, whose every `subarray` is twice as dear as that of the plain array under it.
      const bytes = new Uint8Array(pushed.buffer, pushed.byteOffset, pushed.length)
      let at = record === undefined || failure !== undefined ? 0 : finishRecord(bytes, record)
      while (at < bytes.length && failure === undefined) {
        const end = at + recordHeaderBytes + readU16(bytes, at)
        if (bytes.length - at < recordHeaderBytes || bytes.length < end) {
          const need = bytes.length - at < recordHeaderBytes ? recordHeaderBytes : end - at
          record = hold(undefined, bytes.subarray(at), need)
          break
        }
        openRecord(bytes.subarray(at + recordHeaderBytes, end))
        at = end
      }
      return { messages, failure }
    },
  }
}

/** Adds a piece to what is held, of `whole` bytes in the end. */
function hold(held: Held | undefined, piece: Uint8Array, whole: number): Held {
  const used = (held?.used ?? 0) + piece.length
  let bytes = held?.bytes
  if (bytes === undefined || bytes.length < used) {
    bytes = new Uint8Array(Math.min(whole, Math.max(leastHeldBytes, 4 * used)))
    if (held !== undefined) bytes.set(held.bytes.subarray(0, held.used))
  }
  bytes.set(piece, used - piece.length)
  return { bytes, used }
}
