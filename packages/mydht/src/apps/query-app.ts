/**
 * @module apps/query-app
 * Puts a query engine into an app's global service: commands of the framework go to the engine, what the engine wants becomes events, and a
 * question of the API has its call's id. Every app that asks across hops uses it. Not here: what the app asks and answers.
 *
 * In your service's `handle`: `if (query.handle(command, emit)) return`, then handle the rest (`call`, `cancel`, `online`, `own`, …). Messages
 * of type `tell`, `request`, `response` and of attachments are no business of an engine and are left to you, as are `signed` and `connected`.
 */
import type { PeerId } from '../identity/peer-id.ts'
import { verifyPeerRecord } from '../identity/peer-record.ts'
import { simpleRules } from '../queries/defaults.ts'
import { createEngine, isEngineMessage, type Engine } from '../queries/engine.ts'
import type { Answer, Ask, AskOutcome, EngineApp, EngineLimits, EngineStats } from '../queries/query.ts'
import type { Rules } from '../queries/rules.ts'
import type { Spread } from '../queries/spreading.ts'
import type { Emit, ServiceParts } from '../service/service.ts'
import { createAlarm, type Alarm } from './alarm.ts'
import type { AppCommand, AppEvent, AppInit } from './app.ts'

/** What the options of an app with an engine may say to it. */
export interface QueryOptions {
  /** Hops, fan-out, budget and lifetime of queries. @default simpleRules() */
  readonly rules?: Rules | undefined
  readonly limits?: Partial<EngineLimits> | undefined
}

/** What the app brings. */
export interface QueryAppInit<Call, Own> {
  readonly init: AppInit<QueryOptions>
  readonly parts: ServiceParts<AppCommand<Call, Own>>
  /** Its store and its checks, as the engine calls them. */
  readonly app: EngineApp
  /** A verified answer to the question of call `call`: emit a reply. Must not use the query app otherwise. */
  readonly answer: (call: number, answer: Answer) => void
  /** The question of call `call` ended: emit its last reply, `end` or `fail`. Not called after `cancel`. Must not use the query app otherwise. */
  readonly done: (call: number, outcome: AskOutcome) => void
}

/** An engine inside a global service. */
export interface QueryApp<Command, Reply> {
  /** Gives the engine what is its. True: nothing is left to do for this command. `wake` runs the whole alarm, so it is always handled. */
  handle(command: Command, emit: Emit<AppEvent<Reply>>): boolean
  /** The way out for what a command of your own leads to; `handle` sets it by itself. */
  use(emit: Emit<AppEvent<Reply>>): void
  /** Asks for a call; `answer` and `done` may be called before this returns. Throws TypeError on numbers that are none: check them in the API. */
  ask(call: number, ask: Ask): void
  /** Stops working on a call's question, without `done`. Does nothing when there is none. */
  cancel(call: number): void
  /** Spreads a value outward; `sent` is told once to how many peers it went, perhaps 0, perhaps before this returns. */
  propagate(spread: Spread, sent?: (peers: number) => void): void
  /** Records of the `count` contacts nearest to a key that proved themselves, nearest first, without `except`. `take` is called once, perhaps before this returns. */
  nearest(
    key: Uint8Array,
    count: number,
    except: readonly PeerId[],
    take: (records: readonly Uint8Array[]) => void
  ): void
  /** Emits to the framework, from anywhere inside `handle`. */
  emit(event: AppEvent<Reply>): void
  stats(): EngineStats
  /** For the service's `close`: ends everything, emits nothing. */
  close(): void
  /** The service's one wake-up, for its own deadlines too. */
  readonly alarm: Alarm
}

