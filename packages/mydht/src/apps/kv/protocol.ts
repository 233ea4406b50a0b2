/**
 * @module apps/kv/protocol
 * Options of the kv app, and what its API and its global service say to each other.
 */
import type { PeerId } from '../../identity/peer-id.ts'
import type { Part } from '../../part.ts'
import type { Ask, AskOutcome, EngineStats } from '../../queries/query.ts'
import type { StorePart } from '../../stores/store.ts'
import type { ProviderOptions, ProviderStats } from '../providers/providers.ts'
import type { QueryOptions } from '../query-app.ts'
import type { HolderCounts } from './holders.ts'
import type { Key } from './key.ts'
import type { Namespace, Validate } from './namespaces.ts'
import type { KvRecord } from './records.ts'

/** Options of `kv()`. */
export interface KvOptions extends QueryOptions {
  /**
   * Peers nearest to a record's key that are asked to hold it beside us, and are asked for it. Needs the route `kademlia`. Reads are `iterative` then unless
   * they say otherwise. @default 0: records stay where they were put
   */
  readonly replicas?: number | undefined
  /** Disjoint paths along which those are looked for who are to hold a record, 1 to 8: a liar spoils one of them only. @default 1 */
  readonly paths?: number | undefined
  /** How often a record is given to the nearest again: by a holder when nobody else did, in milliseconds. @default an hour */
  readonly replicateMs?: number | undefined
  /** And by its publisher, with a new life, in milliseconds; half of the record's life if that is sooner. @default 12 hours */
  readonly republishMs?: number | undefined
  /**
   * How long a peer that is asked to hold a record has for its answer, in milliseconds; then it counts as `failed`. One that acknowledges from its disk may need
   * longer. A put waits for all of them: give it a longer `timeoutMs` (of calls: 20 s) than this and its search take. @default 3000
   */
  readonly holdTimeoutMs?: number | undefined
  /** Values, what others have us keep, and what we provide; all of it is known again after a start where the store outlives us. @default memory() */
  readonly store?: StorePart | undefined
  /**
   * What it means that a put, publish or remove has settled, and that we acknowledge what others had us hold. `memory`: the store has taken it (`level` writes it at the end of
   * the turn). `disk`: the store has made it as durable as it can; those of one moment share one write. Each node says so for itself. @default 'memory'
   */
  readonly acknowledged?: 'memory' | 'disk' | undefined
  /** With `disk`: records of others that may wait for it before we acknowledge them; past it they are told that we are busy. @default 1024 */
  readonly maxUnacknowledged?: number | undefined
  /** A plain function keeps the service on this thread; `part(import.meta.url, 'name', options)` crosses. @default everything true is welcome */
  readonly validate?: Validate | Part<Validate> | undefined
  /**
   * Rules of the program's own for published and open records whose name begins with a namespace and a stroke, by the namespace: whether one may be kept, and which
   * of two is the better. The same on every node. Plain functions keep the service on this thread; `part(import.meta.url, 'name', options)` crosses.
   */
  readonly namespaces?: Readonly<Record<string, Namespace | Part<Namespace>>> | undefined
  /** Whether records that anybody may write exist on this network. The same for all its nodes. @default false */
  readonly open?: boolean | undefined
  /** @default 65536 */
  readonly maxValueBytes?: number | undefined
  /** The longest that a record is kept before it must come again. @default 30 days */
  readonly maxTtlMs?: number | undefined
  /** Keeps valid answers to others' queries that pass through us. @default false */
  readonly cachePassing?: boolean | undefined
  /**
   * What others may have us keep, by `spread` or as one of the nearest: records and their bytes in all, and records of one peer and of the peers of one public address block
   * (/24, /48; this machine and private networks are exempt). Our own program's records push them out where the store is full. False: nothing, and nothing is passed on.
   * @default { maxRecords: 16384, maxBytes: 32 MiB, maxPerPeer: 1024, maxPerBlock: 2048 }
   */
  readonly keepSpread?:
    | false
    | {
        readonly maxRecords?: number | undefined
        readonly maxBytes?: number | undefined
        readonly maxPerPeer?: number | undefined
        readonly maxPerBlock?: number | undefined
      }
    | undefined
  /** Provider records that we keep for others, and how many keys we provide ourselves. False: none is kept or passed on. */
  readonly providers?: ProviderOptions | false | undefined
}

/** How far a value was spread. `undefined` where nothing was asked. */
export interface SpreadOutcome {
  /** Hops outward that were asked for. */
  readonly hops: number
  /** Peers that it was sent to directly; each passes it on if it is news there. 0: nobody is connected. */
  readonly sent: number
}

