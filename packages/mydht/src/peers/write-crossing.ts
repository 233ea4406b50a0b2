/**
 * @module peers/write-crossing
 * The write service's init, commands, events and saved messages as bytes: messages as `binary` writes them, sealed slabs as they are.
 */
import { putMessage, putMessages, readMessage, readMessages } from '../encodings/message-codec.ts'
import { codecOf, putBytes } from '../service/codec-of.ts'
import { movedCodec } from '../service/moved-codec.ts'
import { plain } from '../service/plain.ts'
import type { Crossing } from '../service/service.ts'
import type { SlabPool } from '../wire/slab.ts'
import type { Unwritten, WriteCommand, WriteEvent, WriteInit } from './write-service.ts'

// First bytes. Both ends are the same program: these numbers may change with any version.
const PLAIN = 0
const MESSAGE = 1
const MESSAGES = 2
const BYTES = 3
const UNDELIVERED = 4

const reasons: readonly Extract<WriteEvent, { type: 'undelivered' }>['reason'][] = ['too-long', 'full', 'offline']
const otherCommands = plain<WriteCommand>()
const otherEvents = plain<WriteEvent>()

/**
 * How a write service over `pool` crosses. Its secret is moved. A slab goes back to the pool as soon as its bytes are copied out of it: what arrives
 * elsewhere owns its memory and names no slab.
 */
export function writeCrossing(pool: SlabPool): Crossing<WriteInit, WriteCommand, WriteEvent, Unwritten> {
  return {
    init: movedCodec(plain<WriteInit>(), ({ secret }) => void secret.fill(0)),
    command: codecOf<WriteCommand>(
      (command, into, at) => {
        if (at >= into.length) return undefined
        switch (command.type) {
          case 'message':
            into[at] = MESSAGE
            return putMessage(command.message, into, at + 1)
          case 'messages':
            into[at] = MESSAGES
            return putMessages(command.messages, into, at + 1)
          default:
            into[at] = PLAIN
            return otherCommands.encodeInto(command, into, at + 1)
        }
      },
      (bytes) => {
        if (bytes[0] === MESSAGE) return { type: 'message', message: readMessage(bytes, 1) }
        if (bytes[0] === MESSAGES) return { type: 'messages', messages: readMessages(bytes, 1) }
        return otherCommands.decodeFrom(bytes, 1)
      }
    ),
    event: codecOf<WriteEvent>(
      (event, into, at) => {
        if (at + 1 >= into.length) return undefined
        if (event.type === 'bytes') {
          into[at] = BYTES
          const end = putBytes(event.bytes, into, at + 1)
          if (end !== undefined && event.slab !== undefined) pool.give(event.slab)
          return end
        }
        if (event.type === 'undelivered') {
          into[at] = UNDELIVERED
          into[at + 1] = reasons.indexOf(event.reason)
          return putMessage(event.message, into, at + 2)
        }
        into[at] = PLAIN
        return otherEvents.encodeInto(event, into, at + 1)
      },
      (bytes) => {
        if (bytes[0] === BYTES) return { type: 'bytes', bytes: bytes.subarray(1), slab: undefined }
        if (bytes[0] !== UNDELIVERED) return otherEvents.decodeFrom(bytes, 1)
        return { type: 'undelivered', message: readMessage(bytes, 2), reason: reasons[bytes[1] ?? 0] ?? 'offline' }
      }
    ),
    saved: codecOf<Unwritten>(
      (messages, into, at) => putMessages(messages, into, at),
      (bytes) => readMessages(bytes, 0)
    ),
  }
}
