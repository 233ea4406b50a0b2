/**
 * @module node/config
 * What a program says about its node: one readonly object, with defaults. Not here: what is done with it (`node.ts`, `main-loop.ts`).
 */
import { crypto } from '#crypto'
import type { NodeMode } from '../identity/mode.ts'
import type { PeerStoreOptions } from '../apps/peers/protocol.ts'
import { systemClock, type Clock } from '../clock.ts'
import { binary } from '../encodings/binary.ts'
import type { EncodingPart } from '../encodings/encoding.ts'
import { MyDhtError } from '../errors.ts'
import { silent, type Log } from '../log.ts'
import type { Part } from '../part.ts'
import type { AcceptHook } from '../peers/accept.ts'
import { systemRandom, type Random } from '../random.ts'
import { flood } from '../routes/flood.ts'
import type { RoutePart } from '../routes/route.ts'
import type { RefKind } from '../service/spawner.ts'
import type { ErasedDefinition } from './erased.ts'
import { noise } from '../shadows/noise.ts'
import type { ShadowPart } from '../shadows/shadow.ts'
import { isAppName } from '../wire/checks.ts'
import type { TransportPart } from '../transports/transport.ts'
import { checkShape } from './config-check.ts'
import * as defaults from './defaults.ts'
import { resolveLimits, type NodeLimits } from './limits.ts'

/** An app in a configuration, whatever its types. */
export interface AnyApp {
  readonly options: unknown
  readonly global: ErasedDefinition
  readonly local?: ErasedDefinition | undefined
  readonly ready?: unknown
  readonly api: (caller: never, facts: never) => unknown
}

/** What a program says about its node. Only `transport` must be given. */
export interface NodeConfig<Apps extends Readonly<Record<string, AnyApp>> = Readonly<Record<never, AnyApp>>> {
  /** How nodes are reached: `tcp()`, `memory()`. */
  readonly transport: TransportPart
  /** What the node is for. The key is the app's name on the node and on the wire: 1 to 32 of `a-z 0-9 -`. */
  readonly apps?: Apps | undefined
  /** Addresses of nodes to connect to at the start: `tcp://host:port` or, better, `tcp://<PeerId>@host:port`. One must answer, or a peer that `peerStore.store` kept. */
  readonly join?: readonly string[] | undefined
  /** 32 secret bytes that make the node's identity: of a key file (`readOrCreateKeyFile` of `mydht/identity`), or, by default, fresh ones for this run. */
  readonly seed?: Uint8Array | undefined
  /** Nodes talk only within one network. @default 'mydht' */
  readonly network?: string | undefined
  /** @default 'public' */
  readonly mode?: NodeMode | undefined
  /** @default noise() */
  readonly shadow?: ShadowPart | undefined
  /** Allows a shadow that hides nothing (`none`) off loopback. @default false */
  readonly insecure?: boolean | undefined
  /** @default binary() */
  readonly encoding?: EncodingPart | undefined
  /** @default flood() */
  readonly route?: RoutePart | undefined
  /** Bounds and rules of the peer store. */
  readonly peerStore?: PeerStoreOptions | undefined
  /**
   * How services hold a peer: `copied` (a value of its own in each message), `local` (one object per peer and thread), `shared` (a slot of memory that all threads see).
   * What a placement allows is in docs/PLACEMENT.md. @default 'copied': works with every spawner
   */
  readonly peerRef?: RefKind | undefined
  /** Decides who may connect. @default everybody who can prove a PeerId */
  readonly accept?: Part<AcceptHook> | undefined
  /** Never named to others, never dialled: for short-lived nodes. @default false */
  readonly clientOnly?: boolean | undefined
  /** How many connections the node tries to hold by itself, from the peers that it knows. @default 0: only those asked for */
  readonly wantedConnections?: number | undefined
  readonly limits?: { readonly [K in keyof NodeLimits]?: NodeLimits[K] | undefined } | undefined
  /** Gives up starting and joining: `createNode` rejects with its reason and nothing stays open. Later it has no effect. */
  readonly signal?: AbortSignal | undefined
  /** Told of peers that come and go and of what was refused. Must not throw. */
  readonly onEvent?: ((event: NodeEvent) => void) | undefined
  /** Measures `busyMs` of every service and the event loop's delay, for `stats()`: two clock readings per command and 200 wake-ups a second. @default false */
  readonly measure?: boolean | undefined
  readonly clock?: Clock | undefined
  readonly random?: Random | undefined
  readonly log?: Log | undefined
}

