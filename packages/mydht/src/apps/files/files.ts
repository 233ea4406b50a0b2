/**
 * @module apps/files/files
 * Files across peers: share folders, find files by name or by id, fetch them. An id is the hash of what is in a file, so every chunk is verified as
 * it comes, whoever sends it; a fetch goes on with the next provider when one is lost, and where it was when it is tried again.
 */
import { MyDhtError } from '../../errors.ts'
import type { App, AppCallOptions, AppCaller } from '../app.ts'
import { checkedAsk, checkedCount, patient, type AskOptions } from '../ask-options.ts'
import { expectReply } from '../replies.ts'
import * as defaults from './defaults.ts'
import { filesGlobal, type FilesOwn } from './global.ts'
import { fileIdToBytes, type FileId } from './manifest.ts'
import { isName, maxNameBytes } from './messages.ts'
import type {
  Fetched,
  FetchProgress,
  FilesCall,
  FilesOptions,
  FilesReply,
  FilesStats,
  FoundFile,
  ListedFile,
  Shared,
} from './protocol.ts'

export { decodeManifest, encodeManifest, fileIdOf, parseFileId } from './manifest.ts'
export type { FileId, Manifest } from './manifest.ts'
export { safeName } from './safe-name.ts'
export type {
  Fetched,
  FetchProgress,
  FilesLimits,
  FilesOptions,
  FilesStats,
  FoundFile,
  ListedFile,
  Shared,
} from './protocol.ts'

/** How far a query may go. What is left out comes from the rules by `priority`. A number that is none is a TypeError. */
export interface FileQueryOptions extends Omit<AskOptions, 'local'> {
  /** Answers wanted. @default 16 for find and providers, 4 for fetch */
  readonly results?: number | undefined
}

/** How files are looked for. */
export interface FindFilesOptions extends FileQueryOptions {
  /** `part`: names that have the text in them; `exact`: names that are the text. Case does not count. @default 'part' */
  readonly match?: 'part' | 'exact' | undefined
  /** Our own files too. @default true */
  readonly local?: boolean | undefined
}

/** How a file is fetched. `timeoutMs` is for all of it: a day by default. */
export interface FetchOptions extends FileQueryOptions {
  /** The folder it goes to, made when it is missing. @default `into` of the app's options */
  readonly into?: string | undefined
  /** What it is called there, made safe; a number is added where that is taken. @default as its provider calls it, made safe */
  readonly name?: string | undefined
  /** Refuses a longer file before any of it is fetched. @default none */
  readonly maxBytes?: number | undefined
  /** Called as verified bytes are written, about a hundred times for a file. */
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined
}

/** What `node.files` can do. All may reject with MYDHT_BUSY, MYDHT_CLOSED, MYDHT_TIMEOUT or `signal.reason`. */
export interface FilesApi {
  /**
   * Shares files and folders besides what is shared, and waits until they are found and hashed; with no paths, until all before are. What is
   * below a folder is shared as it is now. Rejects with MYDHT_BAD_FILE when a path is not there.
   */
  share(paths: readonly string[], options?: AppCallOptions): Promise<Shared>
  /** What is shared here. */
  list(options?: AppCallOptions): Promise<readonly ListedFile[]>
  /** Files that peers (and we) share under a name, as they are found. Leaving the loop stops the query. */
  find(name: string, options?: FindFilesOptions): AsyncIterable<FoundFile>
  /** Peers that have a file, as they are found. */
  providers(id: FileId, options?: FileQueryOptions): AsyncIterable<FoundFile>
  /**
   * Brings a file to a folder of ours. Given up (signal, deadline) or crashed, it leaves `<id>.part`, from which the next try goes on. Rejects with
   * MYDHT_NOT_FOUND when nobody has it, MYDHT_LIMIT beyond `maxBytes`, MYDHT_BAD_FILE when the disk refuses or all copies were wrong, or with what
   * was wrong with the last provider.
   */
  fetch(id: FileId, options?: FetchOptions): Promise<Fetched>
  stats(): Promise<FilesStats>
}

