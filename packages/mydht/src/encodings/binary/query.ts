/**
 * @module encodings/binary/query
 * Layouts of the messages that travel: `query`, `answer`, `propagate`. Type byte and app name are the caller's. Tables: docs/PROTOCOL.md.
 */
import { varintSize } from '../../bytes.ts'
import type { PeerId } from '../../identity/peer-id.ts'
import { peerIdBytes } from '../../identity/peer-id.ts'
import { isHistory } from '../../wire/checks.ts'
import { maxAnswers, maxAskerBytes, maxContactBytes, maxContacts, maxHistoryPeers } from '../../wire/limits.ts'
import type {
  AnswerItem,
  AnswerMessage,
  ContactsMessage,
  History,
  PropagateMessage,
  QueryMessage,
  WireMode,
} from '../../wire/messages.ts'
import { historyNumbers, modeNumbers, reasonNames, reasonNumbers } from '../../wire/registry.ts'
import type { Cursor } from './cursor.ts'
import {
  fail,
  takeBytes,
  takeFlag,
  takePeerId,
  takeRest,
  takeU16,
  takeU32,
  takeU64,
  takeU8,
  takeVarint,
} from './cursor.ts'
import { putBytes, putCount, putPeerId, putU16, putU32, putU64, putU8, putVarint, wrong } from './fields.ts'

/** Bytes of a `query` behind its app. */
export function querySize(message: QueryMessage): number {
  const mode = message.mode
  const modeSize = mode.type === 'direct' ? 3 + mode.asker.length : mode.type === 'mixed' ? 2 : 1
  return 8 + 8 + 1 + 1 + 1 + 2 + 1 + 4 + 4 + modeSize + historySize(message.history) + message.body.length
}

/** Writes a `query` behind its app. */
export function putQuery(message: QueryMessage, target: Uint8Array, at: number): number {
  let end = putU64(target, at, message.trace)
  end = putU64(target, end, message.id)
  end = putU8(target, end, message.hops)
  end = putU8(target, end, message.travelled)
  end = putU8(target, end, message.fanOut)
  end = putU16(target, end, message.results)
  end = putU8(target, end, message.priority)
  end = putU32(target, end, message.budget)
  end = putU32(target, end, message.lifetimeMs)
  end = putMode(message.mode, target, end)
  end = putHistory(message.history, target, end)
  return putBytes(target, end, message.body)
}

/** Reads a `query` behind its app. */
export function takeQuery(cursor: Cursor, app: string): QueryMessage {
  // Fields are evaluated in the order they are written in, which is the order on the wire.
  return {
    type: 'query',
    app,
    trace: takeU64(cursor),
    id: takeU64(cursor),
    hops: takeU8(cursor),
    travelled: takeU8(cursor),
    fanOut: takeU8(cursor),
    results: takeU16(cursor),
    priority: takeU8(cursor),
    budget: takeU32(cursor),
    lifetimeMs: takeU32(cursor),
    mode: takeMode(cursor),
    history: takeHistory(cursor),
    body: takeRest(cursor),
  }
}

/** Bytes of a `propagate` behind its app. */
export function propagateSize(message: PropagateMessage): number {
  return 8 + 1 + 1 + 4 + historySize(message.history) + message.body.length
}

/** Writes a `propagate` behind its app. */
export function putPropagate(message: PropagateMessage, target: Uint8Array, at: number): number {
  let end = putU64(target, at, message.trace)
  end = putU8(target, end, message.hops)
  end = putU8(target, end, message.fanOut)
  end = putU32(target, end, message.budget)
  end = putHistory(message.history, target, end)
  return putBytes(target, end, message.body)
}

/** Reads a `propagate` behind its app. */
export function takePropagate(cursor: Cursor, app: string): PropagateMessage {
  return {
    type: 'propagate',
    app,
    trace: takeU64(cursor),
    hops: takeU8(cursor),
    fanOut: takeU8(cursor),
    budget: takeU32(cursor),
    history: takeHistory(cursor),
    body: takeRest(cursor),
  }
}

/** Bytes of an `answer` behind its app. */
export function answerSize(message: AnswerMessage): number {
  let size = 8 + 4 + 4 + 1 + 1
  for (const { from, body } of message.answers) {
    size += (from === undefined ? 1 : 1 + peerIdBytes) + 1 + varintSize(body.length) + body.length
  }
  return size
}

