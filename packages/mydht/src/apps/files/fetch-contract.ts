/**
 * @module apps/files/fetch-contract
 * What a fetch is told, and what it does to the world. Not here: what it does next (`fetch.ts`).
 */
import type { Attachments } from '../../attachments/attachments.ts'
import type { Promises } from '../../attachments/promises.ts'
import type { Clock } from '../../clock.ts'
import type { ErrorCode } from '../../errors.ts'
import type { PeerId } from '../../identity/peer-id.ts'
import type { PeerRef } from '../../identity/peer-ref.ts'
import type { RequestOutcome } from '../requests.ts'
import type { Fetched, FetchProgress } from './protocol.ts'

/** Somebody who says that it has the file. */
export interface Provider {
  readonly id: PeerId
  readonly record: Uint8Array
  readonly name: string
  readonly hops: number
  /** Who told us of it: the dial policy lets us go only where that peer may send us. */
  readonly cause: PeerRef | undefined
}

/** What a fetch does to the world. Each is called at most once at a time, and its end comes back through the fetch's methods. */
export interface FetchOutput {
  readonly clock: Clock
  readonly promises: Promises
  readonly attachments: Attachments
  /** Asks the network for providers, besides so many that are known: ends with `asked`. */
  ask(besides: number): void
  /** Ends with `connected`. `again`: the connection that there was has just ended. */
  connect(provider: Provider, again: boolean): void
  /** Ends with `responded`. False: too many requests wait. */
  request(to: PeerRef, body: Uint8Array): boolean
  /** Wants `again` to be called in `delayMs`. */
  wake(delayMs: number): void
  progress(progress: FetchProgress): void
  done(fetched: Fetched): void
  failed(code: ErrorCode, message: string): void
  /** A provider sent what is not what its hash says. */
  corrupt(provider: PeerId): void
}

/** One fetch. */
export interface Fetch {
  provider(provider: Provider): void
  /** The query for providers is over. `busy`: it could not be asked. */
  asked(busy: boolean): void
  connected(provider: Provider, peer: PeerRef | undefined, code: ErrorCode | undefined): void
  responded(from: PeerRef, outcome: RequestOutcome): void
  /** Time has passed. */
  again(): void
  /** Stops, and leaves what is there for another try. */
  cancel(): void
}
