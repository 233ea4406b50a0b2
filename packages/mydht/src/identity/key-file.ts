/**
 * @module identity/key-file
 * Where a node's seed is kept between runs: a text file of one line that only its owner may read. It is made on first use and never written again.
 * Not here: what the seed is for (`keys.ts`).
 */
import { link, mkdir, open, unlink } from 'node:fs/promises'
import { dirname, sep } from 'node:path'
import { MyDhtError } from '../errors.ts'
import type { Random } from '../random.ts'
import { decodeId, encodeId } from './id-text.ts'

const header = 'mydht-key-1 '
const isWindows = sep === '\\'
const fileLength = header.length + 52 + 1

/**
 * The seed (32 bytes) in the file at `path`; makes the file, mode 0600, and its directory, mode 0700, where there is none.
 * Of several processes that start at once one makes it and all read it. Throws MYDHT_KEY_FILE when the file is no key, can be read by others,
 * or cannot be read or made.
 */
export async function readOrCreateKeyFile(path: string, random: Random): Promise<Uint8Array> {
  const found = await readKeyFile(path)
  if (found !== undefined) return found
  try {
    await createKeyFile(path, random)
  } catch (cause) {
    throw failure(
      `cannot make the key file ${path} (${codeOf(cause)}): name a path in a directory you may write to`,
      cause
    )
  }
  const made = await readKeyFile(path)
  if (made === undefined) throw failure(`the key file ${path} vanished while it was made: start again`)
  return made
}

/** The seed in the file at `path`, undefined where there is no file. Throws MYDHT_KEY_FILE as `readOrCreateKeyFile`. */
export async function readKeyFile(path: string): Promise<Uint8Array | undefined> {
  let text: string
  try {
    const file = await open(path, 'r')
    try {
      // Asked of the open file, so that nobody can change it between the question and the reading.
      const facts = await file.stat()
      if (!facts.isFile()) throw failure(`the key file ${path} is not a file: name a file`)
      // Windows has no such bits and reports them all set.
      if ((facts.mode & 0o077) !== 0 && !isWindows) {
        const mode = (facts.mode & 0o777).toString(8).padStart(3, '0')
        throw failure(
          `others may use the key file ${path} (mode ${mode}): run 'chmod 600 ${path}', or delete it if it may have been read`
        )
      }
      if (facts.size !== fileLength) throw notAKey(path)
      text = await file.readFile('latin1')
    } finally {
      await file.close()
    }
  } catch (cause) {
    if (MyDhtError.is(cause)) throw cause
    if (codeOf(cause) === 'ENOENT') return undefined
    throw failure(`cannot read the key file ${path} (${codeOf(cause)}): check who owns it`, cause)
  }
  const seed = text.startsWith(header) && text.endsWith('\n') ? decodeId(text.slice(header.length, -1)) : undefined
  if (seed === undefined || text.length !== fileLength) throw notAKey(path)
  return seed
}

/** Writes a whole file beside it and links it into place: `path` is complete or not there, and one that is there stays. */
async function createKeyFile(path: string, random: Random): Promise<void> {
  const directory = dirname(path)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const draft = `${path}.${encodeId(random.bytes(32)).slice(0, 16)}.new`
  const file = await open(draft, 'wx', 0o600)
  try {
    try {
      await file.writeFile(`${header}${encodeId(random.bytes(32))}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    await link(draft, path)
  } catch (error) {
    // Another process was first: its key is as good.
    if (codeOf(error) !== 'EEXIST') throw error
  } finally {
    await unlink(draft)
  }
  await syncDirectory(directory)
}

/** Makes the new name survive a power cut, where the system lets a directory be synced. */
async function syncDirectory(path: string): Promise<void> {
  try {
    const directory = await open(path, 'r')
    try {
      await directory.sync()
    } finally {
      await directory.close()
    }
  } catch {
    // Not possible on Windows and some file systems; the key is there all the same.
  }
}

function notAKey(path: string): MyDhtError {
  return failure(
    `${path} is not a key file of MyDHT: name another path, or move that file away to get a new key (and a new PeerId)`
  )
}

function failure(message: string, cause?: unknown): MyDhtError {
  return new MyDhtError('MYDHT_KEY_FILE', message, { cause })
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error)
}
