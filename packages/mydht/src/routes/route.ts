/**
 * @module routes/route
 * The contract of a route: which peers should see a query next. Runs inside the main loop, so it is synchronous, bounded and does no I/O.
 * A route that keeps contacts which are not connected has `nearest` and `upkeep` too, and the main loop dials for it.
 */
import type { Clock } from '../clock.ts'
import type { PeerId } from '../identity/peer-id.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import type { Part } from '../part.ts'
import type { Random } from '../random.ts'

/** What is asked of a route. */
export interface RouteRequest {
  /** 32 bytes that the query is about: for a peer its `peerKey`. Undefined where the app has none. A route by distance needs it, a flood ignores it. */
  readonly key: Uint8Array | undefined
  /** At most so many peers. */
  readonly count: number
  /** Peers not to name: the query's history, its sender, those that failed. Our own id is never named. */
  readonly exclude: ReadonlySet<PeerId>
  /**
   * Only peers nearer to the key than we are: the query is somebody else's, and must come nearer with each hop. Ignored by a route without
   * distances, and by one that knows too few peers to have any far ones. @default false
   */
  readonly nearer?: boolean | undefined
}

/** What is asked of a route that keeps contacts. */
export interface NearestRequest extends RouteRequest {
  readonly key: Uint8Array
  /** Only contacts that proved themselves where they listen: no others are named to peers. @default false */
  readonly proven?: boolean | undefined
}

/** A peer to ask. At least one of the two is there: `peer` when it is connected, `record` when it can be dialled. */
export interface RouteContact {
  readonly id: PeerId
  readonly peer: PeerRef | undefined
  /** Its signed PeerRecord. */
  readonly record: Uint8Array | undefined
}

/** A search that a route wants. */
export interface RouteSearch {
  readonly key: Uint8Array
  /** So many nearest will do; undefined: as many as a search looks for anyway. */
  readonly width: number | undefined
}

/** What a route wants done for it now; the more bounded the better. */
export interface RouteUpkeep {
  /** Contacts to dial, to see whether they are alive: `reachable` or `unreachable` is the answer. */
  readonly check: readonly RouteContact[]
  /** Keys to look for, so that the route hears of the peers around them. */
  readonly refresh: readonly RouteSearch[]
  /** It knows nobody to ask: the main loop dials peers that the peer store remembers. */
  readonly alone: boolean
}

/** Chooses among the peers that the main loop told it about. */
export interface Route {
  readonly name: string
  /**
   * Called once for each peer after both sides accepted each other; again after an `offline`. `record`: its signed PeerRecord; undefined: it is anonymous.
   * `host`: of the other end of the link, as the transport says.
   */
  online(peer: PeerRef, record?: Uint8Array, host?: string): void
  offline(peer: PeerRef): void
  /** We dialled a peer at an address of this record of its own, and it proved itself there. It need not be online. */
  readonly reachable?: (id: PeerId, record: Uint8Array) => void
  /**
   * Whether a peer that has dialled us would be a contact, were it dialled at its record's addresses: no dial is worth it otherwise. Left out: always.
   */
  readonly wants?: (id: PeerId, record: Uint8Array) => boolean
  /** Dials to these addresses of a peer came to nothing. A contact that listens elsewhere too stays: anybody may have us dial by an old record. */
  readonly unreachable?: (id: PeerId, tried: readonly string[]) => void
  /** A peer that we asked said nothing in time, though it is connected. */
  readonly silent?: (id: PeerId) => void
  /** Connected peers to ask, best first, each once, at most `count`, none of `exclude`. */
  next(request: RouteRequest): readonly PeerRef[]
  /** The same of all that the route knows, connected or not. */
  readonly nearest?: (request: NearestRequest) => readonly RouteContact[]
  /** Called every second or so (`limits.upkeepMs`). */
  readonly upkeep?: () => RouteUpkeep
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
