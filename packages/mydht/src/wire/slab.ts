/**
 * @module wire/slab
 * Slabs: pieces of memory that are written, sent and used again. Not here: who gives a slab back (the owner of the write stream, in `onSent`).
 */
import { defaultMaxFreeSlabs } from './defaults.ts'
import { slabBytes as defaultSlabBytes } from './limits.ts'

/** Slabs of one size and a bounded list of those that are free. */
export interface SlabPool {
  readonly slabBytes: number
  /** A slab whose contents are anything; its owner gives it back once, or lets it go. */
  take(): Uint8Array
  /** Takes a slab back. Throws TypeError on a slab of another size and on one that is already free. */
  give(slab: Uint8Array): void
  /** Slabs that wait for their next use. */
  readonly free: number
}

/** Bounds of a pool. `slabBytes`: 64 to 65 536. */
export interface SlabPoolOptions {
  /** @default 65_536 one longest record */
  readonly slabBytes?: number | undefined
  /** Slabs past this are left to the garbage collector. @default 64 */
  readonly maxFree?: number | undefined
}

/** Makes a pool. Throws TypeError on a size that holds no record. */
export function createSlabPool(options: SlabPoolOptions = {}): SlabPool {
  const slabBytes = options.slabBytes ?? defaultSlabBytes
  const maxFree = options.maxFree ?? defaultMaxFreeSlabs
  if (!Number.isInteger(slabBytes) || slabBytes < 64 || slabBytes > defaultSlabBytes) {
    throw new TypeError(`slabBytes must be 64 to ${defaultSlabBytes}, got ${slabBytes}`)
  }
  const free: Uint8Array[] = []
  return {
    slabBytes,
    take: () => free.pop() ?? new Uint8Array(slabBytes),
    give(slab) {
      if (slab.length !== slabBytes)
        throw new TypeError(`a slab has ${slabBytes} bytes, got ${slab.length}: give what take() gave`)
      // Two owners of one slab would send each other's bytes: worth a look through a short list.
      if (free.includes(slab)) throw new TypeError('this slab is already free: give it back once, in onSent')
      if (free.length < maxFree) free.push(slab)
    },
    get free() {
      return free.length
    },
  }
}

/** This thread's pool, shared by all of its connections. */
export const slabs: SlabPool = createSlabPool()
