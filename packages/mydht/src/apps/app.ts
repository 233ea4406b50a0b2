/**
 * @module apps/app
 * The contract of an app: what a node is for. A *global* service, one per node; perhaps a *local* one per connection, which by default hands
 * everything to the global one; and an API that the node shows as `node.<name>`. Several apps run on one node; the key in `config.apps` is
 * the app's name, on the node and on the wire.
 */
import type { ErrorCode } from '../errors.ts'
import type { NodeMode } from '../identity/mode.ts'
import type { PeerId } from '../identity/peer-id.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import type { ServiceDefinition } from '../service/service.ts'
import type { AppMessage } from '../wire/messages.ts'

/** What an app's services know about their node from the start. */
export interface AppInit<Options> {
  /** The app's name: the key in `config.apps`, on the wire too. */
  readonly name: string
  readonly self: PeerId
  readonly network: string
  readonly mode: NodeMode
  readonly options: Options
}

/** What the framework says to a global service. `Call` is what the app's own API sends, `Own` what it sends to itself and what its local services send. */
export type AppCommand<Call, Own = never> =
  /** A message for this app from a connected, accepted peer. Its bodies are views: copy what you keep. */
  | { readonly type: 'message'; readonly from: PeerRef; readonly message: AppMessage }
  /** From the API. Answer with `reply` or `fail` events that carry `id`, until one is `last`. */
  | { readonly type: 'call'; readonly id: number; readonly call: Call }
  /** The caller is gone (deadline, abort, left the loop, has enough): stop working on it; answers to it are dropped. */
  | { readonly type: 'cancel'; readonly id: number }
  /**
   * A peer was accepted by both sides. `record` is its signed PeerRecord (undefined: anonymous), `apps` what it runs, `host` the other end of its
   * connection as the transport says, for quotas per address block ('': not known).
   */
  | {
      readonly type: 'online'
      readonly peer: PeerRef
      readonly record: Uint8Array | undefined
      readonly apps: readonly string[]
      readonly host: string
    }
  | { readonly type: 'offline'; readonly peer: PeerRef }
  /** We dialled this online peer at an address of its own record and it proved its PeerId there: its `direct` queries may be passed on. */
  | { readonly type: 'reachable'; readonly peer: PeerRef }
  /** Answers a `route` event. `records`: signed PeerRecords of peers that are not connected, where `contacts` were asked for; not checked again. */
  | {
      readonly type: 'routed'
      readonly ticket: number
      readonly peers: readonly PeerRef[]
      readonly records?: readonly Uint8Array[] | undefined
    }
  /** Answers a `reach` event: the connected peer, if it runs this app. */
  | { readonly type: 'reached'; readonly ticket: number; readonly peer: PeerRef | undefined }
  /** A message that could not be handed to its peer: it was not sent. */
  | {
      readonly type: 'undelivered'
      readonly to: PeerRef
      readonly message: AppMessage
      readonly reason: UndeliveredReason
    }
  /** A peer whose write queue was full (`undelivered` with `full`) takes messages again. */
  | { readonly type: 'writable'; readonly peer: PeerRef }
  /** Answers a `connect` event: the peer, or why not. */
  | {
      readonly type: 'connected'
      readonly ticket: number
      readonly peer: PeerRef | undefined
      readonly code: ErrorCode | undefined
    }
  /** Answers a `sign` event. */
  | { readonly type: 'signed'; readonly ticket: number; readonly signature: Uint8Array }
  /** Our own signed PeerRecord, at start and whenever it changes. Never in mode `anonymous`. */
  | { readonly type: 'self'; readonly record: Uint8Array }
  /** The timer that the last `wake` event asked for. */
  | { readonly type: 'wake' }
  | { readonly type: 'own'; readonly from: PeerRef | undefined; readonly command: Own }

/** Why a message did not leave: not connected, its queue full, too long for that peer, or the connection was lost before it was sealed. */
export type UndeliveredReason = 'offline' | 'full' | 'too-long'

