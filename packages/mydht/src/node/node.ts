/**
 * @module node/node
 * `createNode`: from a configuration to a running node, and the node as the program sees it. Not here: what the node does (`main-loop.ts`).
 */
import type { ApiFacts } from '../apps/app.ts'
import type { PeersApi } from '../apps/peers/peer-store.ts'
import { peerStore } from '../apps/peers/peer-store.ts'
import { MyDhtError } from '../errors.ts'
import { addressWithId } from '../identity/address.ts'
import { peerIdFromBytes, type PeerId } from '../identity/peer-id.ts'
import { load, loadParts } from '../part.ts'
import type { RefKind } from '../service/spawner.ts'
import type { TransportPart } from '../transports/transport.ts'
import { createCalls, type Calls } from './calls.ts'
import {
  publicKeyOf,
  resolveConfig,
  type AnyApp,
  type NodeConfig,
  type NodeEvent,
  type ResolvedConfig,
} from './config.ts'
import type { MainEvent, MainInit, NodeCall, PeerInfo } from './context.ts'
import * as defaults from './defaults.ts'
import { join } from './joining.ts'
import { mainService } from './main-loop.ts'
import type { NodeServiceStats, NodeStats } from './node-calls.ts'
import { checkPlacement } from './placement-check.ts'
import type { CheckedPlacement, Placement } from './placement-types.ts'
import { boundsOf, spawnerOf } from './placement.ts'

/** The API that an app's factory declares. */
export type ApiOf<A> = A extends { readonly api: (...args: never) => infer Api } ? Api : never