/** Writes an `answer` behind its app. */
export function putAnswer(message: AnswerMessage, target: Uint8Array, at: number): number {
  let end = putU64(target, at, message.id)
  end = putU32(target, end, message.closed)
  end = putU32(target, end, message.unspent)
  end = putU8(target, end, reasonNumbers[message.reason])
  end = putCount(target, end, message.answers.length, maxAnswers)
  for (const { from, hops, body } of message.answers) {
    target[end++] = from === undefined ? 0 : 1
    if (from !== undefined) end = putPeerId(target, end, from)
    end = putU8(target, end, hops)
    end = putVarint(target, end, body.length)
    end = putBytes(target, end, body)
  }
  return end
}

/** Reads an `answer` behind its app. */
export function takeAnswer(cursor: Cursor, app: string): AnswerMessage {
  const id = takeU64(cursor)
  const closed = takeU32(cursor)
  const unspent = takeU32(cursor)
  const reason = reasonNames[takeU8(cursor, reasonNames.length - 1)] ?? 'refused'
  const count = takeU8(cursor, maxAnswers)
  const answers: AnswerItem[] = []
  for (let i = 0; i < count && cursor.code === undefined; i++) {
    const from = takeFlag(cursor) ? takePeerId(cursor) : undefined
    answers.push({ from, hops: takeU8(cursor), body: takeBytes(cursor, takeVarint(cursor)) })
  }
  return { type: 'answer', app, id, answers, closed, unspent, reason }
}

/** Bytes of a `contacts` behind its app. */
export function contactsSize(message: ContactsMessage): number {
  return message.records.reduce((size, record) => size + 2 + record.length, 8 + 1)
}

/** Writes a `contacts` behind its app. */
export function putContacts(message: ContactsMessage, target: Uint8Array, at: number): number {
  let end = putCount(target, putU64(target, at, message.id), message.records.length, maxContacts)
  for (const record of message.records) {
    if (record.length > maxContactBytes) throw wrong(`records of at most ${maxContactBytes} bytes`, record.length)
    end = putBytes(target, putU16(target, end, record.length), record)
  }
  return end
}

/** Reads a `contacts` behind its app. */
export function takeContacts(cursor: Cursor, app: string): ContactsMessage {
  const id = takeU64(cursor)
  const count = takeU8(cursor, maxContacts)
  const records: Uint8Array[] = []
  for (let i = 0; i < count && cursor.code === undefined; i++) {
    const at = cursor.at
    const length = takeU16(cursor)
    if (length > maxContactBytes) fail(cursor, 'too-long', at)
    records.push(takeBytes(cursor, length))
  }
  return { type: 'contacts', app, id, records }
}

function putMode(mode: WireMode, target: Uint8Array, at: number): number {
  const end = putU8(target, at, modeNumbers[mode.type])
  switch (mode.type) {
    case 'proxied':
    case 'iterative':
      return end
    case 'direct':
      if (mode.asker.length > maxAskerBytes)
        throw wrong(`an asker of at most ${maxAskerBytes} bytes`, mode.asker.length)
      return putBytes(target, putU16(target, end, mode.asker.length), mode.asker)
    case 'mixed':
      return putU8(target, end, mode.hops)
  }
}

const proxied: WireMode = { type: 'proxied' }
const iterative: WireMode = { type: 'iterative' }

function takeMode(cursor: Cursor): WireMode {
  switch (takeU8(cursor, modeNumbers.iterative)) {
    case modeNumbers.direct: {
      const at = cursor.at
      const length = takeU16(cursor)
      if (length > maxAskerBytes) fail(cursor, 'too-long', at)
      return { type: 'direct', asker: takeBytes(cursor, length) }
    }
    case modeNumbers.mixed:
      return { type: 'mixed', hops: takeU8(cursor) }
    case modeNumbers.iterative:
      return iterative
    default:
      return proxied
  }
}

function historySize(history: History): number {
  return 3 + peerIdBytes * history.peers.length
}

function putHistory(history: History, target: Uint8Array, at: number): number {
  if (!isHistory(history)) throw wrong(`a history within its limit and ${maxHistoryPeers} peers`, history.peers.length)
  let end = putU8(target, at, historyNumbers[history.keep])
  end = putU8(target, end, history.limit)
  end = putCount(target, end, history.peers.length, maxHistoryPeers)
  for (const peer of history.peers) end = putPeerId(target, end, peer)
  return end
}

function takeHistory(cursor: Cursor): History {
  const keep = takeU8(cursor, historyNumbers.hops) === historyNumbers.peers ? 'peers' : 'hops'
  const limit = takeU8(cursor, maxHistoryPeers)
  const countAt = cursor.at
  const count = takeU8(cursor, maxHistoryPeers)
  const peers: PeerId[] = []
  for (let i = 0; i < count && cursor.code === undefined; i++) peers.push(takePeerId(cursor))
  const history: History = { keep, limit, peers }
  if (!isHistory(history)) fail(cursor, 'bad-value', countAt)
  return history
}
