/**
 * @module peers/auth-protocol
 * What the auth service is told and what it says: plain data. Not here: what it does (`auth-service.ts`).
 */
import type { NodeMode } from '../identity/mode.ts'
import type { EncodingPart } from '../encodings/encoding.ts'
import type { ErrorCode } from '../errors.ts'
import type { PeerId } from '../identity/peer-id.ts'
import type { Part } from '../part.ts'
import type { Role, ShadowPart } from '../shadows/shadow.ts'
import type { AcceptHook, Judgement } from './accept.ts'
import type { AuthLimits } from './auth-limits.ts'

/** What the auth service starts with. It is the only one that ever holds the seed. */
export interface AuthInit {
  /** 32 secret bytes: the identity. Needed until the service is made; its owner zeroes them then. Sent to another thread, they are moved. */
  readonly seed: Uint8Array
  readonly network: string
  readonly mode: NodeMode
  readonly shadow: ShadowPart
  readonly encoding: EncodingPart
  /** undefined: everybody who proves an id. */
  readonly accept: Part<AcceptHook> | undefined
  readonly limits?: Partial<AuthLimits> | undefined
  /** The last sequence that a record of this identity has had. @default 0: the clock alone decides */
  readonly lastSequence?: number | undefined
}

/** A link that begins to shake hands. `link` is the main loop's number for it, used once. */
export interface BeginCommand {
  readonly type: 'begin'
  readonly link: number
  readonly role: Role
  /** Initiator: who must be there. Needed in mode `private`. */
  readonly expected?: PeerId | undefined
  /** Initiator on a one-way link: our address. */
  readonly returnAddress?: string | undefined
  /** Whether the link carries bytes both ways. */
  readonly duplex: boolean
  /** Host of the other end, as the transport says. */
  readonly remoteHost: string
  /** Initiator: only see whether the expected peer is there; ends with `probed` and sends nothing of ours. */
  readonly probe?: boolean | undefined
  /** For the whole handshake. @default the limit `handshakeTotalMs` */
  readonly deadlineMs?: number | undefined
}

/** What the main loop says to the auth service, and (`tick`, `judged`) what that says to itself. */
export type AuthCommand =
  /** Our listening addresses, in their one form; answered by `self`. */
  | { readonly type: 'addresses'; readonly addresses: readonly string[]; readonly clientOnly: boolean }
  | BeginCommand
  /** Bytes that arrived on a link. Those of links it does not know (any more) are ignored: the main loop keeps a copy until `consumed` is told. */
  | { readonly type: 'bytes'; readonly link: number; readonly bytes: Uint8Array }
  /** The link that `need-return` asked for is open: what is written to `link` goes there from now on. */
  | { readonly type: 'return-open'; readonly link: number }
  /** The other side's direction ended; `lost`: it broke. */
  | { readonly type: 'ended'; readonly link: number; readonly lost?: boolean | undefined }
  /** The link is gone: forget it, say nothing more of it. */
  | { readonly type: 'drop'; readonly link: number }
  /** A signature for an app: over `fields`, in the context `mydht/1 app <context>`, whatever `context` is. */
  | { readonly type: 'sign'; readonly ticket: number; readonly context: string; readonly fields: readonly Uint8Array[] }
  | { readonly type: 'tick' }
  | { readonly type: 'judged'; readonly link: number; readonly judgement: Judgement }

/** What the auth service says. A link ends with `verdict`, `probed`, `failed` or `joined`; nothing follows, and `drop` need not be sent. */
export type AuthEvent =
  /** Who we are: after each `addresses` command, and whenever our record is renewed. */
  | { readonly type: 'self'; readonly id: PeerId; readonly record: Uint8Array }
  | { readonly type: 'write'; readonly link: number; readonly bytes: Uint8Array }
  | ProvenEvent
  /** After `proven`: the accept hook's word. `code` is '' when accepted, else 1 to 64 ASCII letters for the peer's eyes. */
  | {
      readonly type: 'verdict'
      readonly link: number
      readonly accepted: boolean
      readonly priority: number
      readonly code: string
    }
  | {
      readonly type: 'probed'
      readonly link: number
      readonly id: PeerId
      readonly record: Uint8Array | undefined
    }
  /** `looked`: an initiator saw in message 2 who we are and ended its direction in order, as a probe does. It learnt nothing that others do not. */
  | {
      readonly type: 'failed'
      readonly link: number
      readonly code: ErrorCode
      readonly detail: string
      readonly looked?: true
    }
  /** The link is one-way: dial `address` (it is on the link's own host) and say `return-open`. */
  | { readonly type: 'need-return'; readonly link: number; readonly address: string; readonly proof: Uint8Array }
  /** The incoming `link` is the way back of `to`: its bytes after the first `consumed`, and all that follow, are bytes of `to`. */
  | { readonly type: 'joined'; readonly link: number; readonly to: number; readonly consumed: number }
  | { readonly type: 'signed'; readonly ticket: number; readonly signature: Uint8Array }

/** The other side proved itself. The secrets are moved to the receiver, who hands each to one service. */
export interface ProvenEvent {
  readonly type: 'proven'
  readonly link: number
  /** In mode `anonymous`: a random name for this connection, which is nobody's key. */
  readonly id: PeerId
  /** Its signed record; undefined in mode `anonymous`. */
  readonly record: Uint8Array | undefined
  readonly send: Uint8Array
  readonly receive: Uint8Array
  /** How many bytes of the link's `bytes` commands belong to the handshake; those behind them are the first record's. */
  readonly consumed: number
}
