/**
 * @module apps/requests
 * Questions to one connected peer and their answers: the table behind `request` and `response`. Not here: questions that travel (`queries/`).
 */
import type { Clock } from '../clock.ts'
import type { ErrorCode } from '../errors.ts'
import type { PeerId } from '../identity/peer-id.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import { createIdTable } from '../id-table.ts'
import type { Random } from '../random.ts'
import { createTickets } from '../tickets.ts'
import type { AppMessage, RequestMessage, ResponseMessage } from '../wire/messages.ts'
import type { UndeliveredReason } from './app.ts'
import * as defaults from './defaults.ts'

/** How a request ended: with a response (a view: copy what you keep), or without one. */
export type RequestOutcome =
  | { readonly type: 'response'; readonly response: ResponseMessage }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string }

/** What a table is made of. */
export interface RequestsOptions<Tag> {
  /** The app's name on the wire. */
  readonly app: string
  readonly clock: Clock
  /** Where the numbers of requests begin. */
  readonly random: Pick<Random, 'below'>
  /** Sends to a connected peer; what cannot be delivered comes back through `undelivered`. */
  readonly send: (to: PeerRef, message: AppMessage) => void
  /** Called once for each request that `ask` took, never from within `ask`. */
  readonly settled: (tag: Tag, from: PeerRef, outcome: RequestOutcome) => void
  /** Wants `requests.expire()` to be called in `delayMs` (see `alarm.ts`). */
  readonly wake: (delayMs: number) => void
  /** @default 16384 */
  readonly maxPending?: number | undefined
}

/** Requests that wait for their responses. */
export interface Requests<in out Tag> {
  /** Sends a request; `tag` comes back with its outcome. False: the table is full, nothing was sent. The body is kept until it is sent. */
  ask(to: PeerRef, body: Uint8Array, timeoutMs: number | undefined, tag: Tag): boolean
  /** A response came. One that is late, unknown or from somebody else is counted and dropped. */
  response(from: PeerRef, response: ResponseMessage): void
  /** A message of ours was not sent. True: it was a request of this table. */
  undelivered(message: AppMessage, reason: UndeliveredReason): boolean
  /** A peer is gone: what was asked of it fails with MYDHT_CONNECTION_CLOSED. */
  offline(peer: PeerRef): void
  /** Forgets requests without settling them. */
  forget(matches: (tag: Tag) => boolean): void
  /** Fails what is past its deadline with MYDHT_TIMEOUT. */
  expire(): void
  readonly pending: number
  /** Responses that nobody waited for, or from somebody who was not asked. */
  readonly uninvited: number
}

interface Waiting<Tag> {
  readonly to: PeerRef
  readonly tag: Tag
  readonly deadlineMs: number
  readonly timeoutMs: number
}

/** Makes a table. */
export function createRequests<Tag>(options: RequestsOptions<Tag>): Requests<Tag> {
  const { app, clock, send, settled } = options
  const maxPending = options.maxPending ?? defaults.maxRequests
  const waiting = createIdTable<Waiting<Tag>>()
  const nextId = createTickets(options.random)
  let uninvited = 0
  let wakeMs = Infinity

  const fail = (id: number, one: Waiting<Tag>, code: ErrorCode, message: string): void => {
    waiting.delete(id)
    settled(one.tag, one.to, { type: 'failed', code, message })
  }
  const wakeBy = (deadlineMs: number, nowMs: number): void => {
    if (deadlineMs >= wakeMs) return
    wakeMs = Math.max(deadlineMs, nowMs + defaults.deadlineGrainMs)
    options.wake(wakeMs - nowMs)
  }

  return {
    ask(to, body, timeoutMs = defaults.requestTimeoutMs, tag) {
      if (waiting.size >= maxPending) return false
      let id = nextId()
      while (waiting.has(id)) id = nextId()
      const nowMs = clock.monotonicMs()
      waiting.set(id, { to, tag, deadlineMs: nowMs + timeoutMs, timeoutMs })
      wakeBy(nowMs + timeoutMs, nowMs)
      const message: RequestMessage = { type: 'request', app, id, body }
      send(to, message)
      return true
    },
    response(from, response) {
      const one = waiting.get(response.id)
      if (one === undefined || one.to.id !== from.id) {
        uninvited++
        return
      }
      waiting.delete(response.id)
      settled(one.tag, from, { type: 'response', response })
    },
    undelivered(message, reason) {
      if (message.type !== 'request') return false
      const one = waiting.get(message.id)
      if (one === undefined) return false
      const [code, text] = undeliveredSays(one.to.id, reason)
      fail(message.id, one, code, text)
      return true
    },
    offline(peer) {
      for (const [id, one] of waiting.entries()) {
        if (one.to.id === peer.id)
          fail(
            id,
            one,
            'MYDHT_CONNECTION_CLOSED',
            `${peer.id} went away before it answered: connect again, then ask again`
          )
      }
    },
    forget(matches) {
      for (const [id, one] of waiting.entries()) if (matches(one.tag)) waiting.delete(id)
    },
    expire() {
      const nowMs = clock.monotonicMs()
      wakeMs = Infinity
      let nextMs = Infinity
      for (const [id, one] of waiting.entries()) {
        if (one.deadlineMs > nowMs) nextMs = Math.min(nextMs, one.deadlineMs)
        else
          fail(
            id,
            one,
            'MYDHT_TIMEOUT',
            `${one.to.id} did not answer within ${one.timeoutMs} ms: give a longer timeoutMs, or ask another peer`
          )
      }
      if (nextMs !== Infinity) wakeBy(nextMs, nowMs)
    },
    get pending() {
      return waiting.size
    },
    get uninvited() {
      return uninvited
    },
  }
}

/** The response to a request. The body is kept until it is sent. */
export function respond(request: RequestMessage, status: ResponseMessage['status'], body: Uint8Array): ResponseMessage {
  return { type: 'response', app: request.app, id: request.id, status, stream: 0, streamBytes: 0, body }
}

/** What a response other than `ok` means to whoever asked. */
export function refusalOf(
  from: PeerId,
  status: Exclude<ResponseMessage['status'], 'ok'>
): readonly [ErrorCode, string] {
  if (status === 'not-found') return ['MYDHT_NOT_FOUND', `${from} does not have it: ask another peer`]
  if (status === 'busy') return ['MYDHT_BUSY', `${from} is busy: ask again later, or another peer`]
  if (status === 'refused') return ['MYDHT_REFUSED', `${from} refused: it may run other rules, or another version`]
  return ['MYDHT_REMOTE', `${from} failed while it worked on the request: its log says why`]
}

function undeliveredSays(to: PeerId, reason: UndeliveredReason): readonly [ErrorCode, string] {
  if (reason === 'full') return ['MYDHT_BUSY', `the connection to ${to} is full: ask again when it has drained`]
  if (reason === 'too-long') return ['MYDHT_LIMIT', `the request is longer than ${to} takes: send less`]
  return ['MYDHT_NOT_CONNECTED', `${to} is not connected: connect to it first`]
}