/** Makes one. */
export function createQueryApp<Call, Reply, Own = never>(
  options: QueryAppInit<Call, Own>
): QueryApp<AppCommand<Call, Own>, Reply> {
  const { init, parts } = options
  const self = { id: init.self, anonymous: init.mode === 'anonymous', record: undefined }
  /** Tickets of values that wait for the route. */
  const spreading = new Map<number, (peers: number) => void>()
  let spreadNow: { readonly sent: (peers: number) => void; routed: boolean } | undefined
  let spreadSent = 0
  /** Peers that we dialled at an address of their own: only they may have us pass on `direct` queries. */
  const reachable = new Set<PeerId>()
  let cancelling: number | undefined
  let emitNow: Emit<AppEvent<Reply>> = () => true

  const emit = (event: AppEvent<Reply>): void => void emitNow(event)
  const alarm = createAlarm(parts.clock, (delayMs) => emit({ type: 'wake', delayMs }))

  const engine: Engine = createEngine(
    {
      app: init.name,
      self,
      rules: init.options.rules ?? simpleRules(),
      limits: init.options.limits,
      verifyRecord(bytes) {
        const verified = verifyPeerRecord(bytes, init.network, parts.clock.now())
        return verified.ok ? verified.record.id : undefined
      },
    },
    { reachable: (peer) => reachable.has(peer.id), ...options.app },
    {
      send(to, message) {
        if (message.type === 'propagate') spreadSent++
        emit({ type: 'send', to, message })
      },
      sendDirect: (record, message, cause) => emit({ type: 'send-direct', record, message, cause }),
      route(request) {
        if (spreadNow) {
          spreadNow.routed = true
          spreading.set(request.ticket, spreadNow.sent)
        }
        emit({ type: 'route', ...request })
      },
      reach: (ticket, record, cause) => emit({ type: 'reach', ticket, record, cause }),
      answer: options.answer,
      done(call, outcome) {
        if (call !== cancelling) options.done(call, outcome)
      },
      wake: (delayMs) => alarm.by(tick, delayMs),
      silent: (peer) => emit({ type: 'silent', peer }),
      misbehaved: (peer) => emit({ type: 'misbehaved', peer, code: 'MYDHT_INVALID_RECORD' }),
    },
    parts
  )
  const tick = (): void => engine.tick()

  const routed = (command: Extract<AppCommand<Call, Own>, { readonly type: 'routed' }>): void => {
    const sent = spreading.get(command.ticket)
    spreading.delete(command.ticket)
    spreadSent = 0
    engine.routed(command.ticket, command.peers, command.records)
    sent?.(spreadSent)
  }
  /** Requests of the app's own to the route: below 0, where the engine's are not. */
  const asked = new Map<number, (records: readonly Uint8Array[]) => void>()
  let lastAsked = 0

  return {
    alarm,
    emit,
    handle(command, emitThis) {
      emitNow = emitThis
      switch (command.type) {
        case 'message':
          if (!isEngineMessage(command.message)) return false
          engine.message(command.from, command.message)
          return true
        case 'routed': {
          const take = asked.get(command.ticket)
          asked.delete(command.ticket)
          if (take) take(command.records ?? [])
          else routed(command)
          return true
        }
        case 'reached':
          engine.reached(command.ticket, command.peer)
          return true
        case 'undelivered':
          if (!isEngineMessage(command.message)) return false
          engine.undelivered(command.to, command.message, command.reason)
          return true
        case 'writable':
          engine.writable(command.peer)
          return false
        case 'reachable':
          reachable.add(command.peer.id)
          return false
        case 'offline':
          reachable.delete(command.peer.id)
          engine.offline(command.peer)
          return false
        case 'self':
          engine.self({ ...self, record: command.record.slice() })
          return false
        case 'wake':
          alarm.wake()
          return true
        case 'call':
        case 'cancel':
        case 'online':
        case 'connected':
        case 'signed':
        case 'own':
          return false
      }
    },
    use(emitThis) {
      emitNow = emitThis
    },
    ask: (call, ask) => void engine.ask(ask, call),
    cancel(call) {
      cancelling = call
      engine.cancel(call)
      cancelling = undefined
    },
    propagate(spread, sent = () => {}) {
      const now = { sent, routed: false }
      spreadNow = now
      engine.propagate(spread)
      spreadNow = undefined
      // Nobody may be asked (no hops, no budget, a full table): it went nowhere.
      if (!now.routed) sent(0)
    },
    nearest(key, count, exclude, take) {
      lastAsked--
      asked.set(lastAsked, take)
      emit({ type: 'route', ticket: lastAsked, key, count, exclude, discover: false, contacts: 'name' })
    },
    stats: () => engine.stats(),
    close() {
      emitNow = () => true
      engine.close()
    },
  }
}
