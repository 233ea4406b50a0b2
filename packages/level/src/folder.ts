/**
 * @module folder
 * Looks at a folder before LevelDB does, which would begin anew, and take away what it does not know, where its file CURRENT is missing.
 */
import { mkdir, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { MyDhtError } from 'mydht/stores'

/** Files that LevelDB makes before the first record can be there: an opening that was killed leaves just these. */
const beginnings = /^(LOCK|LOG|LOG\.old|MANIFEST-\d+|\d+\.dbtmp)$/
const own = /^(CURRENT|LOCK|LOG|LOG\.old|MANIFEST-\d+|\d+\.(ldb|sst|log|dbtmp)|lost)$/

/**
 * Makes the folder where there is none. Rejects with MYDHT_STORE_DAMAGED for one that has lost its CURRENT or what that
 * names, MYDHT_BAD_CONFIG for one that holds
 * something else, MYDHT_STORE_FAILED where the system refuses.
 */
export async function checkFolder(folder: string): Promise<void> {
  const names = await look(folder)
  const foreign = names.find((name) => !own.test(name))
  if (foreign !== undefined) {
    const message = `${folder} holds '${foreign}', which is none of a store's files: give an empty folder, or one of a store`
    throw new MyDhtError('MYDHT_BAD_CONFIG', message, { details: { folder } })
  }
  const lost = await lostFile(folder, names)
  if (lost === undefined) return
  const message = `${folder} is damaged (its file ${lost} is missing): restore a backup, or move it away and begin with an empty one. Nothing was changed`
  throw new MyDhtError('MYDHT_STORE_DAMAGED', message, { details: { folder } })
}

/** CURRENT, or the file that it names, if that is missing. */
async function lostFile(folder: string, names: readonly string[]): Promise<string | undefined> {
  if (!names.includes('CURRENT')) return names.every((name) => beginnings.test(name)) ? undefined : 'CURRENT'
  const current = await readFile(path.join(folder, 'CURRENT'), 'latin1').catch(() => '')
  const named = /^(MANIFEST-\d+)\n$/.exec(current)?.[1]
  return named === undefined || names.includes(named) ? undefined : named
}

async function look(folder: string): Promise<readonly string[]> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    return await readdir(folder)
  } catch (thrown) {
    const said = thrown instanceof Error ? thrown.message : String(thrown)
    const message = `the folder of a store cannot be made or read (${said}): see its path and permissions`
    throw new MyDhtError('MYDHT_STORE_FAILED', message, { cause: thrown, details: { folder } })
  }
}
