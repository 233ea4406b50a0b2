/**
 * @module node/main-loop
 * The service that owns peers and connections and through which all others can reach each other. Reading order: a command comes in here, and
 * goes to `sessions.ts` (connections), `dialing.ts`, `delivery.ts` (messages), `services.ts` (apps), `upkeep.ts` (timers) or `node-calls.ts`.
 */
import type { PeerId } from '../identity/peer-id.ts'
import { MyDhtError, toMyDhtError } from '../errors.ts'
import { realise } from '../part.ts'
import * as peers from '../peers/defaults.ts'
import { dialPolicy, type DialPolicyOptions } from '../peers/dial-policy.ts'
import type { Connection, PumpParts } from '../peers/connection.ts'
import { boundedTable } from '../peers/bounded-table.ts'
import { hostCounter } from '../peers/limits.ts'
import type { Handle } from '../service/handle.ts'
import { define } from '../service/define.ts'
import type { Service, ServiceDefinition, ServiceParts } from '../service/service.ts'
import type { Transport } from '../transports/transport.ts'
import type { ApiEvent } from './api-service.ts'
import type { MainCommand, MainContext, MainEvent, MainInit } from './context.ts'
import * as defaults from './defaults.ts'
import { onWritable, tell } from './delivery.ts'
import { isLocalAddress, jobFailed } from './dialing.ts'
import { onNodeCall, onNodeCallDropped } from './node-calls.ts'
import { later } from './later.ts'
import { owed } from './owed.ts'
import { briefApp, onAppEvent, onLocalEvent, spawnApps, spawnBuiltins } from './services.ts'
import {
  acceptLink,
  closeConnection,
  drain,
  onAuthEvent,
  onReadEnded,
  onReadEvent,
  onReturnDialled,
  onWriteClosed,
  onWriteEvent,
  sendEnd,
  startDialled,
} from './sessions.ts'
import { scheduleUpkeep, upkeep } from './upkeep.ts'

/** The definition of the `main` service. */
export const mainService: ServiceDefinition<MainInit, MainCommand, MainEvent> & { readonly sync: true } = define({
  name: 'main',
  module: import.meta.url,
  sync: true,
  create: createMain,
})

function createMain(init: MainInit, parts: ServiceParts<MainCommand>): Service<MainCommand, MainEvent> {
  const context = createContext(init, parts)
  return {
    handle(command, emit) {
      context.emit = emit
      onCommand(context, command)
    },
    close() {
      if (!context.closed) abandon(context)
    },
  }
}

function createContext(init: MainInit, parts: ServiceParts<MainCommand>): MainContext {
  const nowMs = (): number => parts.clock.monotonicMs()
  const pump: PumpParts = {
    nowMs,
    maxSlabs: init.limits.maxSlabsPerConnection,
    maxEarlyBytes: defaults.maxEarlyBytes,
    handshakeBytes: (connection, bytes) => context.auth.send({ type: 'bytes', link: connection.id, bytes }),
    readEnded: (connection, end) => void parts.self({ type: 'read-ended', connection, end }),
    overrun: (connection) => void parts.self({ type: 'overrun', connection }),
    writeEvent: (connection, event) => void parts.self({ type: 'from-write', connection, event }),
  }
  const transport = realise(init.transport)({ clock: parts.clock, random: parts.random, log: parts.log })
  const { maxConnections, maxConnectionsPerHost } = init.limits
  const context: MainContext = {
    init,
    parts,
    emit: () => true,
    transport,
    route: realise(init.route)({ self: init.self, clock: parts.clock, random: parts.random }),
    sealed: realise(init.shadow)({ network: init.network, staticSecret: parts.random.bytes(32) }).sealed,
    hosts: boundedTable(defaults.maxRememberedHosts),
    policy: dialPolicy(dialOptions(transport), parts.clock, parts.random),
    admission: hostCounter({
      total: maxConnections,
      perHost: maxConnectionsPerHost,
      perBlock: 2 * maxConnectionsPerHost,
      exemptLocal: true,
    }),
    pump,
    connections: new Map(),
    peers: new Map(),
    leaving: new Map(),
    reachable: new Set<PeerId>(),
    jobs: new Set(),
    apps: new Map(),
    auth: notStarted(),
    api: notStarted(),
    toApi: owed(() => context.api, parts.clock, defaults.maxOwed),
    nextConnection: 1,
    nextTicket: 1,
    record: undefined,
    addresses: [],
    apiWake: undefined,
    upkeep: undefined,
    signs: new Map(),
    candidateTickets: new Map(),
    pool: { failedRounds: 0, lastFailureMs: 0 },
    startedMs: nowMs(),
    closing: false,
    closed: false,
    counters: {
      messagesIn: 0,
      messagesOut: 0,
      undelivered: 0,
      refusedConnections: 0,
      failedConnections: 0,
      droppedMessages: 0,
      dials: 0,
      deniedDials: 0,
      probes: 0,
    },
  }
  return context
}

