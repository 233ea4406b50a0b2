/**
 * @module wire/registry
 * Numbers that stand for names on the wire. Append-only: a number that was once given is never given again. docs/PROTOCOL.md, "Registry",
 * has the same table, and a test compares the two.
 */
import type { EndReason, History, ResponseStatus, WireMessage, WireMode } from './messages.ts'

/** First byte of each binary message. 1–15: the connection. 16–31: between two peers. 32–47: queries. */
export const messageNumbers: Readonly<Record<WireMessage['type'], number>> = {
  ready: 1,
  end: 2,
  ping: 3,
  pong: 4,
  tell: 16,
  request: 17,
  response: 18,
  chunk: 19,
  credit: 20,
  'stream-end': 21,
  query: 32,
  answer: 33,
  cancel: 34,
  propagate: 35,
  contacts: 36,
}

/** How answers come back. */
export const modeNumbers: Readonly<Record<WireMode['type'], number>> = {
  proxied: 0,
  direct: 1,
  mixed: 2,
  iterative: 3,
}

/** What a history keeps. */
export const historyNumbers: Readonly<Record<History['keep'], number>> = { peers: 0, hops: 1 }

/** How a request ended. */
export const statusNumbers: Readonly<Record<ResponseStatus, number>> = {
  ok: 0,
  'not-found': 1,
  busy: 2,
  refused: 3,
  failed: 4,
}

/** Why a branch of a query ended. */
export const reasonNumbers: Readonly<Record<EndReason, number>> = {
  done: 0,
  busy: 1,
  duplicate: 2,
  expired: 3,
  refused: 4,
}

/** Statuses by number. */
export const statusNames: readonly ResponseStatus[] = ['ok', 'not-found', 'busy', 'refused', 'failed']

/** Reasons by number. */
export const reasonNames: readonly EndReason[] = ['done', 'busy', 'duplicate', 'expired', 'refused']

/** Numbers of encodings, in the preamble. */
export const encodingNumbers: Readonly<Record<'binary' | 'json', number>> = { binary: 1, json: 2 }
