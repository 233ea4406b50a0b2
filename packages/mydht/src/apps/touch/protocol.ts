/**
 * @module apps/touch/protocol
 * What the touch app's API and its global service say to each other.
 */
import type { PeerId } from '../../identity/peer-id.ts'

/** Options of `touch()`. */
export interface TouchOptions {
  /** Requests that may wait for their answers. @default 16384 */
  readonly maxPending?: number | undefined
}

/** A peer was touched; `count` is how many touches it has had in all, by its own account. */
export interface Touched {
  readonly from: PeerId
  readonly count: number
}

/** What the API asks for. `timeoutMs` undefined: the app's default. */
export type TouchCall =
  | { readonly type: 'touch'; readonly peer: PeerId; readonly timeoutMs: number | undefined }
  | { readonly type: 'echo'; readonly peer: PeerId; readonly bytes: Uint8Array; readonly timeoutMs: number | undefined }
  | { readonly type: 'touch-next'; readonly count: number; readonly timeoutMs: number | undefined }
  | { readonly type: 'stats' }

/** What it gets. */
export type TouchReply =
  | ({ readonly type: 'touched' } & Touched)
  | { readonly type: 'echoed'; readonly bytes: Uint8Array }
  | ({ readonly type: 'stats' } & TouchStats)

/** Counters since the node started. */
export interface TouchStats {
  /** Touches by others. */
  readonly touched: number
  readonly pending: number
  readonly uninvited: number
}
