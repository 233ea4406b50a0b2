/**
 * @module encodings/binary/app
 * Layouts of the messages between the same app on two peers: requests, responses and attachments. Type byte and app name are the caller's.
 * Tables: docs/PROTOCOL.md.
 */
import { varintSize } from '../../bytes.ts'
import type { CreditMessage, ResponseMessage, StreamEndMessage } from '../../wire/messages.ts'
import { statusNames, statusNumbers } from '../../wire/registry.ts'
import type { Cursor } from './cursor.ts'
import { takeCode, takeFlag, takeRest, takeU32, takeU8, takeVarint } from './cursor.ts'
import { putBytes, putCode, putU32, putU8, putVarint } from './fields.ts'

/** Bytes of a `response` behind its app. */
export function responseSize(message: ResponseMessage): number {
  return 4 + 1 + 4 + varintSize(message.streamBytes) + message.body.length
}

/** Writes a `response` behind its app. */
export function putResponse(message: ResponseMessage, target: Uint8Array, at: number): number {
  let end = putU32(target, at, message.id)
  end = putU8(target, end, statusNumbers[message.status])
  end = putU32(target, end, message.stream)
  end = putVarint(target, end, message.streamBytes)
  return putBytes(target, end, message.body)
}

/** Reads a `response` behind its app. */
export function takeResponse(cursor: Cursor, app: string): ResponseMessage {
  const id = takeU32(cursor)
  const status = statusNames[takeU8(cursor, statusNames.length - 1)] ?? 'failed'
  const stream = takeU32(cursor)
  const streamBytes = takeVarint(cursor)
  return { type: 'response', app, id, status, stream, streamBytes, body: takeRest(cursor) }
}

/** Writes a `credit` behind its app. */
export function putCredit(message: CreditMessage, target: Uint8Array, at: number): number {
  return putVarint(target, putU32(target, at, message.stream), message.bytes)
}

/** Reads a `credit` behind its app. */
export function takeCredit(cursor: Cursor, app: string): CreditMessage {
  return { type: 'credit', app, stream: takeU32(cursor), bytes: takeVarint(cursor) }
}

/** Writes a `stream-end` behind its app. */
export function putStreamEnd(message: StreamEndMessage, target: Uint8Array, at: number): number {
  const end = putU32(target, at, message.stream)
  target[end] = message.fromSender ? 1 : 0
  return putCode(target, end + 1, message.code)
}

/** Reads a `stream-end` behind its app. */
export function takeStreamEnd(cursor: Cursor, app: string): StreamEndMessage {
  return { type: 'stream-end', app, stream: takeU32(cursor), fromSender: takeFlag(cursor), code: takeCode(cursor) }
}
