/**
 * @module apps/peers/protocol
 * What the main loop, the API and the peer store say to each other.
 */
import type { PeerId } from '../../identity/peer-id.ts'
import type { Ask, AskOutcome, EngineStats } from '../../queries/query.ts'
import type { AppCommand, AppEvent } from '../app.ts'
import type { Settled } from '../app-store.ts'
import type { StorePart } from '../../stores/store.ts'
import type { QueryOptions } from '../query-app.ts'

/** Options of `peerStore()`. */
export interface PeerStoreOptions extends QueryOptions {
  /** Where proven peers are kept for the next start. A store of its own. @default undefined: they are forgotten */
  readonly store?: StorePart | undefined
  /** Peers that proved themselves. @default 4096 */
  readonly maxProven?: number | undefined
  /** Peers that others named and nobody here has met. @default 1024 */
  readonly maxCandidates?: number | undefined
  /** Peers that proved themselves once and could not be reached since: they are named to nobody, and dialled when nobody else is known. @default 1024 */
  readonly maxFormer?: number | undefined
  /** How long they are remembered after the end of their record, in milliseconds. @default 30 days */
  readonly rememberMs?: number | undefined
  /** Of each table, peers in one address block (/24, /48); this machine and private networks are exempt. @default 8 */
  readonly maxPerBlock?: number | undefined
  /** Candidates that were named by the peers of one address block, with the same exemptions. @default 256 */
  readonly maxNamedPerBlock?: number | undefined
}

/**
 * Who is looked for. `likely`: proven ones, then candidates, and connected peers are asked for names when those are too few. `any`: and those who did not answer
 * last time when still more are wanted. `unmet`: those that an earlier run kept and this one has not dialled, each once.
 */
export type Among = 'likely' | 'any' | 'unmet'

/** What only the main loop asks of the peer store, beside what it says to every app. The first two are answered by one `candidates` event. */
export type PeerStoreRequest =
  /** Records of up to `count` peers to dial. */
  | {
      readonly type: 'candidates'
      readonly ticket: number
      readonly count: number
      readonly exclude: readonly PeerId[]
      readonly among: Among
    }
  /** The record of one peer, as far as it is known here; none or one. */
  | { readonly type: 'address-of'; readonly ticket: number; readonly id: PeerId }
  /** Search for the peers around a key, so that the route hears of them. Not answered. */
  | { readonly type: 'search'; readonly key: Uint8Array; readonly width: number | undefined }
  /** A peer proved itself where we dialled it, and may be named to others. `record` and `host`: its record and the host of the link, where it is not online. */
  | {
      readonly type: 'dialled'
      readonly id: PeerId
      readonly record?: Uint8Array | undefined
      readonly host?: string | undefined
    }
  /**
   * Dials to these addresses of a peer came to nothing. Where it listens nowhere else a candidate is dropped, and a proven one loses that standing;
   * old records, which anybody may bring, say nothing about new addresses.
   */
  | { readonly type: 'unreachable'; readonly id: PeerId; readonly tried: readonly string[] }

/** Everything that the peer store hears. */
export type PeerStoreCommand = AppCommand<PeersCall, Settled> | PeerStoreRequest

/** Whether a command is one that no app but the peer store hears. */
export function isOfMainLoop(command: PeerStoreCommand): command is PeerStoreRequest {
  switch (command.type) {
    case 'candidates':
    case 'address-of':
    case 'search':
    case 'dialled':
    case 'unreachable':
      return true
    default:
      return false
  }
}

/**
 * A signed PeerRecord to dial, and the peer that has us dial it: who named it, or the peer itself. The dial policy asks. `host`: the host of the link
 * by which the cause had proved itself, for a main loop that has not met it since the start.
 */
export interface NamedRecord {
  readonly record: Uint8Array
  readonly cause: PeerId
  readonly host?: string | undefined
}

/** Everything that the peer store says. `peers`: best first. */
export type PeerStoreEvent =
  | AppEvent<PeersReply>
  | { readonly type: 'candidates'; readonly ticket: number; readonly peers: readonly NamedRecord[] }

/** What `node.peers` asks for. */
export type PeersCall =
  | { readonly type: 'find'; readonly id: PeerId; readonly ask: Omit<Ask, 'body' | 'key'> }
  | { readonly type: 'connected' }
  | { readonly type: 'known'; readonly limit: number }
  | { readonly type: 'stats' }
  /** Replies `ready` once the store is open. */
  | { readonly type: 'ready' }

/** A peer and where it listens. */
export interface FoundPeer {
  readonly id: PeerId
  /** Links without PeerId, most useful first; empty: it cannot be dialled. */
  readonly addresses: readonly string[]
  readonly sequence: number
  /** It answers no queries and enters no tables. */
  readonly clientOnly: boolean
}

/** Counters since the node started. */
export interface PeersStats {
  readonly connected: number
  readonly proven: number
  readonly candidates: number
  /** They proved themselves once, and could not be reached since. */
  readonly former: number
  /** Records that did not verify, or were older than what we have. */
  readonly refused: number
  readonly engine: EngineStats
}

/** What it gets. */
export type PeersReply =
  | { readonly type: 'found'; readonly peer: FoundPeer }
  | { readonly type: 'absent'; readonly outcome: AskOutcome }
  | { readonly type: 'connected'; readonly peers: readonly PeerId[] }
  | { readonly type: 'known'; readonly peers: readonly FoundPeer[] }
  | { readonly type: 'stats'; readonly stats: PeersStats }
  | { readonly type: 'ready' }
