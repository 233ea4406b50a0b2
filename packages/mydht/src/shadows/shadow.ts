/**
 * @module shadows/shadow
 * The contract of a shadow: turns bytes into bytes that nobody else can read. Two phases: while authenticating, a handshake of three
 * messages; after it, records in each direction. No I/O, no framing (lengths are the caller's), no identity (payloads are the caller's).
 */
import type { Part } from '../part.ts'
import type { Random } from '../random.ts'

/** Who opened the connection. */
export type Role = 'initiator' | 'responder'

/** What a handshake is bound to. */
export interface HandshakeSetup {
  readonly role: Role
  /** The preamble's bytes: mixed in by both sides, so that a changed preamble fails the handshake. */
  readonly prologue: Uint8Array
  readonly random: Random
}

/**
 * One handshake of three messages: initiator writes 1, responder writes 2, initiator writes 3. Any failure ends it for good:
 * the state is thrown away, every later `read` gives undefined and every other call throws. Calls out of order throw TypeError (a programmer's mistake).
 */
export interface ShadowHandshake {
  /**
   * What a signature inside the next message is bound to: the hash of all that went before that message, prologue included.
   * Both sides see the same value for the same message: the writer asks before `write`, the reader gets it with `read`.
   */
  bindingBeforeWrite(): Uint8Array
  /** Our static key of this shadow as it travels (32 bytes), empty for a shadow without. */
  readonly staticKey: Uint8Array
  /** Theirs, once they have sent it (initiator: after message 2, responder: after message 3); empty for a shadow without. */
  readonly remoteStaticKey: Uint8Array
  /** Bytes that message 1, 2, 3 adds to its payload. */
  write(payload: Uint8Array): Uint8Array
  /** The payload and its binding, or undefined: tampered, wrong key, or malformed. `message` is not kept and not changed. */
  read(message: Uint8Array): { readonly payload: Uint8Array; readonly binding: Uint8Array } | undefined
  /** After message 3: the secrets of the two directions. Call once: they have one owner and are moved. */
  finish(): { readonly send: Uint8Array; readonly receive: Uint8Array }
}

/** Seals one direction's records, in order. Throws only TypeError: for a source that exceeds a record, or a target that is too small. */
export interface Sealer {
  /** Bytes that sealing adds to a record. */
  readonly overhead: number
  /** Seals `source` as the next record into `target` from `at` and gives its end. In place when `source` already lies there. */
  seal(source: Uint8Array, target: Uint8Array, at: number): number
}

/** Opens one direction's records, in order. */
export interface Opener {
  readonly overhead: number
  /** Opens the next record in place and gives a view of the plaintext; undefined when it does not verify: the direction is dead then. */
  open(record: Uint8Array): Uint8Array | undefined
}

/** A shadow, made real. */
export interface Shadow {
  readonly name: string
  /** Its number on the wire: docs/PROTOCOL.md. */
  readonly id: number
  /** False: everybody can read and change the bytes; off loopback it must be asked for with `insecure: true`. */
  readonly sealed: boolean
  /** True: the network is named by its secret, so the preamble carries no network tag. */
  readonly hidesNetwork: boolean
  begin(setup: HandshakeSetup): ShadowHandshake
  /** Makes one direction's cipher of a secret from `finish`; takes the memory over. */
  sealer(secret: Uint8Array): Sealer
  opener(secret: Uint8Array): Opener
}

/** What a shadow gets when it is made real. `network` is the network's name. */
export interface ShadowSetup {
  readonly network: string
  /** 32 bytes: the node's static key of this shadow, fresh for every run unless the node keeps one. */
  readonly staticSecret: Uint8Array
}

/** What a shadow's factory makes: `noise()` is a `Part` of this. */
export type ShadowFactory = (setup: ShadowSetup) => Shadow

/** A shadow as the configuration names it. */
export type ShadowPart = Part<ShadowFactory>