/** How a wait is left. */
export interface WaitOptions {
  /** @default limits.callTimeoutMs */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** What every node offers beside its apps. */
export interface NodeCore {
  readonly id: PeerId
  /** The first of `addresses`; '' for a node that does not listen. */
  readonly address: string
  /** Where others reach this node, with its PeerId: `tcp://<PeerId>@host:port`. */
  readonly addresses: readonly string[]
  readonly network: string
  /** The peer store: peers by id, across hops. */
  readonly peers: Omit<PeersApi, 'connected'> & {
    /** Peers that are online now. */
    connected(options?: WaitOptions): Promise<readonly PeerInfo[]>
  }
  /**
   * Connects to a node and gives its id, once both sides have accepted. Connected already: at once. Rejects with MYDHT_BAD_ADDRESS,
   * MYDHT_CONNECT_FAILED, MYDHT_REFUSED, one of the MYDHT_WRONG_… codes, MYDHT_TIMEOUT, or `signal.reason`.
   */
  connect(address: string, options?: WaitOptions): Promise<{ readonly id: PeerId }>
  /** Ends the connection to a peer in order. False: there was none. */
  disconnect(peer: PeerId, options?: WaitOptions): Promise<boolean>
  stats(options?: WaitOptions): Promise<NodeStats>
  /** Ends every connection in order and leaves no handle open. Idempotent. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** A running node with its apps as properties. */
export type Node<Apps> = NodeCore & { readonly [K in keyof Apps]: ApiOf<Apps[K]> }

/** A configuration whose placement is checked against its apps. */
export type CheckedConfig<
  Apps extends Readonly<Record<string, AnyApp>>,
  P,
  Kind extends RefKind = 'copied',
  Transport extends TransportPart = TransportPart,
> = NodeConfig<Apps> & {
  readonly transport: Transport
  readonly peerRef?: Kind | undefined
  readonly placement?: (P & CheckedPlacement<Apps, P, Kind, Transport>) | undefined
}

/**
 * Starts a node: listens, then joins: dials every address of `join`, and waits until one has answered and the others have too, or `limits.joinRestMs` are over. Rejects with MYDHT_BAD_CONFIG, MYDHT_CONNECT_FAILED (cannot listen, or none of several in `join` answered),
 * or with what `connect` says of the only address in `join`. A node with a `peerStore.store` does not need `join` to answer if a peer that it kept does.
 *
 * @example
 * const node = await createNode({ transport: tcp(), apps: { kv: kv() } })
 * const { key } = await node.kv.put('hello')
 * await node.close()
 */
export async function createNode<
  const Apps extends Readonly<Record<string, AnyApp>> = Readonly<Record<never, AnyApp>>,
  const P extends Placement<Apps> = Readonly<Record<never, never>>,
  const Kind extends RefKind = 'copied',
  const Transport extends TransportPart = TransportPart,
>(config: CheckedConfig<Apps, P, Kind, Transport>): Promise<Node<Apps>> {
  const resolved = resolveConfig(config)
  config.signal?.throwIfAborted()
  const placement: MainInit['placement'] = config.placement ?? {}
  checkPlacement(resolved, placement)
  const init = await initOf(resolved, placement)
  const running = start(resolved, init)
  const core = createCore(resolved, init, running, await running.started)
  const node: Record<PropertyKey, unknown> = { ...core }
  try {
    for (const [name, app] of Object.entries(resolved.apps)) node[name] = apiOf(app, running.calls, factsOf(init, name))
    await ready(resolved, running.calls, config.signal)
  } catch (thrown) {
    // Nobody would have it to close.
    await running.close()
    throw thrown
  }
  if (resolved.join.length > 0) await join(core, resolved, running.met, config.signal)
  // Built from the same `apps` as the type: each property is what that app's `api` gave.
  return node as unknown as Node<Apps>
}

async function initOf(config: ResolvedConfig, placement: MainInit['placement']): Promise<MainInit> {
  return {
    self: peerIdFromBytes(publicKeyOf(config.seed)),
    seed: config.seed,
    network: config.network,
    mode: config.mode,
    transport: await load(config.transport),
    shadow: await load(config.shadow),
    insecure: config.insecure,
    encoding: await load(config.encoding),
    route: await load(config.route),
    peerStore: config.peerStore,
    accept: config.accept && (await load(config.accept)),
    apps: await Promise.all(
      Object.entries(config.apps).map(async ([name, app]) => ({
        name,
        options: await loadParts(app.options),
        global: app.global,
        local: app.local,
      }))
    ),
    peerRef: config.peerRef,
    placement,
    clientOnly: config.clientOnly,
    wantedConnections: config.wantedConnections,
    limits: config.limits,
    measure: config.measure,
  }
}

interface Running {
  readonly calls: Calls
  readonly started: Promise<readonly string[]>
  /** Settles when the first peer is online. */
  readonly met: Promise<void>
  /** The main service as `stats()` shows it. */
  readonly mainStats: () => NodeServiceStats
  readonly close: () => Promise<void>
}

function start(config: ResolvedConfig, init: MainInit): Running {
  let onStarted: (addresses: readonly string[]) => void = () => {}
  let onStartFailed: (error: MyDhtError) => void = () => {}
  let onClosed: () => void = () => {}
  const started = new Promise<readonly string[]>((resolve, reject) => {
    onStarted = resolve
    onStartFailed = reject
  })
  const closed = new Promise<void>((resolve) => {
    onClosed = resolve
  })
  let onMet: () => void = () => {}
  const met = new Promise<void>((resolve) => {
    onMet = resolve
  })
  const onEvent = (event: MainEvent): void => {
    switch (event.type) {
      case 'reply':
        return calls.reply(event.id, event.value, event.last)
      case 'end':
        return calls.end(event.id)
      case 'fail':
        return calls.fail(event.id, event.code, event.message)
      case 'calls-lost':
        return calls.lose(new Set(event.except), new MyDhtError('MYDHT_SERVICE_FAILED', event.message))
      case 'event':
        if (event.event.type === 'peer-online') onMet()
        return tellProgram(config, event.event)
      case 'started':
        return onStarted(event.addresses)
      case 'start-failed':
        return onStartFailed(event.error)
      case 'closed':
        calls.close(new MyDhtError('MYDHT_CLOSED', event.message))
        return onClosed()
    }
  }
  const spawner = spawnerOf(init, 'main')
  const { clock, random, log, measure } = config
  const parts = { clock, random, log, measure, bounds: boundsOf(init, 'main') }
  const main = spawner.spawn(mainService, init, parts, {
    send: (event: MainEvent) => {
      onEvent(event)
      return true
    },
  })
  const calls = createCalls(
    {
      call: (id, app, call, timeoutMs) => main.send({ type: 'call', id, app, call, timeoutMs }),
      cancel: (id) => {
        main.send({ type: 'cancel', id })
      },
    },
    config.limits.callTimeoutMs
  )
  main.onEnd((ended) => {
    const error = ended.failure ?? new MyDhtError('MYDHT_CLOSED', 'the node is closed: make a new one')
    calls.close(error)
    onStartFailed(error)
    onClosed()
  })
  main.send({ type: 'start' })
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => {
    closing ??= (async () => {
      // A full queue takes it later; one that ended needs it no more.
      while (!main.send({ type: 'close' }) && main.state === 'running')
        await main.drained(new AbortController().signal).catch(() => {})
      await closed
      await main.close()
    })()
    return closing
  }
  return {
    calls,
    met,
    started: started.catch((error: unknown) => close().then(() => Promise.reject(error))),
    mainStats: () => ({ ...main.stats(), spawner: spawner.kind, instances: 1 }),
    close,
  }
}

function factsOf(init: MainInit, name: string): ApiFacts {
  return { name, self: init.self, network: init.network }
}

/** Waits until apps and peer store have what they need, a store on disk above all. Rejects with what the first of them fails with. */
async function ready(
  { apps, peerStore: { store } }: ResolvedConfig,
  calls: Calls,
  signal: AbortSignal | undefined
): Promise<void> {
  const waits = Object.entries(apps).map(([name, app]) => ({ name, call: app.ready }))
  if (store) waits.push({ name: 'peers', call: { type: 'ready' } })
  const options = { timeoutMs: defaults.readyMs, signal }
  await Promise.all(
    waits.filter(({ call }) => call !== undefined).map(({ name, call }) => calls.caller(name).call(call, options))
  )
}

/** The program's own code must not take the node down. */
function tellProgram(config: ResolvedConfig, event: NodeEvent): void {
  try {
    config.onEvent(event)
  } catch (thrown) {
    config.log('error', 'event-listener-failed', { event: event.type, message: String(thrown) })
  }
}

/** Calls an app's `api`; sound for the same reason as `asGlobal`: the app tied its caller's types to its own services'. */
function apiOf(app: AnyApp, calls: Calls, facts: ApiFacts): unknown {
  return app.api(calls.caller(facts.name) as never, facts as never)
}

function createCore(
  config: ResolvedConfig,
  init: MainInit,
  { calls, mainStats, close }: Running,
  links: readonly string[]
): NodeCore {
  // Nobody can prove a PeerId where peers are anonymous.
  const addresses = init.mode === 'anonymous' ? links : links.map((link) => addressWithId(link, init.self))
  const own = calls.caller<NodeCall, unknown>('')
  const peers = peerStore().api(calls.caller('peers'), factsOf(init, 'peers'))
  return {
    id: init.self,
    address: addresses[0] ?? '',
    addresses,
    network: config.network,
    // Each reply below is what `node-calls.ts` gives for that call.
    peers: {
      ...peers,
      connected: (options) => own.call({ type: 'connected' }, options) as Promise<readonly PeerInfo[]>,
    },
    connect: (address, options) => own.call({ type: 'connect', address }, options) as Promise<{ readonly id: PeerId }>,
    disconnect: (peer, options) => own.call({ type: 'disconnect', peer }, options) as Promise<boolean>,
    stats: async (options) => {
      const stats = (await own.call({ type: 'stats' }, options)) as NodeStats
      return { ...stats, services: { main: mainStats(), ...stats.services } }
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}
