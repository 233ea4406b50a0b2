/**
 * @module node/context
 * What the parts of the main loop share: its init, its commands and events, and its tables. Only the main loop changes them.
 */
import type { AppEvent, AppCommand, LocalCommand, LocalEvent } from '../apps/app.ts'
import type { NodeMode } from '../identity/mode.ts'
import type { NamedRecord, PeerStoreEvent, PeerStoreOptions, PeerStoreRequest } from '../apps/peers/protocol.ts'
import type { EncodingPart } from '../encodings/encoding.ts'
import type { ErrorCode, MyDhtError } from '../errors.ts'
import type { PeerId } from '../identity/peer-id.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import type { Part } from '../part.ts'
import type { AcceptHook } from '../peers/accept.ts'
import type { AuthCommand, AuthEvent } from '../peers/auth-service.ts'
import type { Connection, PumpParts } from '../peers/connection.ts'
import type { DialPolicy } from '../peers/dial-policy.ts'
import type { BoundedTable } from '../peers/bounded-table.ts'
import type { HostCounter } from '../peers/limits.ts'
import type { ReadEvent } from '../peers/read-service.ts'
import type { WriteEvent } from '../peers/write-service.ts'
import type { Route, RoutePart } from '../routes/route.ts'
import type { Ended, Handle } from '../service/handle.ts'
import type { Returned } from '../service/remote/direct-link.ts'
import type { ServiceParts } from '../service/service.ts'
import type { RefKind, Spawner } from '../service/spawner.ts'
import type { ShadowPart } from '../shadows/shadow.ts'
import type { IncomingLink, OutgoingLink, StreamEnd, Transport, TransportPart } from '../transports/transport.ts'
import type { AppMessage } from '../wire/messages.ts'
import type { ApiCommand, ApiEvent } from './api-service.ts'
import type { NodeEvent } from './config.ts'
import type { NodeLimits } from './limits.ts'
import type { LoopMonitor } from './loop-monitor.ts'
import type { ErasedDefinition, LocalDefinition } from './erased.ts'
import type { Unloaded } from './main-crossing.ts'
import type { Owed } from './owed.ts'
import type { PeerRefs } from './peer-refs.ts'
import type { Tally } from './tally.ts'

/** One app of the configuration, without its API (that stays on the program's side). */
export interface MainApp {
  readonly name: string
  readonly options: unknown
  readonly global: ErasedDefinition
  readonly local: ErasedDefinition | undefined
}

/** What the main loop starts with. */
export interface MainInit {
  readonly self: PeerId
  /** The node's own copy; all zeros once the auth service has made its keys. */
  readonly seed: Uint8Array
  readonly network: string
  readonly mode: NodeMode
  readonly transport: TransportPart
  readonly shadow: ShadowPart
  readonly insecure: boolean
  readonly encoding: EncodingPart
  readonly route: RoutePart
  readonly peerStore: PeerStoreOptions
  readonly accept: Part<AcceptHook> | undefined
  readonly apps: readonly MainApp[]
  /** How services hold peers. */
  readonly peerRef: RefKind
  readonly placement: Readonly<Record<string, Spawner | undefined>>
  /** What came from another thread by its name, until it is loaded; `apps` and `placement` are empty until then. */
  readonly unloaded?: Unloaded | undefined
  readonly clientOnly: boolean
  readonly wantedConnections: number
  readonly limits: NodeLimits
  readonly measure: boolean
}

/** A peer as the program sees it. `id` is random for anonymous peers. */
export interface PeerInfo {
  readonly id: PeerId
  readonly host: string
  readonly incoming: boolean
  readonly apps: readonly string[]
  readonly priority: number
  /** We dialled it at an address of its own record and it proved itself there. */
  readonly reachable: boolean
  readonly bytesIn: number
  readonly bytesOut: number
}

/** What the program asks of the node itself. */
export type NodeCall =
  | { readonly type: 'connect'; readonly address: string }
  | { readonly type: 'disconnect'; readonly peer: PeerId }
  | { readonly type: 'connected' }
  | { readonly type: 'stats' }

/** Who waits for a connection. */
export type Waiter =
  | { readonly type: 'call'; readonly id: number }
  | { readonly type: 'app'; readonly app: string; readonly ticket: number }
  | { readonly type: 'message'; readonly app: string; readonly message: AppMessage }
  /** Somebody in the main loop itself. */
  | { readonly type: 'told'; readonly tell: (peer: PeerRef | undefined) => void }
  | { readonly type: 'probe'; readonly connection: Connection }
  | { readonly type: 'nobody' }

