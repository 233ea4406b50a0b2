/**
 * @module wire/messages
 * Every message that travels inside records after authentication, as plain data. Not here: their bytes (`encodings/`), their numbers
 * (`registry.ts`, docs/PROTOCOL.md), or what anybody does on receiving one.
 *
 * Bodies (`body`, `bytes`, `record`) are views into the read buffer while a message is handled: copy what you keep.
 */
import type { PeerId } from '../identity/peer-id.ts'

/** First message of each direction: whether the other side is accepted, and what it may send us. */
export interface ReadyMessage {
  readonly type: 'ready'
  readonly accepted: boolean
  /** Why not: a short code for programs, empty when accepted. ASCII, at most 64 bytes. */
  readonly code: string
  /** The longest message that the sender of this is willing to receive, in bytes. */
  readonly maxMessageBytes: number
  /** Names of the apps that the sender runs. At most 64. */
  readonly apps: readonly string[]
}

/** Last message of each direction. A direction that closes without it was truncated. `code` says why: '' in good order. */
export interface EndMessage {
  readonly type: 'end'
  readonly code: string
}

/** Asks for a sign of life; `pong` brings the nonce (u32) back. */
export interface PingMessage {
  readonly type: 'ping'
  readonly nonce: number
}
/** The sign of life that a `ping` asked for: its nonce (u32) again. */
export interface PongMessage {
  readonly type: 'pong'
  readonly nonce: number
}

/** One app's word to the same app of a connected peer, with no answer expected. */
export interface TellMessage {
  readonly type: 'tell'
  readonly app: string
  readonly body: Uint8Array
}

/** One app's question to the same app of a connected peer. `id` (u32) is the asker's own, unique on this connection while it is open. */
export interface RequestMessage {
  readonly type: 'request'
  readonly app: string
  readonly id: number
  readonly body: Uint8Array
}

/** How a request ended. `ok`: `body` is the answer. Others: nothing was done; `body` may hold a sentence. */
export type ResponseStatus = 'ok' | 'not-found' | 'busy' | 'refused' | 'failed'

/** The answer to a request. `app` is the asking app's name; `stream` (u32, 0: none) is the attachment that follows, `streamBytes` its length. */
export interface ResponseMessage {
  readonly type: 'response'
  readonly app: string
  readonly id: number
  readonly status: ResponseStatus
  readonly stream: number
  readonly streamBytes: number
  readonly body: Uint8Array
}

/** A piece of an attachment, in order. */
export interface ChunkMessage {
  readonly type: 'chunk'
  readonly app: string
  readonly stream: number
  readonly bytes: Uint8Array
}

/** The receiver of an attachment allows that many more bytes. Credit starts at zero. */
export interface CreditMessage {
  readonly type: 'credit'
  readonly app: string
  readonly stream: number
  readonly bytes: number
}

/** Ends an attachment: by its sender after the last chunk (`code` ''), or early by either side (`code` says why). */
export interface StreamEndMessage {
  readonly type: 'stream-end'
  readonly app: string
  readonly stream: number
  /** True when the side that opened the stream (the responder of the request) speaks. */
  readonly fromSender: boolean
  readonly code: string
}

/**
 * How answers come back. `proxied`: along the path. `direct`: straight to the asker, whose signed PeerRecord travels along.
 * `mixed`: proxied for `hops` more hops, then direct to the peer where it turned. `iterative`: the receiver passes it to nobody, and answers with
 * what it has and with up to `fanOut` of the contacts nearest to the key that it knows, which the asker asks itself; `hops` and `budget` mean nothing then.
 */
export type WireMode =
  | { readonly type: 'proxied' }
  | { readonly type: 'direct'; readonly asker: Uint8Array }
  | { readonly type: 'mixed'; readonly hops: number }
  | { readonly type: 'iterative' }

/** Peers that a query has already used. `peers`: the last `limit` of them; `hops`: those of the last `limit` hops. limit 0: none kept. */
export interface History {
  readonly keep: 'peers' | 'hops'
  readonly limit: number
  readonly peers: readonly PeerId[]
}

/** A question that travels. Every number is clamped by each receiver to its own rules. */
export interface QueryMessage {
  readonly type: 'query'
  readonly app: string
  /** u64, random, the same all along the way: for deduplication and tracing only. */
  readonly trace: bigint
  /** u64, unpredictable: whose answer counts. Fresh at every hop that keeps state. */
  readonly id: bigint
  readonly mode: WireMode
  /** How many more hops it may go after the receiver. 0: the receiver answers by itself. */
  readonly hops: number
  /** How many hops it has come. */
  readonly travelled: number
  readonly fanOut: number
  readonly results: number
  readonly priority: number
  /** How many further query messages the receiver and all below it may send. */
  readonly budget: number
  /** Milliseconds that are left. */
  readonly lifetimeMs: number
  readonly history: History
  readonly body: Uint8Array
}

/** One answer to a query, as the app encodes it. */
export interface AnswerItem {
  /** Who is said to have answered. A claim in `proxied` mode: only the last hop is authenticated. Undefined: anonymous. */
  readonly from: PeerId | undefined
  /** How many hops from the asker it was found. A claim. */
  readonly hops: number
  readonly body: Uint8Array
}

/** Why a branch of a query ended. */
export type EndReason = 'done' | 'busy' | 'duplicate' | 'expired' | 'refused'

/** Answers to a query, as they come. */
export interface AnswerMessage {
  readonly type: 'answer'
  readonly app: string
  readonly id: bigint
  readonly answers: readonly AnswerItem[]
  /**
   * What part of the query ends with this message, in messages (u32): the budget it was given plus one for the message itself; in `direct` mode,
   * where relays report nothing, plus the hops it had come (`travelled`, which counts the message itself); 0: more may follow.
   * Weight throwing (Huang 1989): when all weight has come back, nobody is working on the query any more.
   */
  readonly closed: number
  /** How much of `closed` was never sent: may be spent on other peers. */
  readonly unspent: number
  readonly reason: EndReason
}

/** The asker wants no more: whoever works on `id` may stop, and passes this on. */
export interface CancelMessage {
  readonly type: 'cancel'
  readonly app: string
  readonly id: bigint
}

/** Peers near the key of an `iterative` query, for its asker to ask. Comes before the `answer` that closes it, at most once. */
export interface ContactsMessage {
  readonly type: 'contacts'
  readonly app: string
  /** The query's. */
  readonly id: bigint
  /** Signed PeerRecords of peers that the sender has dialled itself, nearest first. */
  readonly records: readonly Uint8Array[]
}

/** A value that spreads outward from its publisher, to be verified before it is kept or passed on. */
export interface PropagateMessage {
  readonly type: 'propagate'
  readonly app: string
  readonly trace: bigint
  readonly hops: number
  readonly fanOut: number
  readonly budget: number
  readonly history: History
  readonly body: Uint8Array
}

/** Messages of the connection itself: they pass app queues by. */
export type ControlMessage = ReadyMessage | EndMessage | PingMessage | PongMessage

/** Messages between the same app on two peers. */
export type AppMessage =
  | TellMessage
  | RequestMessage
  | ResponseMessage
  | ChunkMessage
  | CreditMessage
  | StreamEndMessage
  | QueryMessage
  | AnswerMessage
  | CancelMessage
  | PropagateMessage
  | ContactsMessage

/** Every message on the wire after authentication. */
export type WireMessage = ControlMessage | AppMessage
