/**
 * @module encodings/binary
 * The default encoding: one fixed layout per message, as in docs/PROTOCOL.md. Not here: the fields of the larger messages (`binary/`).
 */
import { noBytes, varintSize } from '../bytes.ts'
import { part } from '../part.ts'
import type { Decoded } from '../wire/decoded.ts'
import type { WireMessage } from '../wire/messages.ts'
import { encodingNumbers, messageNumbers } from '../wire/registry.ts'
import {
  putCredit,
  putResponse,
  putStreamEnd,
  responseSize,
  takeCredit,
  takeResponse,
  takeStreamEnd,
} from './binary/app.ts'
import { putReady, readySize, takeReady } from './binary/control.ts'
import type { Cursor } from './binary/cursor.ts'
import {
  createCursor,
  fail,
  restart,
  takeAppName,
  takeCode,
  takeRest,
  takeU32,
  takeU64,
  takeU8,
} from './binary/cursor.ts'
import { putAppName, putBytes, putCode, putU32, putU64 } from './binary/fields.ts'
import {
  answerSize,
  contactsSize,
  propagateSize,
  putAnswer,
  putContacts,
  putPropagate,
  putQuery,
  querySize,
} from './binary/query.ts'
import { takeAnswer, takeContacts, takePropagate, takeQuery } from './binary/query.ts'
import type { Encoding, EncodingPart } from './encoding.ts'

/** The default encoding: small, fast, strict. There is nothing to choose. */
export function binary(): EncodingPart {
  return part(import.meta.url, 'createBinary', {}, createBinary)
}

/** Makes the encoding. `sizeBound` is exact. Every message has exactly one encoding, and whatever is not one is refused. */
export function createBinary(): Encoding {
  return { name: 'binary', id: encodingNumbers.binary, sizeBound, encode, decode, encodeChunkHead }
}

function sizeBound(message: WireMessage): number {
  switch (message.type) {
    case 'ready':
      return 1 + readySize(message)
    case 'end':
      return 1 + 1 + message.code.length
    case 'ping':
    case 'pong':
      return 1 + 4
    default:
      return 1 + 1 + message.app.length + appSize(message)
  }
}

type Addressed = Exclude<WireMessage, { type: 'ready' | 'end' | 'ping' | 'pong' }>

function appSize(message: Addressed): number {
  switch (message.type) {
    case 'tell':
      return message.body.length
    case 'request':
      return 4 + message.body.length
    case 'response':
      return responseSize(message)
    case 'chunk':
      return 4 + message.bytes.length
    case 'credit':
      return 4 + varintSize(message.bytes)
    case 'stream-end':
      return 4 + 1 + 1 + message.code.length
    case 'query':
      return querySize(message)
    case 'answer':
      return answerSize(message)
    case 'cancel':
      return 8
    case 'propagate':
      return propagateSize(message)
    case 'contacts':
      return contactsSize(message)
  }
}

function encode(message: WireMessage, target: Uint8Array, at: number): number {
  target[at] = messageNumbers[message.type]
  switch (message.type) {
    case 'ready':
      return putReady(message, target, at + 1)
    case 'end':
      return putCode(target, at + 1, message.code)
    case 'ping':
    case 'pong':
      return putU32(target, at + 1, message.nonce)
    default:
      return encodeBody(message, target, putAppName(target, at + 1, message.app))
  }
}

function encodeBody(message: Addressed, target: Uint8Array, at: number): number {
  switch (message.type) {
    case 'tell':
      return putBytes(target, at, message.body)
    case 'request':
      return putBytes(target, putU32(target, at, message.id), message.body)
    case 'response':
      return putResponse(message, target, at)
    case 'chunk':
      return putBytes(target, putU32(target, at, message.stream), message.bytes)
    case 'credit':
      return putCredit(message, target, at)
    case 'stream-end':
      return putStreamEnd(message, target, at)
    case 'query':
      return putQuery(message, target, at)
    case 'answer':
      return putAnswer(message, target, at)
    case 'cancel':
      return putU64(target, at, message.id)
    case 'propagate':
      return putPropagate(message, target, at)
    case 'contacts':
      return putContacts(message, target, at)
  }
}

function encodeChunkHead(message: Extract<WireMessage, { type: 'chunk' }>, target: Uint8Array, at: number): number {
  target[at] = messageNumbers.chunk
  return putU32(target, putAppName(target, at + 1, message.app), message.stream)
}

// One cursor for all: decoding returns before anybody else can decode.
const cursor = createCursor()

function decode(bytes: Uint8Array): Decoded<WireMessage> {
  restart(cursor, bytes)
  const value = take(cursor)
  if (cursor.at !== bytes.length) fail(cursor, 'trailing-bytes', cursor.at)
  cursor.bytes = noBytes
  return cursor.code === undefined ? { ok: true, value } : { ok: false, code: cursor.code, at: cursor.failedAt }
}

const nothing: WireMessage = { type: 'ping', nonce: 0 }

function take(from: Cursor): WireMessage {
  const number = takeU8(from)
  switch (number) {
    case messageNumbers.ready:
      return takeReady(from)
    case messageNumbers.end:
      return { type: 'end', code: takeCode(from) }
    case messageNumbers.ping:
      return { type: 'ping', nonce: takeU32(from) }
    case messageNumbers.pong:
      return { type: 'pong', nonce: takeU32(from) }
    default:
      return takeAddressed(from, number)
  }
}

const known = new Uint8Array(256)
for (const number of Object.values(messageNumbers)) known[number] = 1

function takeAddressed(from: Cursor, number: number): WireMessage {
  // An unknown type is told before its bytes are taken for a name.
  if (known[number] !== 1) return unknown(from)
  const app = takeAppName(from)
  switch (number) {
    case messageNumbers.tell:
      return { type: 'tell', app, body: takeRest(from) }
    case messageNumbers.request:
      return { type: 'request', app, id: takeU32(from), body: takeRest(from) }
    case messageNumbers.response:
      return takeResponse(from, app)
    case messageNumbers.chunk:
      return { type: 'chunk', app, stream: takeU32(from), bytes: takeRest(from) }
    case messageNumbers.credit:
      return takeCredit(from, app)
    case messageNumbers['stream-end']:
      return takeStreamEnd(from, app)
    case messageNumbers.query:
      return takeQuery(from, app)
    case messageNumbers.answer:
      return takeAnswer(from, app)
    case messageNumbers.cancel:
      return { type: 'cancel', app, id: takeU64(from) }
    case messageNumbers.propagate:
      return takePropagate(from, app)
    case messageNumbers.contacts:
      return takeContacts(from, app)
    default:
      return unknown(from)
  }
}

function unknown(from: Cursor): WireMessage {
  fail(from, 'unknown-type', 0)
  return nothing
}
