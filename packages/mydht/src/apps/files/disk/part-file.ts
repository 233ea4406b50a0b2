/**
 * @module apps/files/disk/part-file
 * A file on its way into our folder: `<id>.part` until it is whole, then its name. What is there from an earlier try is hashed again and kept as
 * far as it is true. Not here: where the chunks come from (`fetch.ts`).
 */
import { constants } from 'node:fs'
import { link, lstat, mkdir, open, realpath, rename, unlink, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import { MyDhtError } from '../../../errors.ts'
import { isChunk, parseFileId, type FileId, type Manifest } from '../manifest.ts'
import { numbered } from '../safe-name.ts'
import { readFully } from './shared-file.ts'

/** A file on its way. Writes may overlap; `finish` comes after them. */
export interface PartFile {
  /** Chunks that were there and true when it was opened. */
  readonly chunks: number
  /** Writes a verified chunk at `position`. */
  write(chunk: Uint8Array, position: number): Promise<void>
  /** Makes it durable and gives it its name, or a numbered one where that is taken. Gives the path. */
  finish(name: string): Promise<string>
  /** Leaves it as it is, for another try. */
  close(): Promise<void>
}

const partEnding = '.part'

/** Numbers that are tried for a name that is taken. */
const maxNumber = 999

/**
 * Opens or makes `<id>.part` in a folder, which is made when it is missing. Rejects with MYDHT_BAD_FILE where the folder or the file is a link
 * or something else, and as `node:fs` does.
 */
export async function openPart(into: string, id: FileId, manifest: Manifest): Promise<PartFile> {
  const folder = await safeFolder(into)
  const file = path.join(folder, `${id}${partEnding}`)
  const handle = await openRegular(file)
  try {
    const chunks = await countTrue(handle, manifest)
    await handle.truncate(Math.min(chunks * manifest.chunkBytes, manifest.bytes))
    return createPart(handle, folder, file, chunks)
  } catch (error) {
    await handle.close()
    throw error
  }
}

function createPart(handle: FileHandle, folder: string, file: string, chunks: number): PartFile {
  let closed: Promise<void> | undefined
  const close = (): Promise<void> => (closed ??= handle.close())
  return {
    chunks,
    close,
    async write(chunk, position) {
      let done = 0
      while (done < chunk.length) {
        const { bytesWritten } = await handle.write(chunk, done, chunk.length - done, position + done)
        done += bytesWritten
      }
    },
    async finish(name) {
      await handle.sync()
      await close()
      // Another fetch would take it for its own beginning.
      const own = isPartName(name) ? `_${name}` : name
      for (let number = 1; number <= maxNumber; number++) {
        const target = path.join(folder, number === 1 ? own : numbered(own, number))
        if (await moveToFree(file, target)) return target
      }
      throw new MyDhtError('MYDHT_BAD_FILE', `${folder} has ${maxNumber} files called '${name}': give another name`)
    },
  }
}

function isPartName(name: string): boolean {
  return name.toLowerCase().endsWith(partEnding) && parseFileId(name.slice(0, -partEnding.length)) !== undefined
}

async function safeFolder(into: string): Promise<string> {
  const absolute = path.resolve(into)
  await mkdir(absolute, { recursive: true })
  const stat = await lstat(absolute)
  if (!stat.isDirectory())
    throw new MyDhtError(
      'MYDHT_BAD_FILE',
      `${absolute} is ${stat.isSymbolicLink() ? 'a link' : 'no folder'}: give a folder for fetched files`
    )
  return realpath(absolute)
}

async function openRegular(file: string): Promise<FileHandle> {
  const flags = constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
  const before = await lstat(file).catch(() => undefined)
  // Windows has no O_NOFOLLOW, so we look first; elsewhere the flag decides.
  if (before && !before.isFile())
    throw new MyDhtError('MYDHT_BAD_FILE', `${file} is a link or no file: remove it, then fetch again`)
  const handle = await open(file, flags, 0o644)
  const stat = await handle.stat()
  // A second name of the same file could lie outside of the folder.
  if (stat.isFile() && stat.nlink === 1) return handle
  await handle.close()
  throw new MyDhtError('MYDHT_BAD_FILE', `${file} is not a file of its own: remove it, then fetch again`)
}

async function countTrue(handle: FileHandle, manifest: Manifest): Promise<number> {
  const buffer = new Uint8Array(Math.min(manifest.chunkBytes, manifest.bytes))
  let count = 0
  while (count < manifest.chunks) {
    const at = count * manifest.chunkBytes
    const chunk = buffer.subarray(0, Math.min(manifest.chunkBytes, manifest.bytes - at))
    if ((await readFully(handle, chunk, at)) < chunk.length || !isChunk(manifest, count, chunk)) break
    count++
  }
  return count
}

/** Gives the file another name that nobody has, in one step. False: somebody has it. */
async function moveToFree(file: string, target: string): Promise<boolean> {
  try {
    await link(file, target)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    return moveWithoutLinks(file, target)
  }
  await unlink(file)
  return true
}

/** For file systems that have no hard links: takes the name with an empty file, then replaces that. */
async function moveWithoutLinks(file: string, target: string): Promise<boolean> {
  try {
    const taken = await open(target, 'wx')
    await taken.close()
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
  await rename(file, target)
  return true
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