function dialOptions(transport: Transport): DialPolicyOptions {
  return {
    scheme: transport.scheme,
    namedHosts: transport.scheme === 'memory',
    windowMs: peers.dialWindowMs,
    maxPerCause: peers.maxDialsPerCause,
    maxPerHost: peers.maxDialsPerHost,
    maxPerBlock: peers.maxDialsPerBlock,
    maxEntries: peers.maxDialEntries,
    exemptLocal: true,
    firstMs: peers.backOffFirstMs,
    maxMs: peers.backOffMaxMs,
  }
}

/** Stands where a service will be once `start` has spawned it; takes nothing. */
function notStarted<Command>(): Handle<Command, never> {
  return {
    send: () => false,
    call: () => Promise.reject(new MyDhtError('MYDHT_CLOSED', 'the node has not started')),
    drained: () => Promise.resolve(),
    state: 'suspended',
    failure: undefined,
    stats: () => ({ queued: 0, handled: 0, busyMs: 0, lagMs: 0, restarts: 0, dropped: 0 }),
    close: () => Promise.resolve({ saved: undefined, notSent: [], maybeHandled: [], failure: undefined }),
    onEnd: () => {},
  }
}

function onCommand(context: MainContext, command: MainCommand): void {
  switch (command.type) {
    case 'from-read':
      return onReadEvent(context, command.connection, command.event)
    case 'from-app':
      return onAppEvent(context, command.app, command.event)
    case 'from-api':
      return onApiEvent(context, command.event)
    case 'call':
      if (context.toApi.waiting > 0 || !context.api.send(command)) refuseCall(context, command.id)
      return
    case 'cancel':
      context.toApi.send(command)
      return
    case 'from-auth':
      return onAuthEvent(context, command.event)
    case 'from-write':
      return onWriteEvent(context, command.connection, command.event)
    case 'from-local':
      return onLocalEvent(context, command.app, command.peer, command.event)
    case 'link':
      return acceptLink(context, command.link)
    case 'dialled':
      return startDialled(context, command.job, command.address, command.link)
    case 'dial-failed':
      if (context.jobs.has(command.job)) jobFailed(context, command.job, command.address, command.error)
      return
    case 'return-dialled':
      return onReturnDialled(context, command.connection, command.link)
    case 'return-failed':
      return closeConnection(context, command.connection, command.error.code, command.error.message)
    case 'read-ended':
      return onReadEnded(context, command.connection, command.end)
    case 'write-closed':
      return onWriteClosed(context, command.connection, command.end)
    case 'overrun':
      return closeConnection(context, command.connection, 'MYDHT_BUSY', 'more bytes than the services have room for')
    case 'end-again':
      return sendEnd(context, command.connection)
    case 'writable':
      return onWritable(context, command.connection)
    case 'app-wake':
      command.app.wake = undefined
      tell(context, command.app, { type: 'wake' })
      return
    case 'app-restarted':
      return briefApp(context, command.app)
    case 'api-wake':
      context.toApi.send({ type: 'wake' })
      return
    case 'upkeep':
      upkeep(context)
      if (!context.closing) scheduleUpkeep(context)
      return
    case 'service-ended':
      return onServiceEnded(context, command)
    case 'start':
      return start(context)
    case 'listening':
      return onListening(context, command.addresses)
    case 'listen-failed':
      context.emit({ type: 'start-failed', error: command.error })
      return close(context)
    case 'close':
      return close(context)
    case 'drained':
      return finishClose(context)
  }
}

function refuseCall(context: MainContext, id: number): void {
  context.emit({
    type: 'fail',
    id,
    code: 'MYDHT_BUSY',
    message: 'the api service has no room for another call: await some of them first',
  })
}

function start(context: MainContext): void {
  spawnBuiltins(context, context.init)
  spawnApps(context, context.init)
  context.transport
    .listen((link) => {
      if (context.parts.self({ type: 'link', link })) return
      link.write?.close()
      link.read.close()
    })
    .then(
      (addresses) => context.parts.self({ type: 'listening', addresses }),
      (thrown: unknown) => {
        const error = toMyDhtError(thrown, 'MYDHT_CONNECT_FAILED', 'the node cannot listen')
        return context.parts.self({ type: 'listen-failed', error })
      }
    )
}

