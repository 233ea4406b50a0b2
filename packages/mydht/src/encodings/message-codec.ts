/**
 * @module encodings/message-codec
 * Messages on their way between services of one node: always as `binary` writes them, whatever encoding the network uses. Not here: their way to peers.
 */
import { readU32, writeU32 } from '../bytes.ts'
import { MyDhtError } from '../errors.ts'
import { codecOf } from '../service/codec-of.ts'
import type { Codec } from '../service/service.ts'
import type { AppMessage, WireMessage } from '../wire/messages.ts'
import { createBinary } from './binary.ts'

const encoding = createBinary()

/** Writes a message and gives the end; undefined: no room. Throws TypeError for a message that breaks its own type. */
export function putMessage(message: WireMessage, into: Uint8Array, at: number): number | undefined {
  return at + encoding.sizeBound(message) > into.length ? undefined : encoding.encode(message, into, at)
}

/** Reads the message that fills `bytes` from `at` on; its bodies are views. Throws MYDHT_BAD_MESSAGE. */
export function readMessage(bytes: Uint8Array, at: number): WireMessage {
  const decoded = encoding.decode(bytes.subarray(at))
  if (decoded.ok) return decoded.value
  throw bad(`${decoded.code} at ${at + decoded.at}`)
}

/** The same for a message between apps. */
export function readAppMessage(bytes: Uint8Array, at: number): AppMessage {
  const message = readMessage(bytes, at)
  if ('app' in message) return message
  throw bad(`'${message.type}' is for no app`)
}

/** Writes messages, each behind its length. */
export function putMessages(messages: readonly WireMessage[], into: Uint8Array, at: number): number | undefined {
  let end = at
  for (const message of messages) {
    const next = putMessage(message, into, end + 4)
    if (next === undefined) return undefined
    writeU32(into, end, next - end - 4)
    end = next
  }
  return end
}

/** Reads messages that fill `bytes` from `at` on. */
export function readMessages(bytes: Uint8Array, at: number): WireMessage[] {
  const messages: WireMessage[] = []
  for (let from = at; from < bytes.length;) {
    const end = from + 4 + readU32(bytes, from)
    if (end > bytes.length) throw bad(`too short at ${from}`)
    messages.push(readMessage(bytes.subarray(from + 4, end), 0))
    from = end
  }
  return messages
}

/** One message between apps. */
export const appMessageCodec: Required<Codec<AppMessage>> = codecOf(putMessage, (bytes) => readAppMessage(bytes, 0))

function bad(what: string): MyDhtError {
  return new MyDhtError('MYDHT_BAD_MESSAGE', `no message (${what}): both ends must run the same program`)
}
