/**
 * @module apps/files/protocol
 * Options of the files app, and what its API and its global service say to each other.
 */
import type { AttachmentStats } from '../../attachments/attachments.ts'
import type { PeerId } from '../../identity/peer-id.ts'
import type { Ask, EngineLimits, EngineStats } from '../../queries/query.ts'
import type { Rules } from '../../queries/rules.ts'
import type { ProviderOptions, ProviderStats } from '../providers/providers.ts'
import type { FileId } from './manifest.ts'

/** Bounds of the files app; the defaults, with their reasons, are in `defaults.ts`. */
export interface FilesLimits {
  /** Files shared. @default 16384 */
  readonly maxFiles: number
  /** Folders inside each other. @default 32 */
  readonly maxDepth: number
  /** Memory for manifests of shared files. @default 64 MiB */
  readonly maxManifestsBytes: number
  /** Files fetched at a time. @default 16 */
  readonly maxFetches: number
  /** Files sent at a time. @default 64 */
  readonly maxServing: number
  /** The same to one peer. @default 8 */
  readonly maxServingPerPeer: number
  /** A provider from which nothing comes for that long is left for the next. @default 20_000 */
  readonly idleMs: number
}

/** Options of `files()`. */
export interface FilesOptions {
  /** Paths of files and folders that others may have, by id and by name. Links below them are not followed. @default nothing */
  readonly share?: readonly string[] | undefined
  /** The folder that fetched files go to; it is made when it is missing. @default none: each fetch must say */
  readonly into?: string | undefined
  readonly limits?: Partial<FilesLimits & EngineLimits> | undefined
  /**
   * Peers are told what is shared here, so that it is found through them too, and we keep such records for others. False: neither; whoever asks
   * us finds it all the same.
   */
  readonly providers?: ProviderOptions | false | undefined
  /**
   * Peers nearest to a file's id that are told who has it, instead of our neighbours, and are asked for it. Needs the route `kademlia`. Fetches are
   * `iterative` then unless they say otherwise. @default 0: neighbours are told
   */
  readonly replicas?: number | undefined
  /** Hops, fan-out, budget and lifetime of queries. @default simpleRules() */
  readonly rules?: Rules | undefined
}

/** What a query may be told; the rest is the app's. */
export type FilesAsk = Omit<Ask, 'body' | 'key'>

/** What the API asks for. */
export type FilesCall =
  | { readonly type: 'share'; readonly paths: readonly string[] }
  | { readonly type: 'list' }
  | { readonly type: 'find'; readonly text: string; readonly part: boolean; readonly ask: FilesAsk }
  | { readonly type: 'providers'; readonly id: FileId; readonly ask: FilesAsk }
  | FetchCall
  | { readonly type: 'stats' }

/** A file is wanted. Replies `progress`, then `fetched`. */
export interface FetchCall {
  readonly type: 'fetch'
  readonly id: FileId
  readonly into: string | undefined
  readonly name: string | undefined
  readonly maxBytes: number | undefined
  readonly progress: boolean
  readonly ask: FilesAsk
}

/** What it gets. */
export type FilesReply =
  | ({ readonly type: 'shared' } & Shared)
  | { readonly type: 'listed'; readonly files: readonly ListedFile[] }
  | ({ readonly type: 'found' } & FoundFile)
  | ({ readonly type: 'progress' } & FetchProgress)
  | ({ readonly type: 'fetched' } & Fetched)
  | { readonly type: 'stats'; readonly stats: FilesStats }

/** What sharing came to. `files` and `bytes`: found below the paths given. */
export interface Shared {
  readonly files: number
  readonly bytes: number
  /** Not shared: links and devices, names too long, files that could not be read or did not fit the limits. */
  readonly skipped: number
}

/** A file that we share. */
export interface ListedFile {
  readonly id: FileId
  readonly name: string
  readonly path: string
  readonly bytes: number
}

/** A file that somebody has. */
export interface FoundFile {
  readonly id: FileId
  /** As its holder calls it: text of a stranger, not safe as a path or as markup. */
  readonly name: string
  /** In bytes. A claim, until the file is fetched. */
  readonly size: number
  /** Who has it: the author of a verified PeerRecord. */
  readonly from: PeerId
  /** Hops to it, or to whoever keeps its provider record. */
  readonly hops: number
}

/** How far a fetch is: `bytes` of `size` are verified and written. */
export interface FetchProgress {
  readonly bytes: number
  readonly size: number
  readonly from: PeerId
}

/** A file that was fetched. */
export interface Fetched {
  readonly path: string
  readonly bytes: number
  /** Who sent the last of it. */
  readonly from: PeerId
  readonly hops: number
  /** Of `bytes`, those that were there from an earlier try. */
  readonly resumedBytes: number
}

/** Counters since the node started. */
export interface FilesStats {
  readonly files: number
  readonly bytes: number
  /** Calls of `share` that are being worked on. */
  readonly indexing: number
  readonly fetching: number
  readonly served: number
  /** Requests that we refused: not shared, changed since, out of range. */
  readonly refused: number
  /** Chunks and manifests from others that were not what their hash says. */
  readonly corrupt: number
  readonly providers: ProviderStats
  readonly attachments: AttachmentStats
  readonly engine: EngineStats
}
