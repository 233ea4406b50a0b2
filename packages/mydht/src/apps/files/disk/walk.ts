/**
 * @module apps/files/disk/walk
 * Finds and hashes the regular files below some paths, hidden ones (`.name`) left out. Links below them are not followed, so nothing outside is reached. Not here: what becomes
 * of the files (`shares.ts`).
 */
import { lstat, opendir, open, realpath } from 'node:fs/promises'
import path from 'node:path'
import { MyDhtError, toMyDhtError } from '../../../errors.ts'
import { isName } from '../messages.ts'
import { hashFile, markOf, readFlags, sameMark, type SharedFile } from './shared-file.ts'

/** How a walk is bounded and what is known already. */
export interface WalkOptions {
  readonly maxFiles: number
  readonly maxDepth: number
  /** A file hashed before under this path: not hashed again while it is unchanged. */
  readonly known: (file: string) => SharedFile | undefined
  readonly signal: AbortSignal
}

/** What was found. */
export interface Walked {
  readonly files: readonly SharedFile[]
  /** What is no regular file, could not be read, or was beyond a bound. */
  readonly skipped: number
}

/** Walks. Rejects with MYDHT_BAD_FILE when a path given is not there. A path given may itself be a link: the user named it. */
export async function walk(paths: readonly string[], options: WalkOptions): Promise<Walked> {
  const files: SharedFile[] = []
  let skipped = 0

  const take = async (file: string): Promise<void> => {
    if (files.length >= options.maxFiles || !isName(path.basename(file))) {
      skipped++
      return
    }
    try {
      const known = options.known(file)
      files.push(known && (await isUnchanged(known)) ? known : await hashFile(file, options.signal))
    } catch {
      options.signal.throwIfAborted()
      skipped++
    }
  }

  const enter = async (folder: string, depth: number): Promise<void> => {
    options.signal.throwIfAborted()
    // A folder that became a link since it was listed would lead outside.
    if (depth > options.maxDepth || (await realpath(folder).catch(() => undefined)) !== folder) {
      skipped++
      return
    }
    const below: string[] = []
    try {
      for await (const entry of await opendir(folder)) {
        // What a system hides (.env, .git, .ssh) is nobody's to see unless its own path is given.
        if (entry.name.startsWith('.')) continue
        const inside = path.join(folder, entry.name)
        if (entry.isDirectory()) below.push(inside)
        else if (entry.isFile()) await take(inside)
        else skipped++
        if (files.length >= options.maxFiles) break
      }
    } catch {
      options.signal.throwIfAborted()
      skipped++
    }
    for (const inside of below) await enter(inside, depth + 1)
  }

  for (const given of paths) {
    let root: string
    try {
      root = await realpath(given)
    } catch (error) {
      throw toMyDhtError(error, 'MYDHT_BAD_FILE', `cannot share '${given}': name a file or folder that is there`)
    }
    const stat = await lstat(root)
    if (stat.isDirectory()) await enter(root, 0)
    else if (stat.isFile()) await take(root)
    else throw new MyDhtError('MYDHT_BAD_FILE', `cannot share '${given}': it is neither a file nor a folder`)
  }
  return { files, skipped }
}

async function isUnchanged(file: SharedFile): Promise<boolean> {
  const handle = await open(file.path, readFlags)
  try {
    return sameMark(file.mark, await markOf(handle, file.path))
  } finally {
    await handle.close()
  }
}
