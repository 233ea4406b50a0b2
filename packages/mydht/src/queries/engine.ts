/**
 * @module queries/engine
 * The query engine of one app: a library without I/O that the app's global service feeds with what happens and that says what to send.
 * Calls must not overlap: no output may call the engine back before it returns. Not here: the parts, each in its own file.
 */
import type { PeerRef } from '../identity/peer-ref.ts'
import type {
  AnswerMessage,
  AppMessage,
  CancelMessage,
  ContactsMessage,
  PropagateMessage,
  QueryMessage,
} from '../wire/messages.ts'
import { receiveAnswer } from './answering.ts'
import { finish, forget, routedQuery } from './asking.ts'
import { grantAsk } from './clamp.ts'
import type { Core, EngineParts } from './core.ts'
import { createCore, nowMs, wakeBy } from './core.ts'
import { createHeld } from './held.ts'
import { expireSearches, searchReached } from './iterative/losing.ts'
import { searchContacts } from './iterative/replies.ts'
import { endSearch, searchRouted } from './iterative/search.ts'
import { answerUndelivered, contactsUndelivered, offline, queryUndelivered } from './losing.ts'
import type { Ask, EngineApp, EngineOptions, EngineOutput, EngineSelf, EngineStats } from './query.ts'
import { receiveQuery } from './receiving.ts'
import type { Spread } from './spreading.ts'
import { propagate, receivePropagate } from './spreading.ts'
import { start } from './starting.ts'

/** The messages that are the engine's. */
export type EngineMessage = QueryMessage | AnswerMessage | CancelMessage | PropagateMessage | ContactsMessage

/** Whether a message of the app is one for its engine. */
export function isEngineMessage(message: AppMessage): message is EngineMessage {
  const { type } = message
  return type === 'query' || type === 'answer' || type === 'cancel' || type === 'propagate' || type === 'contacts'
}

/** A query engine, as its app's global service uses it. */
export interface Engine {
  /**
   * Asks. Gives the number that `output.answer` and `output.done` name it by: `id` where one is given (a call's id, say), else one of ours. Both
   * may be called before `ask` returns. Throws TypeError on numbers that are none and on an id that is in use.
   */
  ask(ask: Ask, id?: number): number
  /** Stops a question of ours: `done` with reason `cancelled`. Nothing happens when it is over. */
  cancel(ask: number): void
  message(from: PeerRef, message: EngineMessage): void
  /** Answers `output.route`. `records`: where `contacts` were asked for. */
  routed(ticket: number, peers: readonly PeerRef[], records?: readonly Uint8Array[]): void
  /** Answers `output.reach`: the connected peer; undefined: there is no way to it. */
  reached(ticket: number, peer: PeerRef | undefined): void
  /** A message of `output.send` was not sent. `full`: an answer, or contacts, are kept until `writable`. @default 'offline' */
  undelivered(to: PeerRef, message: AppMessage, reason?: 'offline' | 'full' | 'too-long'): void
  /** A peer whose queue was full takes messages again. */
  writable(peer: PeerRef): void
  offline(peer: PeerRef): void
  /** Our own facts changed; questions under way keep the old ones. */
  self(self: EngineSelf): void
  /** The time that `output.wake` asked for has come. Early or needless calls do no harm. */
  tick(): void
  /** Spreads a value outward from us. */
  propagate(spread: Spread): void
  stats(): EngineStats
  /** Ends everything: our own questions as `cancelled`, those of others with a word to whoever waits. Later calls do nothing. */
  close(): void
}

