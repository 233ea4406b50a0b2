/**
 * @module peers/handshake-contract
 * What a handshake is given, what it says, and how it is held. Not here: how it goes (`handshake.ts`).
 */
import type { NodeMode } from '../identity/mode.ts'
import type { ErrorCode } from '../errors.ts'
import type { Identity } from '../identity/keys.ts'
import type { PeerId } from '../identity/peer-id.ts'
import type { PeerRecord } from '../identity/peer-record.ts'
import type { Random } from '../random.ts'
import type { Role, Shadow } from '../shadows/shadow.ts'
import type { PreambleFacts } from './preamble.ts'

/** What all handshakes of a node share. */
export interface HandshakeParts {
  readonly identity: Identity
  readonly mode: NodeMode
  readonly shadow: Shadow
  readonly facts: PreambleFacts
  readonly random: Random
  /** Milliseconds since 1970: whether a record is still alive. */
  readonly now: () => number
}

/** What is special about one. */
export interface HandshakeOptions {
  readonly role: Role
  /** Our own signed record, as it is now. */
  readonly record: Uint8Array
  /** Initiator: who must be there; everybody else is MYDHT_WRONG_PEER. Needed in mode `private`. */
  readonly expected?: PeerId | undefined
  /** Initiator on a one-way link: where the other side can dial back. */
  readonly returnAddress?: string | undefined
  /** Initiator: end after message 2, with `probed`. Nothing of ours is sent then. */
  readonly probe?: boolean | undefined
  /** Whether the link carries bytes both ways. */
  readonly duplex: boolean
  /** Responder: whether this return address may be dialled; every other ends the handshake. */
  readonly mayReturnTo?: ((address: string) => boolean) | undefined
}

/** What a handshake says. After `proven`, `probed`, `failed` and `return-link` nothing follows. */
export type HandshakeOutput =
  | { readonly type: 'write'; readonly bytes: Uint8Array }
  /** Responder on a one-way link: dial `address`; the `write` that follows goes there. */
  | { readonly type: 'need-return'; readonly address: string; readonly proof: Uint8Array }
  /** Responder: this link is the way back of the handshake whose message 1 has this proof. */
  | { readonly type: 'return-link'; readonly proof: Uint8Array; readonly consumed: number }
  | HandshakeProven
  /** `recordBytes`: what it says of itself now. */
  | { readonly type: 'probed'; readonly id: PeerId; readonly recordBytes: Uint8Array | undefined }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly detail: string }

/** Both sides proved themselves. Without id and record in mode `anonymous`. */
export interface HandshakeProven {
  readonly type: 'proven'
  readonly id: PeerId | undefined
  readonly record: PeerRecord | undefined
  readonly recordBytes: Uint8Array | undefined
  readonly send: Uint8Array
  readonly receive: Uint8Array
  /** How many of the bytes that were given belong to the handshake; those behind them are the first record's. */
  readonly consumed: number
}

/** What a handshake waits for; `start`: for its `start()`; `over`: nothing. */
export type HandshakeStep = 'start' | 'preamble' | 'message 1' | 'message 2' | 'message 3' | 'over'

/** One handshake. */
export interface Handshake {
  readonly step: HandshakeStep
  /** Initiator with a return address, after `start`: what the return link will show. */
  readonly proof: Uint8Array | undefined
  /** Begins, once. */
  start(): readonly HandshakeOutput[]
  /** Takes bytes as they come, in any pieces; copies what it keeps. */
  bytes(chunk: Uint8Array): readonly HandshakeOutput[]
  /** The other side closed, or time is up, or whatever else ends it from outside. */
  abort(code: ErrorCode, detail: string): readonly HandshakeOutput[]
}