/** What a node tells without being asked. */
export type NodeEvent =
  | { readonly type: 'peer-online'; readonly peer: string; readonly incoming: boolean }
  /** `code` is '' in good order, else one of ours, or `remote:` and the other side's own word. */
  | { readonly type: 'peer-offline'; readonly peer: string; readonly code: string }
  /** It was dialled at an address of its own record and proved itself there: it may be named to others. */
  | { readonly type: 'peer-reachable'; readonly peer: string }
  | {
      readonly type: 'connection-failed'
      readonly remoteHost: string
      readonly incoming: boolean
      readonly code: string
    }
  /** A service failed and comes back in `delayMs`. `maybeHandled`: commands that were on their way to it; nobody knows whether they were handled. */
  | {
      readonly type: 'service-restarting'
      readonly service: string
      readonly message: string
      readonly delayMs: number
      readonly maybeHandled: number
    }
  /** A service failed for good, and its node closes itself; or a connection's own, and the connection is closed. */
  | { readonly type: 'service-failed'; readonly service: string; readonly message: string }

/** A configuration with nothing left out. */
export interface ResolvedConfig {
  readonly transport: TransportPart
  readonly apps: Readonly<Record<string, AnyApp>>
  readonly join: readonly string[]
  readonly seed: Uint8Array
  readonly network: string
  readonly mode: NodeMode
  readonly shadow: ShadowPart
  readonly insecure: boolean
  readonly encoding: EncodingPart
  readonly route: RoutePart
  readonly peerStore: PeerStoreOptions
  readonly peerRef: RefKind
  readonly accept: Part<AcceptHook> | undefined
  readonly clientOnly: boolean
  readonly wantedConnections: number
  readonly limits: NodeLimits
  readonly onEvent: (event: NodeEvent) => void
  readonly measure: boolean
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

const taken = new Set([
  'id',
  'address',
  'addresses',
  'network',
  'peers',
  'connect',
  'disconnect',
  'stats',
  'close',
  'then',
])

/** Merges the defaults in, once, and checks. Throws MYDHT_BAD_CONFIG. */
export function resolveConfig(config: NodeConfig<Readonly<Record<string, AnyApp>>>): ResolvedConfig {
  checkShape(config)
  const random = config.random ?? systemRandom
  const apps = config.apps ?? {}
  for (const name of Object.keys(apps)) checkAppName(name)
  const seed = config.seed ?? random.bytes(32)
  if (seed.length !== 32)
    throw new MyDhtError(
      'MYDHT_BAD_CONFIG',
      `seed has ${seed.length} bytes: an identity is made of exactly 32 secret bytes`
    )
  const network = config.network ?? defaults.network
  const networkBytes = new TextEncoder().encode(network).length
  if (networkBytes < 1 || networkBytes > 64) {
    throw new MyDhtError('MYDHT_BAD_CONFIG', `network has ${networkBytes} bytes: name it with 1 to 64`)
  }
  return {
    transport: config.transport,
    apps,
    join: config.join ?? [],
    // A copy of our own, which is zeroed once the auth service has it. Not `slice`: of a Buffer that is a view.
    seed: config.seed === undefined ? seed : new Uint8Array(seed),
    network,
    mode: config.mode ?? 'public',
    shadow: config.shadow ?? noise(),
    insecure: config.insecure ?? false,
    encoding: config.encoding ?? binary(),
    route: config.route ?? flood(),
    peerStore: config.peerStore ?? {},
    peerRef: config.peerRef ?? defaults.peerRef,
    accept: config.accept,
    clientOnly: config.clientOnly ?? false,
    wantedConnections: config.wantedConnections ?? 0,
    limits: resolveLimits({ ...config.limits }),
    onEvent: config.onEvent ?? (() => {}),
    measure: config.measure ?? false,
    clock: config.clock ?? systemClock,
    random,
    log: config.log ?? silent,
  }
}

function checkAppName(name: string): void {
  if (!isAppName(name) || taken.has(name)) {
    throw new MyDhtError(
      'MYDHT_BAD_CONFIG',
      `app name '${name}' is not usable: take 1 to 32 of a-z 0-9 - and none of ${[...taken].join(', ')}`
    )
  }
}

/** The identity's public part, needed before the auth service speaks. */
export function publicKeyOf(seed: Uint8Array): Uint8Array {
  return crypto.ed25519KeyPair(seed).publicKey
}