/** Makes an engine. It lends `app`, speaks through `output`, and takes time, chance and log from `parts`. */
export function createEngine(options: EngineOptions, app: EngineApp, output: EngineOutput, parts: EngineParts): Engine {
  const core = createCore(options, app, output, parts)
  const held = createHeld(core.limits.maxHeld)
  let lastAsk = 0
  let closed = false
  return {
    ask: (ask, id) => {
      const isUsed = (one: number): boolean => core.table.byAsk(one) !== undefined || core.searches.has(one)
      if (id !== undefined && isUsed(id)) throw new TypeError(`ask ${id} is not over: give each question its own id`)
      let number = id
      while (number === undefined || isUsed(number)) number = ++lastAsk
      const grant = grantAsk(options.rules, ask)
      if (closed) output.done(number, { reason: 'cancelled', answers: 0, sent: 0, notFound: 0, failed: 0, invalid: 0 })
      else start(core, number, ask, grant)
      return number
    },
    cancel: (ask) => {
      const pending = core.table.byAsk(ask)
      if (pending !== undefined) finish(core, pending, 'cancelled')
      const search = core.searches.get(ask)
      if (search !== undefined) endSearch(core, search, 'cancelled')
    },
    message: (from, message) => {
      if (!closed) receive(core, from, message)
    },
    routed: (ticket, peers, records = []) => routed(core, ticket, peers, records),
    reached: (ticket, peer) => {
      const waiting = core.waiting.get(ticket)
      if (waiting?.type !== 'reach') return
      core.waiting.delete(ticket)
      searchReached(core, waiting.search, waiting.candidate, waiting.named, peer)
    },
    undelivered: (to, message, reason = 'offline') => {
      if (closed) return
      if (message.type === 'query') queryUndelivered(core, to, message)
      else if (message.type === 'answer') answerUndelivered(core, held, to, message, reason)
      else if (message.type === 'contacts') contactsUndelivered(core, held, to, message, reason)
    },
    writable: (peer) => {
      for (const message of held.take(peer.id)) output.send(peer, message)
    },
    offline: (peer) => {
      held.take(peer.id)
      offline(core, peer.id)
    },
    self: (self) => {
      core.self = self
    },
    tick: () => {
      core.wakeAtMs = undefined
      if (!closed) expire(core)
    },
    propagate: (spread) => {
      if (!closed) propagate(core, spread)
    },
    stats: () => ({ ...core.count, pending: core.table.all.size + core.searches.size }),
    close: () => {
      closed = true
      for (const pending of core.table.all) finish(core, pending, 'cancelled')
      for (const search of core.searches.values()) endSearch(core, search, 'cancelled')
      core.waiting.clear()
    },
  }
}

function receive(core: Core, from: PeerRef, message: EngineMessage): void {
  switch (message.type) {
    case 'query':
      receiveQuery(core, from, message)
      return
    case 'answer':
      receiveAnswer(core, from, message)
      return
    case 'propagate':
      receivePropagate(core, from, message)
      return
    case 'contacts':
      searchContacts(core, from, message)
      return
    case 'cancel': {
      const pending = core.table.byParent(from.id, message.id)
      if (pending !== undefined) forget(core, pending)
    }
  }
}

function routed(core: Core, ticket: number, peers: readonly PeerRef[], records: readonly Uint8Array[]): void {
  const waiting = core.waiting.get(ticket)
  // Over meanwhile.
  if (waiting === undefined) return
  core.waiting.delete(ticket)
  if (waiting.type === 'query') {
    routedQuery(core, waiting.pending, peers)
    return
  }
  if (waiting.type === 'search') searchRouted(core, waiting.search, peers, records)
  else if (waiting.type === 'contacts') waiting.run(records)
  if (waiting.type !== 'other') return
  const unique = new Map(peers.map((peer) => [peer.id, peer]))
  const fit = [...unique.values()].filter((peer) => peer.id !== core.self.id && !waiting.exclude.has(peer.id))
  waiting.run(fit.slice(0, waiting.count))
}

function expire(core: Core): void {
  const now = nowMs(core)
  let next = expireSearches(core, now)
  for (const pending of core.table.all) {
    if (pending.deadlineMs <= now) finish(core, pending, 'expired')
    else next = Math.min(next, pending.deadlineMs)
  }
  for (const [ticket, waiting] of core.waiting) {
    if (waiting.type !== 'other') continue
    if (waiting.deadlineMs > now) next = Math.min(next, waiting.deadlineMs)
    else {
      core.waiting.delete(ticket)
      waiting.run([])
    }
  }
  if (next < Infinity) wakeBy(core, next)
}
