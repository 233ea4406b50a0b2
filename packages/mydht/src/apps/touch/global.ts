/**
 * @module apps/touch/global
 * The one service of a node's touch app: counts touches by others, keeps our own requests until they are answered.
 */
import type { ErrorCode } from '../../errors.ts'
import { noBytes } from '../../bytes.ts'
import { appMessageCodec } from '../../encodings/message-codec.ts'
import type { PeerId } from '../../identity/peer-id.ts'
import type { PeerRef } from '../../identity/peer-ref.ts'
import type { Crossing, Emit, Service, ServiceDefinition, ServiceParts } from '../../service/service.ts'
import { createTickets } from '../../tickets.ts'
import type { AppMessage } from '../../wire/messages.ts'
import type { AppCommand, AppEvent, AppInit } from '../app.ts'
import { appCrossing } from '../crossing.ts'
import { createRequests, refusalOf, respond, type RequestOutcome } from '../requests.ts'
import { echoOf, type TouchOwn } from './local.ts'
import { countBody, echoBody, readCount, touchBody, touchKind } from './messages.ts'
import type { TouchCall, TouchOptions, TouchReply } from './protocol.ts'

type Command = AppCommand<TouchCall, TouchOwn>
type Event = AppEvent<TouchReply>

/** A call that waits: one answer for `touch` and `echo`, `left` of them for `touch-next`. */
interface Call {
  readonly id: number
  readonly type: 'touch' | 'echo' | 'touch-next'
  readonly timeoutMs: number | undefined
  left: number
}

/** The definition of touch's global service. */
export const touchGlobal: ServiceDefinition<AppInit<TouchOptions>, Command, Event> & {
  readonly sync: true
  readonly crossing: Crossing<AppInit<TouchOptions>, Command, Event>
} = {
  name: 'touch',
  module: import.meta.url,
  sync: true,
  crossing: appCrossing({ own: appMessageCodec }),
  create: createTouchGlobal,
}

/** Makes the global service. */
export function createTouchGlobal(init: AppInit<TouchOptions>, parts: ServiceParts<Command>): Service<Command, Event> {
  const online = new Map<PeerId, PeerRef>()
  const routing = new Map<number, Call>()
  let emit: Emit<Event> = () => true
  const nextTicket = createTickets(parts.random)
  let touched = 0

  const requests = createRequests<Call>({
    app: init.name,
    clock: parts.clock,
    random: parts.random,
    maxPending: init.options.maxPending,
    send: (to, message) => void emit({ type: 'send', to, message }),
    wake: (delayMs) => void emit({ type: 'wake', delayMs }),
    settled: (call, from, outcome) => {
      call.left--
      const last = call.left === 0
      const value = read(call, from.id, outcome)
      if (!('code' in value)) emit({ type: 'reply', id: call.id, value, last })
      else if (call.type !== 'touch-next') emit({ type: 'fail', id: call.id, ...value })
      else if (last) emit({ type: 'end', id: call.id })
    },
  })

  const fail = (id: number, code: ErrorCode, message: string): void => void emit({ type: 'fail', id, code, message })

  const ask = (call: Call, peer: PeerRef, body: Uint8Array): boolean => {
    const taken = requests.ask(peer, body, call.timeoutMs, call)
    if (!taken)
      fail(call.id, 'MYDHT_BUSY', `${requests.pending} requests wait already: await some first, or raise maxPending`)
    return taken
  }

  const call = (id: number, wanted: TouchCall): void => {
    if (wanted.type === 'stats') {
      const value: TouchReply = { type: 'stats', touched, pending: requests.pending, uninvited: requests.uninvited }
      emit({ type: 'reply', id, value, last: true })
      return
    }
    const { type, timeoutMs } = wanted
    if (type === 'touch-next') {
      const ticket = nextTicket()
      routing.set(ticket, { id, type, timeoutMs, left: 0 })
      emit({ type: 'route', ticket, key: undefined, count: wanted.count, exclude: [], discover: false })
      return
    }
    const peer = online.get(wanted.peer)
    if (!peer)
      return fail(
        id,
        'MYDHT_NOT_CONNECTED',
        `${wanted.peer} is not connected, or does not run '${init.name}': connect to it first`
      )
    ask({ id, type, timeoutMs, left: 1 }, peer, type === 'echo' ? echoBody(wanted.bytes) : touchBody)
  }

  const routed = (ticket: number, peers: readonly PeerRef[]): void => {
    const waits = routing.get(ticket)
    routing.delete(ticket)
    if (!waits) return
    waits.left = peers.length
    if (peers.length === 0) emit({ type: 'end', id: waits.id })
    for (const peer of peers) if (!ask(waits, peer, touchBody)) return
  }

  const message = (from: PeerRef, one: AppMessage): void => {
    if (one.type === 'response') return requests.response(from, one)
    if (one.type !== 'request') return
    const echo = echoOf(one, from)
    if (echo) emit(echo)
    else if (one.body.length === 1 && one.body[0] === touchKind) {
      emit({ type: 'send', to: from, message: respond(one, 'ok', countBody(++touched)) })
    } else emit({ type: 'send', to: from, message: respond(one, 'refused', noBytes) })
  }

  const cancel = (id: number): void => {
    for (const [ticket, waits] of routing) if (waits.id === id) routing.delete(ticket)
    requests.forget((waits) => waits.id === id)
  }

  return {
    handle(command, emitNow) {
      emit = emitNow
      switch (command.type) {
        case 'message':
          return message(command.from, command.message)
        case 'own':
          // From a local service, which always has a peer.
          return command.from && message(command.from, command.command)
        case 'call':
          return call(command.id, command.call)
        case 'cancel':
          return cancel(command.id)
        case 'online':
          if (command.apps.includes(init.name)) online.set(command.peer.id, command.peer)
          return
        case 'offline':
          online.delete(command.peer.id)
          return requests.offline(command.peer)
        case 'routed':
          return routed(command.ticket, command.peers)
        case 'undelivered':
          requests.undelivered(command.message, command.reason)
          return
        case 'wake':
          return requests.expire()
        case 'writable':
        case 'reachable':
        case 'connected':
        case 'reached':
        case 'signed':
        case 'self':
          return
      }
    },
  }
}

/** The reply to a call out of its request's outcome; owns its bytes. */
function read(
  call: Call,
  from: PeerId,
  outcome: RequestOutcome
): TouchReply | { readonly code: ErrorCode; readonly message: string } {
  if (outcome.type === 'failed') return { code: outcome.code, message: outcome.message }
  const { status, body } = outcome.response
  if (status !== 'ok') {
    const [code, message] = refusalOf(from, status)
    return { code, message }
  }
  if (call.type === 'echo') return { type: 'echoed', bytes: new Uint8Array(body) }
  const count = readCount(body)
  if (count !== undefined) return { type: 'touched', from, count }
  return {
    code: 'MYDHT_BAD_MESSAGE',
    message: `${from} answered a touch with ${body.length} bytes that are no count: it may run another version`,
  }
}
