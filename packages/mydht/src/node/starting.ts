/**
 * @module node/starting
 * The main loop's state, and its first steps: spawn the services, listen.
 */
import { machine } from '#machine'
import { MyDhtError, toMyDhtError } from '../errors.ts'
import { hasNamedHosts } from '../identity/address.ts'
import type { PeerId } from '../identity/peer-id.ts'
import { realise } from '../part.ts'
import { boundedTable } from '../peers/bounded-table.ts'
import type { PumpParts } from '../peers/connection.ts'
import * as peers from '../peers/defaults.ts'
import { dialPolicy, type DialPolicyOptions } from '../peers/dial-policy.ts'
import { hostCounter } from '../peers/limits.ts'
import type { Handle } from '../service/handle.ts'
import type { ServiceParts } from '../service/service.ts'
import type { Transport } from '../transports/transport.ts'
import { publishAddresses, spawnBuiltins } from './builtins.ts'
import type { MainCommand, MainContext, MainInit } from './context.ts'
import * as defaults from './defaults.ts'
import { isLocalAddress } from './local-address.ts'
import type { NodeLimits } from './limits.ts'
import { loopMonitor } from './loop-monitor.ts'
import { owed } from './owed.ts'
import { createPeerRefs } from './peer-refs.ts'
import { spawnApps } from './services.ts'
import { close } from './shutdown.ts'
import { count, noStats } from './tally.ts'
import { scheduleUpkeep, upkeep } from './upkeep.ts'

/** The main loop's state before anything runs. */
export function createContext(init: MainInit, parts: ServiceParts<MainCommand>): MainContext {
  const nowMs = (): number => parts.clock.monotonicMs()
  const pump: PumpParts = {
    nowMs,
    maxSlabs: init.limits.maxSlabsPerConnection,
    maxEarlyBytes: init.limits.maxEarlyBytes,
    handshakeBytes: (connection, bytes) => context.auth.send({ type: 'bytes', link: connection.id, bytes }),
    readEnded: (connection, end) => void parts.self({ type: 'read-ended', connection, end }),
    overrun: (connection) => void parts.self({ type: 'overrun', connection }),
    writeEvent: (connection, event) => void parts.self({ type: 'from-write', connection, event }),
  }
  const tallies: MainContext['tallies'] = new Map()
  const transport = makeTransport(init, parts, tallies)
  const { maxConnections, maxConnectionsPerHost, maxConnectionsPerBlock } = init.limits
  const context: MainContext = {
    init,
    parts,
    emit: () => true,
    transport,
    route: realise(init.route)({ self: init.self, clock: parts.clock, random: parts.random }),
    sealed: realise(init.shadow)({ network: init.network, staticSecret: parts.random.bytes(32) }).sealed,
    hosts: boundedTable(defaults.maxRememberedHosts),
    proofs: boundedTable(defaults.maxRememberedHosts),
    policy: dialPolicy(dialOptions(transport, init.limits), parts.clock, parts.random),
    admission: hostCounter({
      total: maxConnections,
      perHost: maxConnectionsPerHost,
      perBlock: maxConnectionsPerBlock,
      exemptLocal: true,
    }),
    pump,
    refs: createPeerRefs(init.peerRef, init.limits.maxSharedPeers, parts.random),
    connections: new Map(),
    ending: new Set(),
    peers: new Map(),
    leaving: new Map(),
    reachable: new Set<PeerId>(),
    jobs: new Set(),
    apps: new Map(),
    auth: notStarted(),
    api: notStarted(),
    toAuth: owed(() => context.auth, parts.clock, defaults.maxOwed),
    toApi: owed(() => context.api, parts.clock, defaults.maxOwed),
    nextConnection: 1,
    nextTicket: 1,
    record: undefined,
    addresses: [],
    listening: false,
    apiWake: undefined,
    upkeep: undefined,
    signs: new Map(),
    candidateTickets: new Map(),
    pool: { failedRounds: 0, lastFailureMs: 0, revisits: init.peerStore.store ? init.limits.maxRevisits : 0 },
    startedMs: nowMs(),
    tallies,
    loop: init.measure ? loopMonitor(() => machine.watchLoop(), nowMs) : undefined,
    brokenBy: undefined,
    closing: false,
    closed: false,
    counters: {
      messagesIn: 0,
      messagesOut: 0,
      undelivered: 0,
      refusedByBound: {},
      failedByCode: {},
      refusedConnections: 0,
      failedConnections: 0,
      droppedMessages: 0,
      maybeHandled: 0,
      dials: 0,
      deniedDials: 0,
      probes: 0,
    },
  }
  return context
}

/** Throws MYDHT_BAD_CONFIG where it blocks and its blueprint does not say so: then nobody has looked at where it would. */
function makeTransport(init: MainInit, parts: ServiceParts<MainCommand>, tallies: MainContext['tallies']): Transport {
  const { clock, random, log } = parts
  const { listen, dial, read, write } = init.placement
  const transport = realise(init.transport)({
    clock,
    random,
    log,
    spawners: { listen, dial, read, write },
    spawned: (service, handle) => count(tallies, service, handle),
  })
  if (transport.supports.blocking === (init.transport.blocking === true)) return transport
  void transport.close()
  const message = `transport '${transport.scheme}' and its part disagree on whether it blocks: say blocking: true beside part(…) where supports.blocking is`
  throw new MyDhtError('MYDHT_BAD_CONFIG', message)
}

function dialOptions(transport: Transport, limits: NodeLimits): DialPolicyOptions {
  return {
    scheme: transport.scheme,
    namedHosts: hasNamedHosts(transport.scheme),
    windowMs: limits.dialWindowMs,
    maxPerCause: limits.maxDialsPerCause,
    maxPerHost: limits.maxDialsPerHost,
    maxPerBlock: limits.maxDialsPerBlock,
    maxEntries: peers.maxDialEntries,
    exemptLocal: true,
    firstMs: limits.backOffFirstMs,
    maxMs: limits.backOffMaxMs,
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
    stats: () => noStats,
    close: () => Promise.resolve({ saved: undefined, notSent: [], failedOn: [], maybeHandled: [], failure: undefined }),
    onEnd: () => {},
  }
}

/** Spawns the services and begins to listen. */
export function start(context: MainContext): void {
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

/** The transport listens: our record can be signed, and the program told; unless the shadow hides nothing where strangers could see it. */
export function onListening(context: MainContext, addresses: readonly string[]): void {
  if (context.closing) return
  const exposed = addresses.find((address) => !isLocalAddress(address))
  if (!context.sealed && !context.init.insecure && exposed !== undefined) {
    const message = `the shadow hides nothing and ${exposed} is not loopback: take noise(), or say insecure: true`
    context.emit({ type: 'start-failed', error: new MyDhtError('MYDHT_BAD_CONFIG', message) })
    close(context)
    return
  }
  context.addresses = addresses
  context.listening = true
  publishAddresses(context)
  // Whoever was here before need not wait to look for whom he met then.
  if (context.init.peerStore.store) upkeep(context)
  scheduleUpkeep(context)
  context.emit({ type: 'started', addresses })
}
