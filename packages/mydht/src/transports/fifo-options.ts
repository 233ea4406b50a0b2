/**
 * @module transports/fifo-options
 * What a program says about its fifo transport, checked. Not here: what is done with it (`fifo.ts`).
 */
import { platform } from 'node:process'
import { MyDhtError } from '../errors.ts'
import { DEFAULT_FIFO_DIALS, DEFAULT_FIFO_IDLE_THREADS, DEFAULT_FIFO_LINKS } from './defaults.ts'
import { isFifoName } from './fifo-names.ts'

/** Options of `fifo`. Plain data. */
export interface FifoOptions {
  /** Where the pipes are: all that meet give the same. Made if it is missing, for our user alone; refused where others may look in. */
  readonly directory: string
  /** Our name there: 1 to 64 of a–z, 0–9, `-`, `_`, a letter first. @default one by chance */
  readonly name?: string | undefined
  /** False: a client that nobody connects to. A node must listen all the same: links go one way, answers come on others. @default true */
  readonly listen?: boolean | undefined
  /** Links open at once, in each direction; further ones fail. A link costs up to one thread (about 10 MB). @default 64 */
  readonly maxConnections?: number | undefined
  /** Links being opened at once; further ones wait. @default 8 */
  readonly maxDials?: number | undefined
  /** Threads of each kind that are kept while nobody needs them. @default 2 */
  readonly idleThreads?: number | undefined
  /** The system's program that makes named pipes. @default 'mkfifo', as PATH finds it */
  readonly mkfifo?: string | undefined
}

/** Options with nothing left out, but for a name that chance gives. */
export interface FifoSettings {
  readonly directory: string
  readonly name: string | undefined
  readonly mkfifo: string
  readonly listen: boolean
  readonly maxConnections: number
  readonly maxDials: number
  readonly idleThreads: number
}

/** Merges the defaults in, once, and checks. Throws MYDHT_BAD_CONFIG, always on Windows. */
export function fifoSettings(options: FifoOptions): FifoSettings {
  const { directory, name, mkfifo = 'mkfifo' } = options
  if (platform === 'win32') throw bad('Windows has no named pipes in a directory: use tcp()')
  if (typeof directory !== 'string' || directory === '')
    throw bad(`fifo({ directory }): got '${directory}', give a path`)
  if (name !== undefined && !isFifoName(name))
    throw bad(`fifo({ name }): got '${name}', give 1 to 64 of a-z 0-9 - _ that begin with a letter`)
  return {
    directory,
    name,
    mkfifo,
    listen: options.listen ?? true,
    maxConnections: whole('maxConnections', options.maxConnections ?? DEFAULT_FIFO_LINKS, 1),
    maxDials: whole('maxDials', options.maxDials ?? DEFAULT_FIFO_DIALS, 1),
    idleThreads: whole('idleThreads', options.idleThreads ?? DEFAULT_FIFO_IDLE_THREADS, 0),
  }
}

function bad(message: string): MyDhtError {
  return new MyDhtError('MYDHT_BAD_CONFIG', message)
}

function whole(name: string, value: number, least: number): number {
  if (Number.isInteger(value) && value >= least && value <= 4096) return value
  throw bad(`fifo({ ${name} }): got ${value}, give a whole number from ${least} to 4096`)
}