/** What a global service says to the framework. */
export type AppEvent<Reply> =
  | { readonly type: 'send'; readonly to: PeerRef; readonly message: AppMessage }
  /** To the peer of a signed PeerRecord, dialled if need be and if the dial policy lets `cause` have it. Never reported. */
  | { readonly type: 'send-direct'; readonly record: Uint8Array; readonly message: AppMessage; readonly cause: PeerRef }
  /** Asks the route for peers; answered by `routed`, exactly once. */
  | {
      readonly type: 'route'
      readonly ticket: number
      readonly key: Uint8Array | undefined
      readonly count: number
      readonly exclude: readonly PeerId[]
      readonly discover: boolean
      /** Only peers nearer to the key than we are, where the route knows distances. @default false */
      readonly nearer?: boolean | undefined
      /**
       * Does not wait for dials but gives records of who is not connected: to `ask` them (see `reach`), or to `name` them to a peer; then all are
       * given as records, and only who proved itself where it listens.
       */
      readonly contacts?: 'ask' | 'name' | undefined
    }
  /** Asks for a connection to the peer of a record that `cause` named; undefined: the route did. The dial policy applies. Answered by `reached`. */
  | {
      readonly type: 'reach'
      readonly ticket: number
      readonly record: Uint8Array
      readonly cause: PeerRef | undefined
    }
  /** Asks for a connection to a peer by its record (learnt from `cause`: the dial policy applies; undefined: our own user wants it). Answered by `connected`. */
  | {
      readonly type: 'connect'
      readonly ticket: number
      readonly record: Uint8Array
      readonly cause: PeerRef | undefined
    }
  /** Asks for a signature of our identity over `fields`, in the context `mydht/1 app <name> <context>`. Answered by `signed`. */
  | { readonly type: 'sign'; readonly ticket: number; readonly context: string; readonly fields: readonly Uint8Array[] }
  /** An answer to a call. After `last` its id is forgotten. */
  | { readonly type: 'reply'; readonly id: number; readonly value: Reply; readonly last: boolean }
  /** Ends a stream of replies without one more value. */
  | { readonly type: 'end'; readonly id: number }
  /** Ends a call with an error. */
  | { readonly type: 'fail'; readonly id: number; readonly code: ErrorCode; readonly message: string }
  /** Asks for a `wake` command after `delayMs`; replaces the one asked for before. */
  | { readonly type: 'wake'; readonly delayMs: number }
  /** Tells the main loop of a peer's newest verified record (the peer store does). */
  | { readonly type: 'learnt'; readonly record: Uint8Array; readonly cause: PeerRef }
  /** A connected peer that was asked said nothing in time: the route may do without it. */
  | { readonly type: 'silent'; readonly peer: PeerRef }
  /** A peer broke the app's protocol: its connection is closed with this code. */
  | { readonly type: 'misbehaved'; readonly peer: PeerRef; readonly code: ErrorCode }

/** What a local service gets when a connection starts. */
export interface LocalInit<Options> extends AppInit<Options> {
  readonly remote: PeerRef
}

/** What the framework says to a local service: each message of its connection for this app. */
export type LocalCommand = { readonly type: 'message'; readonly message: AppMessage }

/** What a local service may say: an app event, or a command for the global service. */
export type LocalEvent<Own, Reply> = AppEvent<Reply> | { readonly type: 'global'; readonly command: Own }

/** How long a call waits and how it is left. */
export interface AppCallOptions {
  /** @default api.timeoutMs of the configuration */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** How an app's API reaches its global service, from the program's side. */
export interface AppCaller<Call, Reply> {
  /** One reply. Rejects with the `fail` event's code, MYDHT_TIMEOUT, MYDHT_BUSY, MYDHT_CLOSED or `signal.reason`. */
  call(call: Call, options?: AppCallOptions): Promise<Reply>
  /** Replies as they come, until the last. Leaving the loop cancels the call. Ends in silence at its deadline when `partial`, else throws MYDHT_TIMEOUT. */
  stream(call: Call, options?: AppCallOptions & { readonly partial?: boolean | undefined }): AsyncIterable<Reply>
}

/**
 * An app, as its factory gives it (`kv()`). `global` and `local` are made real where `placement['<app>.global']` and `['<app>.local']` put them;
 * `api` runs on the program's side and is what `node.<name>` shows.
 */
export interface App<in out Options, in out Call, in out Reply, out Api, in out Own = never> {
  readonly options: Options
  readonly global: ServiceDefinition<AppInit<Options>, AppCommand<Call, Own>, AppEvent<Reply>>
  readonly local?: ServiceDefinition<LocalInit<Options>, LocalCommand, LocalEvent<Own, Reply>>
  /** A call that the app answers once it can work (its store is open). `createNode` waits for it, and rejects with what it fails with. */
  readonly ready?: Call | undefined
  readonly api: (caller: AppCaller<Call, Reply>, facts: ApiFacts) => Api
}

/** What an app's API knows about its node. */
export interface ApiFacts {
  readonly name: string
  readonly self: PeerId
  readonly network: string
}
