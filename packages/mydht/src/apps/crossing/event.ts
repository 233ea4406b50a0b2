/**
 * @module apps/crossing/event
 * What apps say as bytes: messages to peers, replies and words for the global service in layouts of their own, the rest as plain data.
 */
import { putMessage, readAppMessage } from '../../encodings/message-codec.ts'
import {
  maxPeerRefBytes,
  peerRefEnd,
  plainWithPeers,
  readPeerRef,
  writePeerRef,
} from '../../identity/peer-ref-codec.ts'
import { codecOf, countBytes, putBy, readCount, writeCount } from '../../service/codec-of.ts'
import type { Codec } from '../../service/service.ts'
import type { AppEvent, LocalEvent } from '../app.ts'

// First bytes. Both ends are the same program: these numbers may change with any version.
const PLAIN = 0
const SEND = 1
const REPLY = 2
const LAST_REPLY = 3
const GLOBAL = 4

/** The codec of an app's events, with that of its replies. */
export function appEventCodec<Reply>(reply: Codec<Reply>): Required<Codec<AppEvent<Reply>>> {
  const others = plainWithPeers<AppEvent<Reply>>()
  const put = (event: AppEvent<Reply>, into: Uint8Array, at: number): number | undefined => {
    // Room for the longest head.
    if (at + 1 + countBytes + maxPeerRefBytes > into.length) return undefined
    switch (event.type) {
      case 'send':
        into[at] = SEND
        return putMessage(event.message, into, writePeerRef(event.to, into, at + 1))
      case 'reply':
        into[at] = event.last ? LAST_REPLY : REPLY
        return putBy(reply, event.value, into, writeCount(into, at + 1, event.id))
      case 'send-direct':
      case 'route':
      case 'reach':
      case 'connect':
      case 'sign':
      case 'end':
      case 'fail':
      case 'wake':
      case 'learnt':
      case 'silent':
      case 'misbehaved':
        into[at] = PLAIN
        return others.encodeInto(event, into, at + 1)
    }
  }
  const decode = (bytes: Uint8Array): AppEvent<Reply> => {
    switch (bytes[0]) {
      case SEND:
        return { type: 'send', to: readPeerRef(bytes, 1), message: readAppMessage(bytes, peerRefEnd(bytes, 1)) }
      case REPLY:
      case LAST_REPLY: {
        const value = reply.decode(bytes.subarray(1 + countBytes))
        return { type: 'reply', id: readCount(bytes, 1), value, last: bytes[0] === LAST_REPLY }
      }
      default:
        return others.decodeFrom(bytes, 1)
    }
  }
  return codecOf(put, decode)
}

/** The codec of what an app's local services say. */
export function localEventCodec<Own, Reply>(
  own: Codec<Own>,
  events: Required<Codec<AppEvent<Reply>>>
): Required<Codec<LocalEvent<Own, Reply>>> {
  return codecOf<LocalEvent<Own, Reply>>(
    (event, into, at) => {
      if (event.type !== 'global') return events.encodeInto(event, into, at)
      if (at >= into.length) return undefined
      into[at] = GLOBAL
      return putBy(own, event.command, into, at + 1)
    },
    (bytes) => (bytes[0] === GLOBAL ? { type: 'global', command: own.decode(bytes.subarray(1)) } : events.decode(bytes))
  )
}
