/**
 * @module encodings/binary/control
 * Layouts of the messages of a connection itself: `ready`, `end`, `ping`, `pong`. The type byte is the caller's. Tables: docs/PROTOCOL.md.
 */
import { isReady } from '../../wire/checks.ts'
import { leastMaxMessageBytes, maxApps } from '../../wire/limits.ts'
import type { ReadyMessage } from '../../wire/messages.ts'
import type { Cursor } from './cursor.ts'
import { fail, takeAppName, takeCode, takeFlag, takeU32, takeU8 } from './cursor.ts'
import { putAppName, putCode, putCount, putU32, wrong } from './fields.ts'

/** Bytes of a `ready` without its type. */
export function readySize(message: ReadyMessage): number {
  let size = 1 + 1 + message.code.length + 4 + 1
  for (const app of message.apps) size += 1 + app.length
  return size
}

/** Writes a `ready` without its type. */
export function putReady(message: ReadyMessage, target: Uint8Array, at: number): number {
  if (!isReady(message)) throw wrong(`no code where 'accepted' is true`, message.code)
  if (message.maxMessageBytes < leastMaxMessageBytes) {
    throw wrong(`maxMessageBytes of at least ${leastMaxMessageBytes}`, message.maxMessageBytes)
  }
  target[at] = message.accepted ? 1 : 0
  let end = putCode(target, at + 1, message.code)
  end = putU32(target, end, message.maxMessageBytes)
  end = putCount(target, end, message.apps.length, maxApps)
  for (const app of message.apps) end = putAppName(target, end, app)
  return end
}

/** Reads a `ready` behind its type. */
export function takeReady(cursor: Cursor): ReadyMessage {
  const accepted = takeFlag(cursor)
  const codeAt = cursor.at
  const code = takeCode(cursor)
  const maxAt = cursor.at
  const maxMessageBytes = takeU32(cursor)
  const count = takeU8(cursor, maxApps)
  const apps: string[] = []
  for (let i = 0; i < count && cursor.code === undefined; i++) apps.push(takeAppName(cursor))
  const message: ReadyMessage = { type: 'ready', accepted, code, maxMessageBytes, apps }
  if (!isReady(message)) fail(cursor, 'bad-value', codeAt)
  if (maxMessageBytes < leastMaxMessageBytes) fail(cursor, 'bad-value', maxAt)
  return message
}