/** Where and for how long a value goes. */
interface Placed {
  readonly value: Uint8Array
  readonly ttlMs: number | undefined
  /** Hops outward; 0: kept here only. */
  readonly spread: number
  /** Peers that are to hold it; undefined: as the app's options say. */
  readonly replicas: number | undefined
}

/** What the API asks for about data that stays where it is. */
export type ProvidersCall =
  | {
      readonly type: 'provide'
      readonly key: Key
      readonly note: Uint8Array
      readonly ttlMs: number | undefined
      readonly spread: number | undefined
    }
  | { readonly type: 'withdraw'; readonly key: Key }
  /** Providers as they come: replies `provider`, then `absent` as the last. */
  | { readonly type: 'providers'; readonly key: Key; readonly ask: Omit<Ask, 'body' | 'key'> }

/** What the API asks for. */
export type KvCall =
  | ProvidersCall
  | ({ readonly type: 'put' } & Placed)
  | ({
      readonly type: 'publish'
      readonly name: string
      readonly sequence: number | undefined
      readonly ifSequence: number | undefined
    } & Placed)
  | ({ readonly type: 'put-open'; readonly name: string } & Placed)
  /** One record: replies `hit` or `absent`. */
  | { readonly type: 'get'; readonly key: Key; readonly quorum: number; readonly ask: Omit<Ask, 'body' | 'key'> }
  /** Records as they come: replies `hit`, then `absent` as the last. */
  | { readonly type: 'find'; readonly key: Key; readonly ask: Omit<Ask, 'body' | 'key'> }
  | { readonly type: 'remove'; readonly key: Key }
  | { readonly type: 'stats' }
  /** Replies `ready` once the store is open. */
  | { readonly type: 'ready' }

/** What it gets. */
export type KvReply =
  | {
      readonly type: 'stored'
      readonly key: Key
      readonly sequence: number
      readonly spread: SpreadOutcome | undefined
      readonly holders: HolderCounts | undefined
    }
  | ({ readonly type: 'hit' } & KvHit)
  | { readonly type: 'absent'; readonly outcome: AskOutcome }
  | { readonly type: 'removed'; readonly removed: boolean }
  /** Of `provide` and `withdraw`; undefined: it was not provided. */
  | {
      readonly type: 'provided'
      readonly key: Key
      readonly expiresAtMs: number | undefined
      readonly spread: SpreadOutcome | undefined
    }
  | { readonly type: 'provider'; readonly found: FoundProvider }
  | { readonly type: 'ready' }
  | { readonly type: 'stats'; readonly stats: KvStats }

/** One verified record that was found. */
export interface KvHit {
  readonly key: Key
  readonly value: Uint8Array
  /** The record with all that its kind carries. */
  readonly record: KvRecord
  /** Who is said to have held it: a claim unless it is `via`. Undefined: peers are anonymous. */
  readonly from: PeerId | undefined
  /** The connected peer that brought it; undefined: our own store. */
  readonly via: PeerId | undefined
  readonly hops: number
  /** Milliseconds since 1970 by our clock. */
  readonly expiresAtMs: number
  /** Of `get`: how many held a record under the key, of those that were asked. */
  readonly holders?: number | undefined
}

/** Somebody who has what belongs to a key, as its own signed record says. */
export interface FoundProvider {
  readonly key: Key
  readonly provider: PeerId
  /** Where it listens, most useful first; empty: it cannot be dialled. */
  readonly addresses: readonly string[]
  /** Its own words, perhaps none: bytes of a stranger. */
  readonly note: Uint8Array
  /** Milliseconds since 1970 by our clock. */
  readonly expiresAtMs: number
  /** Who is said to have kept the record: a claim unless it is `via`. Undefined: peers are anonymous. */
  readonly from: PeerId | undefined
  /** The connected peer that brought it; undefined: it was kept here. */
  readonly via: PeerId | undefined
  readonly hops: number
}

/** Counters since the node started. */
export interface KvStats {
  /** Entries of the store: values, and on disk also provider records and what we provide. */
  readonly records: number
  readonly bytes: number
  /** Records of others that we keep, because they were spread to us, passed by, or we are near to them. */
  readonly spreadRecords: number
  readonly spreadBytes: number
  /** Records refused because they were not true, too long, or the program's `validate` said no. */
  readonly refused: number
  /** Records that were true but did not fit the store or a quota. */
  readonly full: number
  readonly providers: ProviderStats
  readonly engine: EngineStats
}
