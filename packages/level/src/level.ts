/**
 * @module level
 * `level({ folder })`: a store on disk, as a configuration names it, and its opening.
 *
 * - A put is in memory when it returns, in the system's hands at the end of the turn (a killed process loses nothing of it), and on the disk itself
 *   when a `flush` after it settles (a power cut loses nothing of it).
 * - A batch is there wholly or not at all; after a crash the folder holds what it held after some batch, and every one before that.
 * - One store at a time opens a folder and namespace. What is locked, damaged or not ours is told by an error and left as it is.
 */
import { load, MyDhtError, part, realise, type Store, type StorePart, type StoreParts } from 'mydht/stores'
import type { Backend, BackendPart, Database } from './backend.ts'
import { classic } from '#classic'
import * as defaults from './defaults.ts'
import { createStore, type StoreBounds } from './store.ts'
import { totalsOf } from './totals.ts'

/** Where a store lies, and its bounds. */
export interface LevelOptions {
  /** A folder of its own; made where there is none. What another backend makes of the name is its own business: a browser's is that of a database. */
  readonly folder: string
  /** Which of several stores in the folder: 1 to 32 of `a-z 0-9 -`. Each is a database of its own, so they may run on several threads. @default 'records' */
  readonly namespace?: string | undefined
  /** @default 262144 */
  readonly maxRecords?: number | undefined
  /** Letters of keys and bytes of records together. @default 1 GiB */
  readonly maxBytes?: number | undefined
  /** What may wait in memory for a disk that is slow or full; past it a put is `busy`. @default 16 MiB */
  readonly maxUnwrittenBytes?: number | undefined
  /** How long opening waits for another holder of the folder to let go, in milliseconds. @default 1000 */
  readonly lockWaitMs?: number | undefined
  /** What lies under it, anything of abstract-level (see `backend.ts`). @default classic() in Node; elsewhere there is none */
  readonly backend?: BackendPart | undefined
}

/**
 * A store on disk.
 *
 * @example
 * kv({ store: level({ folder: '/var/lib/mydht' }), acknowledged: 'disk' })
 */
export function level(options: LevelOptions): StorePart {
  return part(import.meta.url, 'createLevelStore', options, createLevelStore)
}

/** Makes the store of `level()`. Throws MYDHT_BAD_CONFIG for an option that cannot be. */
export function createLevelStore(options: LevelOptions): (parts: StoreParts) => Promise<Store> {
  const { folder, namespace = defaults.namespace, backend = classic() } = options
  if (typeof folder !== 'string' || folder === '') throw badOption('folder', folder, "a folder's path")
  if (!/^[a-z0-9-]{1,32}$/.test(namespace)) throw badOption('namespace', namespace, '1 to 32 of a-z 0-9 -')
  const bounds: StoreBounds = {
    maxRecords: bound('maxRecords', options.maxRecords ?? defaults.maxRecords, 1),
    maxBytes: bound('maxBytes', options.maxBytes ?? defaults.maxBytes, 1),
    maxUnwrittenBytes: bound('maxUnwrittenBytes', options.maxUnwrittenBytes ?? defaults.maxUnwrittenBytes, 1),
  }
  const lockWaitMs = bound('lockWaitMs', options.lockWaitMs ?? defaults.lockWaitMs, 0)
  const location = `${folder}/${namespace}`
  return async (parts) => {
    const database = await openWaiting(realise(await load(backend)), location, lockWaitMs, parts)
    try {
      const store = createStore(location, database, await totalsOf(location, database), bounds, parts)
      // What cannot be read at once must be in memory before anybody asks.
      if (!database.canGetSync) await store.loaded
      return store
    } catch (thrown) {
      await database.level.close()
      throw thrown
    }
  }
}

/** Opens; while another holds the folder, tries again until `waitMs` have passed. */
async function openWaiting(
  backend: Backend,
  location: string,
  waitMs: number,
  { clock }: StoreParts
): Promise<Database> {
  for (const deadlineMs = clock.monotonicMs() + waitMs; ;) {
    try {
      return await backend.open(location)
    } catch (thrown) {
      if (!MyDhtError.is(thrown, 'MYDHT_STORE_LOCKED') || clock.monotonicMs() >= deadlineMs) throw thrown
      await new Promise<void>((resolve) => clock.after(defaults.lockRetryMs, resolve))
    }
  }
}

function bound(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw badOption(name, value, `a whole number from ${least}`)
}

function badOption(name: string, value: unknown, wanted: string): MyDhtError {
  return new MyDhtError('MYDHT_BAD_CONFIG', `level({ ${name}: ${JSON.stringify(value)} }): give ${wanted}`)
}
