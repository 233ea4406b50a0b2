/**
 * @module folder
 * Looks at a folder before LevelDB does, which would begin anew, and take away what it does not know, where its file CURRENT is missing.
 */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { MyDhtError } from 'mydht/stores'

/** Files that LevelDB makes before the first record can be there: an opening that was killed leaves just these. */
const beginnings = /^(LOCK|LOG|LOG\.old|MANIFEST-\d+|\d+\.dbtmp)$/
const own = /^(CURRENT|LOCK|LOG|LOG\.old|MANIFEST-\d+|\d+\.(ldb|sst|log|dbtmp)|lost)$/

/**
 * Makes the folder where there is none; at once, since a turn on a thread of the pool costs more than all of it. Throws MYDHT_STORE_DAMAGED for one
 * that has lost its CURRENT or what that names, MYDHT_BAD_CONFIG for one that holds something else, MYDHT_STORE_FAILED where the system refuses.
 */
export function checkFolder(folder: string): void {
  const details = { folder }
  const { foreign, lost } = look(folder)
  if (foreign !== undefined) {
    const message = `${folder} holds '${foreign}', which is none of a store's files: give an empty folder, or one of a store`
    throw new MyDhtError('MYDHT_BAD_CONFIG', message, { details })
  }
  if (lost === undefined) return
  const message = `${folder} is damaged (its file ${lost} is missing): restore a backup, or move it away and begin with an empty one. Nothing was changed`
  throw new MyDhtError('MYDHT_STORE_DAMAGED', message, { details })
}

/** CURRENT, or the file that it names, if that is missing. */
function lostFile(folder: string, names: readonly string[]): string | undefined {
  if (!names.includes('CURRENT')) return names.every((name) => beginnings.test(name)) ? undefined : 'CURRENT'
  const current = readFileSync(path.join(folder, 'CURRENT'), 'latin1')
  const named = /^(MANIFEST-\d+)\n$/.exec(current)?.[1]
  return named === undefined || names.includes(named) ? undefined : named
}

function look(folder: string): { readonly foreign: string | undefined; readonly lost: string | undefined } {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const names = readdirSync(folder)
    return { foreign: names.find((name) => !own.test(name)), lost: lostFile(folder, names) }
  } catch (thrown) {
    const said = thrown instanceof Error ? thrown.message : String(thrown)
    const message = `the folder of a store cannot be made or read (${said}): see its path and permissions`
    throw new MyDhtError('MYDHT_STORE_FAILED', message, { cause: thrown, details: { folder } })
  }
}