/** Addresses being tried, one after the other, until one leads to a connection. */
export interface DialJob {
  readonly addresses: readonly string[]
  next: number
  /** The addresses that were dialled: our own limits let them pass. */
  readonly tried: string[]
  readonly expected: PeerId | undefined
  readonly probe: boolean
  /** Who made us dial; undefined: our own user. */
  readonly cause: PeerId | undefined
  readonly waiters: Waiter[]
  /** Calls off the dial of the present address. */
  abort: AbortController
  connection: number | undefined
  startedMs: number
  lastError: MyDhtError | undefined
}

/** Everything that is said to the main loop: by the program (the first three), by its sources and services (the others). */
export type MainCommand =
  | {
      readonly type: 'call'
      readonly id: number
      readonly app: string
      readonly call: unknown
      readonly timeoutMs: number
    }
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'close' }
  | { readonly type: 'start' }
  | { readonly type: 'listening'; readonly addresses: readonly string[] }
  | { readonly type: 'listen-failed'; readonly error: MyDhtError }
  | { readonly type: 'link'; readonly link: IncomingLink }
  | { readonly type: 'dialled'; readonly job: DialJob; readonly address: string; readonly link: OutgoingLink }
  | { readonly type: 'dial-failed'; readonly job: DialJob; readonly address: string; readonly error: MyDhtError }
  | { readonly type: 'return-dialled'; readonly connection: Connection; readonly link: OutgoingLink }
  | { readonly type: 'return-failed'; readonly connection: Connection; readonly error: MyDhtError }
  | { readonly type: 'read-ended'; readonly connection: Connection; readonly end: StreamEnd }
  | { readonly type: 'write-closed'; readonly connection: Connection; readonly end: StreamEnd }
  | { readonly type: 'overrun'; readonly connection: Connection }
  | { readonly type: 'from-auth'; readonly event: AuthEvent }
  | { readonly type: 'from-read'; readonly connection: Connection; readonly event: ReadEvent }
  | {
      readonly type: 'from-write'
      readonly connection: Connection
      readonly event: Exclude<WriteEvent, { readonly type: 'bytes' }>
    }
  | { readonly type: 'from-app'; readonly app: RunningApp; readonly event: AppEvent<unknown> | PeerStoreEvent }
  | {
      readonly type: 'from-local'
      readonly app: RunningApp
      readonly peer: PeerRef
      readonly event: LocalEvent<unknown, unknown>
    }
  | { readonly type: 'from-api'; readonly event: ApiEvent }
  | { readonly type: 'writable'; readonly connection: Connection }
  | { readonly type: 'end-again'; readonly connection: Connection }
  | { readonly type: 'app-wake'; readonly app: RunningApp }
  | { readonly type: 'app-restarted'; readonly app: RunningApp }
  /** The app has a running service again, which may be linked. */
  | { readonly type: 'app-back'; readonly app: RunningApp }
  | { readonly type: 'api-back' }
  /** What was said before a direct link began has been passed on. */
  | { readonly type: 'passed'; readonly passed: () => void }
  | {
      readonly type: 'messages-returned'
      readonly app: RunningApp
      readonly returned: Returned<AppCommand<unknown, unknown> | PeerStoreRequest>
    }
  | { readonly type: 'answers-returned'; readonly returned: Returned<ApiCommand> }
  | { readonly type: 'auth-lost' }
  | { readonly type: 'auth-restarted' }
  | {
      readonly type: 'local-failed'
      readonly app: RunningApp
      readonly peer: PeerRef
      readonly ended: Ended<LocalCommand>
    }
  | { readonly type: 'api-wake' }
  | { readonly type: 'upkeep' }
  /** A deadline of the main loop's own. */
  | { readonly type: 'due'; readonly run: () => void }
  | {
      readonly type: 'service-ended'
      readonly service: string
      readonly connection: Connection | undefined
      readonly ended: Ended<unknown>
    }
  | { readonly type: 'drained' }

