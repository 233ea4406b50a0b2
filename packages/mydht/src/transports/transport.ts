/**
 * @module transports/transport
 * The contract of a transport: byte streams to and from addresses. Not here: what the bytes mean, who the other end is.
 *
 * Addresses are URLs without a peer in them: `tcp://127.0.0.1:4000`, `memory://name`.
 * A link may be one-way: `accept` gives a read stream and perhaps its write stream, `connect` a write stream and perhaps its read stream.
 */
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { MyDhtError } from '../errors.ts'
import type { Part } from '../part.ts'
import type { Random } from '../random.ts'
import type { Ended, ServiceStats } from '../service/handle.ts'
import type { Spawner } from '../service/spawner.ts'

/** Why a stream ended. `ended`: the other side finished its direction in order. `lost`: reset, time-out, or closed under us. */
export type StreamEnd = { readonly type: 'ended' } | { readonly type: 'lost'; readonly error: MyDhtError | undefined }

/** Bytes that arrive. Paused until `start`. All callbacks run outside the caller's stack. */
export interface ReadStream {
  /**
   * Begins delivery, once. `onBytes` gets chunks in order, never empty; each is the receiver's: it may change it and keep it.
   * `onEnd` is called exactly once: with `ended` after the last bytes, with `lost` as soon as it is known (paused or not).
   */
  start(onBytes: (bytes: Uint8Array) => void, onEnd: (end: StreamEnd) => void): void
  /** Stops and continues delivery: the back-pressure that the other side feels. At most the bytes already read arrive after `pause`. */
  pause(): void
  resume(): void
  /**
   * Drops the stream now, and on a duplex link its write stream with it, unless that has ended; `onEnd` follows with `lost`, once, and the
   * writer's side sees `lost` too, at the latest when it writes again. Does nothing after the end.
   */
  close(): void
}

/** Bytes that leave. */
export interface WriteStream {
  /**
   * Takes bytes to send, in order; they must stay unchanged until `onSent`, which is called exactly once for each write, in order,
   * with false when the stream was lost before they left. Never throws, never blocks.
   */
  write(bytes: Uint8Array, onSent: (sent: boolean) => void): void
  /** Finishes the direction after all that was written; the reader sees `ended`. On a duplex link the other direction flows on. */
  end(): void
  /**
   * Drops the stream now, unsent bytes with it and perhaps bytes on the way; on a duplex link the read stream too, unless that has ended.
   * The reader sees `lost`. Does nothing once `end` has done its work. To have everything arrive: `end`, then wait for `onClosed`.
   */
  close(): void
  /**
   * Called once when the stream can no longer be written: `ended` when `end` has done its work, `lost` for every other reason, `close`
   * included (then without an error). At once, but outside the caller's stack, when that has been already. One listener.
   */
  onClosed(listener: (end: StreamEnd) => void): void
}

/** A link that somebody opened to us. `remote` is where it comes from (for limits; never an address to dial). */
export interface IncomingLink {
  readonly read: ReadStream
  readonly write: WriteStream | undefined
  /** Host of the other end as an IP literal or a name of the transport, without a port: `127.0.0.1`, `::1`, `node-3`. */
  readonly remoteHost: string
}

/** A link that we opened. */
export interface OutgoingLink {
  readonly write: WriteStream
  readonly read: ReadStream | undefined
  readonly remoteHost: string
}

/** What a transport can do, as data: read by the node and by the conformance suite. */
export interface TransportSupports {
  /** False: links are one-way, the answer needs a link back. */
  readonly duplex: boolean
  /** True: reading or writing blocks the thread that does it, so `listen`, `dial`, `read` and `write` need threads of their own. */
  readonly blocking: boolean
}

/** Bytes to and from addresses. */
export interface Transport {
  /** Scheme of its addresses, without the colon: `tcp`. */
  readonly scheme: string
  readonly supports: TransportSupports
  /**
   * Starts to accept. Gives the addresses to advertise (never port 0, never `0.0.0.0`). Called at most once, before any connect that
   * should be answered; a second call rejects with TypeError. Rejects with MYDHT_CONNECT_FAILED (address in use, not allowed …), and with
   * MYDHT_CLOSED after `close`. With options that say not to listen: client only, gives [].
   */
  listen(onLink: (link: IncomingLink) => void): Promise<readonly string[]>
  /**
   * Opens a link. Rejects with MYDHT_BAD_ADDRESS, MYDHT_CONNECT_FAILED, or `signal.reason` when aborted; then nothing stays open.
   * Host names in `address` are resolved only where the transport's contract says so; addresses learnt from peers are literals by then.
   */
  connect(address: string, options: { readonly signal: AbortSignal }): Promise<OutgoingLink>
  /**
   * Stops to accept and drops every link. Idempotent. Their ends give `lost` with MYDHT_CLOSED; what had ended
   * in order still arrives. Settles when nothing is open. Afterwards `connect` rejects with MYDHT_CLOSED.
   */
  close(): Promise<void>
}

/** The services of a blocking transport: what waits inside a system call. */
export const blockingServices = ['listen', 'dial', 'read', 'write'] as const

/** One of them. */
export type BlockingService = (typeof blockingServices)[number]

/** What a transport gets from the node. */
export interface TransportParts {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Where a blocking transport runs what blocks; no other asks. What is left out gets threads of its own. */
  readonly spawners?: { readonly [S in BlockingService]?: Spawner | undefined } | undefined
  /** Told of each service that a blocking transport spawns, so that the node can count what it does. */
  readonly spawned?: ((service: BlockingService, handle: SpawnedService) => void) | undefined
}

/** A service of a blocking transport, seen by the node. */
export interface SpawnedService {
  stats(): ServiceStats
  onEnd(listener: (ended: Ended<unknown>) => void): void
}

/** What a transport's factory makes: `tcp(options)` is a `Part` of this. */
export type TransportFactory = (parts: TransportParts) => Transport

/**
 * A transport as the configuration names it. `blocking` is its `supports.blocking`, said before it is made, so that a placement that would block is refused
 * before anything runs: `{ ...part(…), blocking: true }`.
 */
export type TransportPart = Part<TransportFactory> & { readonly blocking?: boolean | undefined }

/** A transport of which the compiler knows that it blocks. */
export type BlockingTransportPart = TransportPart & { readonly blocking: true }
