/**
 * @module no-classic
 * What stands in for `classic.ts` where there is no Node, and so no LevelDB on a disk: nothing of Node is imported there, and a store must be given its backend.
 */
import { MyDhtError } from 'mydht/stores'
import type { BackendPart } from './backend.ts'
import type { ClassicOptions } from './classic.ts'

/** Throws MYDHT_BAD_CONFIG: `classic()` needs Node. */
export function classic(_options: ClassicOptions = {}): BackendPart {
  throw new MyDhtError(
    'MYDHT_BAD_CONFIG',
    'there is no classic-level outside Node: give level({ backend }), of browser-level for example'
  )
}