function onListening(context: MainContext, addresses: readonly string[]): void {
  if (context.closing) return
  const exposed = addresses.find((address) => !isLocalAddress(address))
  if (!context.sealed && !context.init.insecure && exposed !== undefined) {
    const message = `the shadow hides nothing and ${exposed} is not loopback: take noise(), or say insecure: true`
    context.emit({ type: 'start-failed', error: new MyDhtError('MYDHT_BAD_CONFIG', message) })
    close(context)
    return
  }
  context.addresses = addresses
  const clientOnly = context.init.clientOnly || addresses.length === 0
  context.auth.send({ type: 'addresses', addresses: clientOnly ? [] : addresses, clientOnly })
  scheduleUpkeep(context)
  context.emit({ type: 'started', addresses })
}

function onApiEvent(context: MainContext, event: ApiEvent): void {
  switch (event.type) {
    case 'forward': {
      if (event.app === '') return onNodeCall(context, event.id, event.call)
      const app = context.apps.get(event.app)
      if (app) tell(context, app, { type: 'call', id: event.id, call: event.call })
      return
    }
    case 'drop': {
      if (event.app === '') return onNodeCallDropped(context, event.id)
      const app = context.apps.get(event.app)
      if (app) tell(context, app, { type: 'cancel', id: event.id })
      return
    }
    case 'wake':
      context.apiWake?.cancel()
      context.apiWake = later(context, event.delayMs, { type: 'api-wake' })
      return
    case 'reply':
    case 'end':
    case 'fail':
      context.emit(event)
  }
}

function onServiceEnded(context: MainContext, command: Extract<MainCommand, { type: 'service-ended' }>): void {
  const { failure } = command.ended
  if (!failure || context.closing) return
  context.parts.log('error', 'service-failed', { service: command.service, message: failure.message })
  context.emit({ type: 'event', event: { type: 'service-failed', service: command.service, message: failure.message } })
  if (command.connection) closeConnection(context, command.connection, failure.code, failure.message)
  else close(context)
}

function close(context: MainContext): void {
  if (context.closing) return
  context.closing = true
  context.upkeep?.cancel()
  for (const job of context.jobs) job.abort.abort(new MyDhtError('MYDHT_CLOSED', 'the node is closing'))
  for (const connection of context.connections.values()) shut(context, connection)
  // The other ends say their `end`; the last connection to close, or the deadline, goes on.
  context.upkeep = later(context, context.init.limits.closeMs, { type: 'drained' })
  if (context.connections.size === 0) finishClose(context)
}

/** The main loop itself failed: nothing is ended in order any more, but nothing may stay open either. */
function abandon(context: MainContext): void {
  context.closing = true
  context.closed = true
  context.upkeep?.cancel()
  context.apiWake?.cancel()
  for (const job of context.jobs) job.abort.abort(new MyDhtError('MYDHT_CLOSED', 'the node has failed'))
  for (const connection of context.connections.values()) {
    connection.phase = 'closed'
    connection.abortReturn?.abort(new MyDhtError('MYDHT_CLOSED', 'the node has failed'))
    void connection.reader?.close()
    void connection.writer?.close()
    for (const local of connection.locals.values()) void local.close()
  }
  for (const app of context.apps.values()) {
    app.wake?.cancel()
    void app.handle.close()
  }
  void context.auth.close()
  void context.api.close()
  // Drops every link that is still open.
  void context.transport.close()
}

function shut(context: MainContext, connection: Connection): void {
  if (connection.phase === 'online') drain(context, connection, '')
  else if (connection.phase !== 'draining') closeConnection(context, connection, 'MYDHT_CLOSED')
}

function finishClose(context: MainContext): void {
  if (context.closed) return
  context.closed = true
  context.upkeep?.cancel()
  for (const connection of context.connections.values()) closeConnection(context, connection, 'MYDHT_CLOSED')
  context.apiWake?.cancel()
  for (const app of context.apps.values()) app.wake?.cancel()
  const ending = [...context.apps.values()].map((app) => app.handle.close())
  void Promise.allSettled([...ending, context.auth.close(), context.api.close(), context.transport.close()]).then(
    () => {
      context.emit({ type: 'closed' })
    }
  )
}
