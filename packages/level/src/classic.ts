/**
 * @module classic
 * LevelDB through `classic-level`: the backend in Node. The only file that names it.
 */
import path from 'node:path'
import { ClassicLevel } from 'classic-level'
import { MyDhtError, part } from 'mydht/stores'
import type { Backend, BackendPart, Database } from './backend.ts'
import * as defaults from './defaults.ts'
import { checkFolder } from './folder.ts'

/** Options of LevelDB. */
export interface ClassicOptions {
  /** Bytes of LevelDB's cache of blocks that were read. @default 8 MiB */
  readonly cacheBytes?: number | undefined
  /** Bytes that it collects before it writes a sorted file: more is faster, and slower to open after a crash. @default 4 MiB */
  readonly writeBufferBytes?: number | undefined
}

/** LevelDB on this machine's disk. One process at a time opens a folder. */
export function classic(options: ClassicOptions = {}): BackendPart {
  return part(import.meta.url, 'createClassic', options, createClassic)
}

/** Makes the backend of `classic()`. */
export function createClassic(options: ClassicOptions): Backend {
  const { cacheBytes = defaults.cacheBytes, writeBufferBytes = defaults.writeBufferBytes } = options
  return {
    async open(location) {
      const folder = path.resolve(location)
      checkFolder(folder)
      const level = new ClassicLevel<string, Uint8Array>(folder, {
        keyEncoding: 'utf8',
        valueEncoding: 'view',
        cacheSize: cacheBytes,
        writeBufferSize: writeBufferBytes,
      })
      try {
        await level.open()
      } catch (thrown) {
        throw openingError(folder, thrown)
      }
      return databaseOf(level)
    },
  }
}

function databaseOf(level: ClassicLevel<string, Uint8Array>): Database {
  return {
    level,
    canGetSync: true,
    readAhead: { highWaterMarkBytes: defaults.readAheadBytes },
    write: (operations, durable) => level.batch(operations, { sync: durable }),
  }
}

/** What LevelDB says, in our words. */
function openingError(folder: string, thrown: unknown): MyDhtError {
  const { code, said } = reasonOf(thrown)
  const options = { cause: thrown, details: { folder } }
  if (code === 'LEVEL_LOCKED') {
    const message = `${folder} is open already, here or in another process: close that one, or give this store its own folder or namespace`
    return new MyDhtError('MYDHT_STORE_LOCKED', message, options)
  }
  if (code === 'LEVEL_CORRUPTION') {
    const message = `${folder} is damaged (${said}): restore a backup, or move it away and begin with an empty one. Nothing was changed`
    return new MyDhtError('MYDHT_STORE_DAMAGED', message, options)
  }
  return new MyDhtError(
    'MYDHT_STORE_FAILED',
    `${folder} cannot be opened (${said}): see its permissions and the disk`,
    options
  )
}

/** The innermost code and sentence: `classic-level` wraps its own errors. */
function reasonOf(thrown: unknown): { readonly code: string; readonly said: string } {
  let [code, said] = ['', String(thrown)]
  for (let error = thrown, depth = 0; error instanceof Error && depth < 4; error = error.cause, depth++) {
    said = error.message
    if ('code' in error && typeof error.code === 'string') code = error.code
  }
  return { code, said }
}
