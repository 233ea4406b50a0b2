/**
 * @module attachments/options
 * What attachments are made of, and their bounds. Not here: the defaults (`defaults.ts`).
 */
import type { Clock } from '../clock.ts'
import type { ErrorCode } from '../errors.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import type { Log } from '../log.ts'
import type { AppMessage } from '../wire/messages.ts'
import type { Promises } from './promises.ts'

/** What attachments are made of, and their bounds. */
export interface AttachmentsOptions {
  /** The app's name on the wire. */
  readonly app: string
  readonly clock: Clock
  readonly log: Log
  readonly promises: Promises
  /** Emits a `send` event and gives what `emit` gave: false stops the streams until the next command. */
  readonly send: (to: PeerRef, message: AppMessage) => boolean
  /** Wants `expire()` to be called in `delayMs` (see `apps/alarm.ts`); called often. */
  readonly wake: (delayMs: number) => void
  /** A peer sent more than it may: emit a `misbehaved` event, which closes its connection. */
  readonly misbehaved: (peer: PeerRef, code: ErrorCode) => void
  /** Bytes of one chunk. @default 65408 one slab */
  readonly chunkBytes?: number | undefined
  /** Bytes of one incoming stream on the way; a multiple of the sender's chunk serves best. @default 16 chunks, 1 MiB */
  readonly windowBytes?: number | undefined
  /** Credit that one outgoing stream may have. @default 8 MiB */
  readonly maxCreditBytes?: number | undefined
  /** Reads ahead of one outgoing stream whose source is asynchronous. @default 4 */
  readonly maxReads?: number | undefined
  /** @default 256 */
  readonly maxOutgoing?: number | undefined
  /** @default 16 */
  readonly maxOutgoingPerPeer?: number | undefined
  /** @default 256 */
  readonly maxIncoming?: number | undefined
  /** A stream on which nothing moves for that long ends with MYDHT_TIMEOUT. @default 30_000 */
  readonly idleMs?: number | undefined
}
