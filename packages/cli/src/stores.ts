/**
 * @module stores
 * Where a node of the command keeps what shall outlive it: a folder with two stores, one of records and one of peers.
 */
import path from 'node:path'
import { Option } from 'commander'
import type { StorePart } from 'mydht'

/** The two stores of a folder. */
export interface NodeStores {
  readonly records: StorePart
  readonly peers: StorePart
}

/** The option `--store`. */
export function storeOption(): Option {
  return new Option('--store <folder>', 'keep records and known peers in this folder (default: forget them at the end)')
}

/** The stores of a folder; undefined: of none. */
export async function storesIn(folder: string | undefined): Promise<NodeStores | undefined> {
  if (folder === undefined) return undefined
  // Loaded only where it is used: it brings a native library.
  const { level } = await import('mydht-level')
  const whole = path.resolve(folder)
  return {
    records: level({ folder: whole, namespace: 'records' }),
    peers: level({ folder: whole, namespace: 'peers' }),
  }
}
