/**
 * @module routes/route
 * The contract of a route: which peers should see a query next. Runs inside the main loop, so it is synchronous, bounded and does no I/O.
 */
import type { Clock } from '../clock.ts'
import type { PeerId } from '../identity/peer-id.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import type { Part } from '../part.ts'
import type { Random } from '../random.ts'

/** What is asked of a route. */
export interface RouteRequest {
  /** 32 bytes that the query is about; undefined where the app has none. A route by distance needs it, a flood ignores it. */
  readonly key: Uint8Array | undefined
  /** At most so many peers. */
  readonly count: number
  /** Peers not to name: the query's history, its sender, those that failed. Our own id is never named. */
  readonly exclude: ReadonlySet<PeerId>
}

/** Chooses among the peers that the main loop told it about. */
export interface Route {
  readonly name: string
  /** Called once for each peer after both sides accepted each other; again after an `offline`. */
  online(peer: PeerRef): void
  offline(peer: PeerRef): void
  /** Connected peers to ask, best first, each once, at most `count`, none of `exclude`. */
  next(request: RouteRequest): readonly PeerRef[]
}

/** What a route gets from the node. */
export interface RouteParts {
  readonly self: PeerId
  readonly clock: Clock
  readonly random: Random
}

/** What a route's factory makes: `flood()` is a `Part` of this. */
export type RouteFactory = (parts: RouteParts) => Route

/** A route as the configuration names it. */
export type RoutePart = Part<RouteFactory>