/** The files app, as `files()` gives it. */
export type FilesApp = Omit<App<FilesOptions, FilesCall, FilesReply, FilesApi, FilesOwn>, 'local'> & {
  readonly global: typeof filesGlobal
}

/**
 * The files app.
 *
 * @example
 * const node = await createNode({ transport: tcp(), apps: { files: files({ share: ['music'], into: 'fetched' }) } })
 * for await (const found of node.files.find('ogg')) {
 *   const { path } = await node.files.fetch(found.id)
 *   console.log(path)
 *   break
 * }
 */
export function files(options: FilesOptions = {}): FilesApp {
  return { options, global: filesGlobal, api: createFilesApi }
}

/** Makes what `node.files` shows. */
export function createFilesApi(caller: AppCaller<FilesCall, FilesReply>): FilesApi {
  const found = async function* (call: FilesCall, options: AppCallOptions): AsyncGenerator<FoundFile> {
    // A holder that two ways lead to answers twice.
    const seen = new Set<string>()
    for await (const reply of caller.stream(call, { ...patient(options), partial: true })) {
      const { id, name, size, from, hops } = expectReply(reply, 'found')
      if (seen.has(`${id} ${from}`)) continue
      seen.add(`${id} ${from}`)
      yield { id, name, size, from, hops }
    }
  }

  return {
    async share(paths, options = {}) {
      const call: FilesCall = { type: 'share', paths: [...paths] }
      const {
        files: count,
        bytes,
        skipped,
      } = expectReply(await caller.call(call, within(options, defaults.shareTimeoutMs)), 'shared')
      return { files: count, bytes, skipped }
    },
    async list(options) {
      return expectReply(await caller.call({ type: 'list' }, options), 'listed').files
    },
    find(name, options = {}) {
      if (!isName(name)) throw new TypeError(`a name has 1 to ${maxNameBytes} bytes: got ${JSON.stringify(name)}`)
      const results = options.results ?? defaults.findResults
      const ask = { ...checkedAsk(options, results), local: options.local ?? true }
      return found({ type: 'find', text: name, part: options.match !== 'exact', ask }, options)
    },
    providers(id, options = {}) {
      fileIdToBytes(id)
      const wanted = options.results ?? defaults.findResults
      return first(wanted, found({ type: 'providers', id, ask: checkedAsk(options, wanted) }, options))
    },
    async fetch(id, options = {}) {
      fileIdToBytes(id)
      const { into, name, maxBytes, onProgress } = options
      const call: FilesCall = {
        type: 'fetch',
        id,
        into,
        name,
        maxBytes: checkedCount('maxBytes', maxBytes),
        progress: onProgress !== undefined,
        // The deadline is for all of it, not for the question.
        ask: checkedAsk({ ...options, timeoutMs: undefined }, options.results),
      }
      for await (const reply of caller.stream(call, within(options, defaults.fetchTimeoutMs))) {
        if (reply.type === 'progress') onProgress?.({ bytes: reply.bytes, size: reply.size, from: reply.from })
        else {
          const { path, bytes, from, hops, resumedBytes } = expectReply(reply, 'fetched')
          return { path, bytes, from, hops, resumedBytes }
        }
      }
      throw new MyDhtError('MYDHT_CLOSED', `the fetch of ${id} was ended by the node: it is closing`)
    },
    async stats() {
      return expectReply(await caller.call({ type: 'stats' }), 'stats').stats
    },
  }
}

/** The first `count` of them. */
async function* first<T>(count: number, values: AsyncIterable<T>): AsyncGenerator<T> {
  let left = count
  if (left < 1) return
  for await (const value of values) {
    yield value
    left--
    if (left < 1) return
  }
}

function within(options: AppCallOptions, timeoutMs: number): AppCallOptions {
  return { signal: options.signal, timeoutMs: options.timeoutMs ?? timeoutMs }
}