/** What the main loop tells the program. */
export type MainEvent =
  | { readonly type: 'started'; readonly addresses: readonly string[] }
  | { readonly type: 'start-failed'; readonly error: MyDhtError }
  | { readonly type: 'reply'; readonly id: number; readonly value: unknown; readonly last: boolean }
  | { readonly type: 'end'; readonly id: number }
  | { readonly type: 'fail'; readonly id: number; readonly code: ErrorCode; readonly message: string }
  /** The api service failed: all calls that it kept have failed, but for those that the next one knows. */
  | { readonly type: 'calls-lost'; readonly except: readonly number[]; readonly message: string }
  | { readonly type: 'event'; readonly event: NodeEvent }
  | { readonly type: 'closed'; readonly message: string }

/** An app while it runs. The peer store is one of them, with a few commands more. */
export interface RunningApp {
  readonly name: string
  readonly definition: MainApp
  readonly local: LocalDefinition | undefined
  handle: Handle<AppCommand<unknown, unknown> | PeerStoreRequest, unknown>
  /** The way of all that it must hear. */
  readonly owed: Owed<AppCommand<unknown, unknown> | PeerStoreRequest>
  wake: { cancel(): void } | undefined
  /** Its service has been told who is online, and may hear of peers from elsewhere. */
  briefed: boolean
}

/** What the main loop counts. */
export interface MainCounters {
  messagesIn: number
  messagesOut: number
  undelivered: number
  /** Links that a bound refused, by the bound. */
  readonly refusedByBound: Record<string, number>
  /** Connections that came to nothing, by error code. */
  readonly failedByCode: Record<string, number>
  refusedConnections: number
  failedConnections: number
  droppedMessages: number
  /** Commands that were on their way to a service when it failed: handled or not, nobody knows. */
  maybeHandled: number
  dials: number
  deniedDials: number
  probes: number
}

/** The main loop's state and surroundings. */
export interface MainContext {
  readonly init: MainInit
  readonly parts: ServiceParts<MainCommand>
  emit: (event: MainEvent) => boolean
  readonly transport: Transport
  readonly route: Route
  /** The shadow hides what it carries. */
  readonly sealed: boolean
  readonly policy: DialPolicy
  /** Where peers were when they were last online, as their links said: `peers` forgets it when they leave. */
  readonly hosts: BoundedTable<string>
  readonly admission: HostCounter
  /** Who proved itself where, and when: monotonic milliseconds. */
  readonly proofs: BoundedTable<{ readonly addresses: string; readonly atMs: number }>
  readonly pump: PumpParts
  readonly refs: PeerRefs
  readonly connections: Map<number, Connection>
  /** Ends of services of closed connections that are awaited before the node is closed. */
  readonly ending: Set<Promise<unknown>>
  /** The connection that messages to a peer take. */
  readonly peers: Map<PeerId, Connection>
  /** Connections that we have left and that may still bring what was on its way. */
  readonly leaving: Map<PeerId, Connection>
  readonly reachable: Set<PeerId>
  readonly jobs: Set<DialJob>
  readonly apps: Map<string, RunningApp>
  auth: Handle<AuthCommand, unknown>
  /** The way of what the auth service must hear that belongs to no link. */
  readonly toAuth: Owed<AuthCommand>
  api: Handle<ApiCommand, unknown>
  /** The way of all that the api service must hear. */
  readonly toApi: Owed<ApiCommand>
  nextConnection: number
  nextTicket: number
  record: Uint8Array | undefined
  addresses: readonly string[]
  /** `addresses` are known. */
  listening: boolean
  apiWake: { cancel(): void } | undefined
  upkeep: { cancel(): void } | undefined
  /** Signatures that apps wait for, as they asked for them. */
  readonly signs: Map<number, { readonly app: string; readonly event: Extract<AppEvent<unknown>, { type: 'sign' }> }>
  readonly candidateTickets: Map<number, (peers: readonly NamedRecord[]) => void>
  /** Rounds in a row in which the pool found nobody, and when the last ended. */
  readonly pool: {
    failedRounds: number
    lastFailureMs: number
    /** Peers from disk that may still be looked after. */
    revisits: number
  }
  readonly startedMs: number
  /** What services have done, by their name. */
  readonly tallies: Map<string, Tally>
  /** The event loop of this thread, where it is measured. */
  readonly loop: LoopMonitor | undefined
  /** Why the node closes itself. */
  brokenBy: string | undefined
  closing: boolean
  closed: boolean
  readonly counters: MainCounters
}
