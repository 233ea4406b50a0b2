/**
 * @module backend
 * The contract of what lies under the store: a database of `abstract-level` with text keys and bytes as values. Not here: ours on LevelDB
 * (`classic.ts`), and what the store makes of it (`store.ts`).
 *
 * Nothing but `classic.ts` and `folder.ts` knows Node; with another backend none of that is loaded but by its name. One for browsers, in a module of its own:
 *
 *   export const createBrowser = (): Backend => ({
 *     async open(location) {
 *       const level = new BrowserLevel<string, Uint8Array>(location, { keyEncoding: 'utf8', valueEncoding: 'view' })
 *       await level.open()
 *       return { level, canGetSync: false, write: (operations) => level.batch(operations) }
 *     },
 *   })
 *
 * and `level({ folder: 'mydht', backend: part(import.meta.url, 'createBrowser', undefined, createBrowser) })`.
 */
import type { AbstractLevel } from 'abstract-level'
import type { Part } from 'mydht/stores'

/** One change of a batch. */
export type Operation =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: string }

/** An open database. */
export interface Database {
  /** With encodings `utf8` for keys and `view` for values. Without `getSync` (a browser's) the store keeps values in memory too. */
  readonly level: AbstractLevel<string | Uint8Array, string, Uint8Array>
  readonly canGetSync: boolean
  /** Options of an iterator that reads all there is, where the database has some for that. */
  readonly readAhead?: object | undefined
  /** Writes all or nothing, behind what was written before. Durable: settles when the disk itself has it and everything before it. */
  write(operations: Operation[], durable: boolean): Promise<void>
}

/** Where databases come from. */
export interface Backend {
  /**
   * Opens a database, and makes it where there is none yet. Whatever else is there stays as it is. Rejects with MYDHT_STORE_LOCKED,
   * MYDHT_STORE_DAMAGED or MYDHT_STORE_FAILED, and leaves nothing open.
   */
  open(location: string): Promise<Database>
}

/** A backend as the configuration names it. */
export type BackendPart = Part<Backend>
