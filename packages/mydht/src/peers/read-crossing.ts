/**
 * @module peers/read-crossing
 * The read service's init, commands and events as bytes: chunks of the socket and batches of messages in layouts of their own, the rest as plain data.
 */
import { putMessages, readMessages } from '../encodings/message-codec.ts'
import { maxPeerRefBytes, peerRefEnd, plainWithPeers, readPeerRef, writePeerRef } from '../identity/peer-ref-codec.ts'
import { codecOf, putBytes } from '../service/codec-of.ts'
import { movedCodec } from '../service/moved-codec.ts'
import { plain } from '../service/plain.ts'
import type { Crossing, Split } from '../service/service.ts'
import type { WireMessage } from '../wire/messages.ts'
import type { ReadCommand, ReadEvent, ReadInit } from './read-service.ts'

// First bytes. Both ends are the same program: these numbers may change with any version.
const PLAIN = 0
const BYTES = 1
const MESSAGES = 2

const otherCommands = plain<ReadCommand>()
const otherEvents = plain<ReadEvent>()

/** How a read service crosses. Its secret is moved: the sender's copy is zeros once it is encoded. */
export const readCrossing: Crossing<ReadInit, ReadCommand, ReadEvent> = {
  init: movedCodec(plainWithPeers<ReadInit>(), ({ secret }) => void secret.fill(0)),
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
      if (event.type === 'messages') {
        if (at + 1 + maxPeerRefBytes > into.length) return undefined
        return putMessages(event.messages, into, writePeerRef(event.from, into, at + 1))
      }
      return otherEvents.encodeInto(event, into, at + 1)
    },
    (bytes) =>
      bytes[0] === MESSAGES
        ? { type: 'messages', from: readPeerRef(bytes, 1), messages: readMessages(bytes, peerRefEnd(bytes, 1)) }
        : otherEvents.decodeFrom(bytes, 1)
  ),
  direct: pastMain,
}

/** Messages for an app that is linked go to it past the main loop, as commands of its global service; everything else goes to the main loop. */
function pastMain(event: ReadEvent, has: (outlet: string) => boolean): Split<ReadEvent> {
  if (event.type !== 'messages') return { direct: [], rest: event }
  const { from } = event
  const linked = new Map<string, boolean>()
  const direct: Split<ReadEvent>['direct'][number][] = []
  const messages: WireMessage[] = []
  for (const message of event.messages) {
    const app = 'app' in message ? message.app : undefined
    if (app !== undefined && !linked.has(app)) linked.set(app, has(app))
    if (app !== undefined && linked.get(app) === true)
      direct.push({ outlet: app, command: { type: 'message', from, message } })
    else messages.push(message)
  }
  return { direct, rest: messages.length === 0 ? undefined : { type: 'messages', from, messages } }
}
