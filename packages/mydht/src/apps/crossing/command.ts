/**
 * @module apps/crossing/command
 * Commands of global services as bytes: messages, calls and words of local services in layouts of their own, the rest as plain data.
 */
import { appMessageCodec, putMessage, readAppMessage } from '../../encodings/message-codec.ts'
import {
  maxPeerRefBytes,
  peerRefEnd,
  plainWithPeers,
  readPeerRef,
  writePeerRef,
} from '../../identity/peer-ref-codec.ts'
import { codecOf, countBytes, putBy, readCount, writeCount } from '../../service/codec-of.ts'
import type { Codec } from '../../service/service.ts'
import type { AppCommand, LocalCommand, UndeliveredReason } from '../app.ts'

// First bytes. Both ends are the same program: these numbers may change with any version.
const PLAIN = 0
const MESSAGE = 1
const UNDELIVERED = 2
const CALL = 3
const OWN = 4
const OWN_OF_PEER = 5

const reasons: readonly UndeliveredReason[] = ['offline', 'full', 'too-long']

/** The codec of an app's commands, with those of its calls and of its own words. */
export function appCommandCodec<Call, Own>(call: Codec<Call>, own: Codec<Own>): Required<Codec<AppCommand<Call, Own>>> {
  const others = plainWithPeers<AppCommand<Call, Own>>()
  const put = (command: AppCommand<Call, Own>, into: Uint8Array, at: number): number | undefined => {
    // Room for the longest head.
    if (at + 2 + countBytes + maxPeerRefBytes > into.length) return undefined
    switch (command.type) {
      case 'message':
        into[at] = MESSAGE
        return putMessage(command.message, into, writePeerRef(command.from, into, at + 1))
      case 'undelivered':
        into[at] = UNDELIVERED
        into[at + 1] = reasons.indexOf(command.reason)
        return putMessage(command.message, into, writePeerRef(command.to, into, at + 2))
      case 'call':
        into[at] = CALL
        return putBy(call, command.call, into, writeCount(into, at + 1, command.id))
      case 'own':
        into[at] = command.from === undefined ? OWN : OWN_OF_PEER
        return putBy(
          own,
          command.command,
          into,
          command.from === undefined ? at + 1 : writePeerRef(command.from, into, at + 1)
        )
      case 'cancel':
      case 'online':
      case 'offline':
      case 'reachable':
      case 'routed':
      case 'reached':
      case 'writable':
      case 'connected':
      case 'signed':
      case 'self':
      case 'wake':
        into[at] = PLAIN
        return others.encodeInto(command, into, at + 1)
    }
  }
  const decode = (bytes: Uint8Array): AppCommand<Call, Own> => {
    switch (bytes[0]) {
      case MESSAGE:
        return { type: 'message', from: readPeerRef(bytes, 1), message: readAppMessage(bytes, peerRefEnd(bytes, 1)) }
      case UNDELIVERED:
        return {
          type: 'undelivered',
          to: readPeerRef(bytes, 2),
          message: readAppMessage(bytes, peerRefEnd(bytes, 2)),
          reason: reasons[bytes[1] ?? 0] ?? 'offline',
        }
      case CALL:
        return { type: 'call', id: readCount(bytes, 1), call: call.decode(bytes.subarray(1 + countBytes)) }
      case OWN:
        return { type: 'own', from: undefined, command: own.decode(bytes.subarray(1)) }
      case OWN_OF_PEER:
        return {
          type: 'own',
          from: readPeerRef(bytes, 1),
          command: own.decode(bytes.subarray(peerRefEnd(bytes, 1))),
        }
      default:
        return others.decodeFrom(bytes, 1)
    }
  }
  return codecOf(put, decode)
}

/** The codec of what local services hear: messages. */
export const localCommandCodec: Required<Codec<LocalCommand>> = codecOf(
  ({ message }, into, at) => appMessageCodec.encodeInto(message, into, at),
  (bytes) => ({ type: 'message', message: appMessageCodec.decode(bytes) })
)
