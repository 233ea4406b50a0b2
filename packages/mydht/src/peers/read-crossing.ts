/**
 * @module peers/read-crossing
 * The read service's init, commands and events as bytes: chunks of the socket and batches of messages in layouts of their own, the rest as plain data.
 */
import { putMessages, readMessages } from '../encodings/message-codec.ts'
import { codecOf, putBytes } from '../service/codec-of.ts'
import { movedCodec } from '../service/moved-codec.ts'
import { plain } from '../service/plain.ts'
import type { Crossing } from '../service/service.ts'
import type { ReadCommand, ReadEvent, ReadInit } from './read-service.ts'

// First bytes. Both ends are the same program: these numbers may change with any version.
const PLAIN = 0
const BYTES = 1
const MESSAGES = 2

const otherCommands = plain<ReadCommand>()
const otherEvents = plain<ReadEvent>()

/** How a read service crosses. Its secret is moved: the sender's copy is zeros once it is encoded. */
export const readCrossing: Crossing<ReadInit, ReadCommand, ReadEvent> = {
  init: movedCodec(plain<ReadInit>(), ({ secret }) => void secret.fill(0)),
  command: codecOf<ReadCommand>(
    (command, into, at) => {
      if (at >= into.length) return undefined
      into[at] = command.type === 'bytes' ? BYTES : PLAIN
      if (command.type === 'bytes') return putBytes(command.bytes, into, at + 1)
      return otherCommands.encodeInto(command, into, at + 1)
    },
    (bytes) => (bytes[0] === BYTES ? { type: 'bytes', bytes: bytes.subarray(1) } : otherCommands.decodeFrom(bytes, 1))
  ),
  event: codecOf<ReadEvent>(
    (event, into, at) => {
      if (at >= into.length) return undefined
      into[at] = event.type === 'messages' ? MESSAGES : PLAIN
      if (event.type === 'messages') return putMessages(event.messages, into, at + 1)
      return otherEvents.encodeInto(event, into, at + 1)
    },
    (bytes) =>
      bytes[0] === MESSAGES ? { type: 'messages', messages: readMessages(bytes, 1) } : otherEvents.decodeFrom(bytes, 1)
  ),
}
