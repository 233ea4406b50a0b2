/**
 * @module apps/files/disk/shared-file
 * One file that we share: hashing it, and reading it again for others only while it is the file that was hashed. Not here: which files (`walk.ts`).
 */
import { Buffer } from 'node:buffer'
import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import type { ByteSource } from '../../../attachments/body.ts'
import { MyDhtError } from '../../../errors.ts'
import * as defaults from '../defaults.ts'
import { chunkHash, chunkPowerOf, encodeManifest, fileIdOf, maxFileBytes, type FileId } from '../manifest.ts'

/** By what we see that a file is still the one that was hashed. */
export interface FileMark {
  readonly device: bigint
  readonly inode: bigint
  readonly bytes: bigint
  readonly modifiedNs: bigint
}

/** A file that was hashed. `path`: absolute, without links. */
export interface SharedFile {
  readonly path: string
  readonly name: string
  readonly bytes: number
  readonly id: FileId
  readonly manifest: Uint8Array
  readonly mark: FileMark
}

/** Links are refused, and opening a pipe does not wait for its other end. Windows has neither flag. */
export const readFlags: number = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** Hashes a file, a chunk at a time. Rejects with MYDHT_BAD_FILE for what is no regular file, too long, or changes meanwhile, and as `node:fs` does. */
export async function hashFile(file: string, signal: AbortSignal): Promise<SharedFile> {
  const handle = await open(file, readFlags)
  try {
    const mark = await markOf(handle, file)
    const bytes = Number(mark.bytes)
    const power = chunkPowerOf(bytes)
    if (power === undefined)
      throw new MyDhtError('MYDHT_BAD_FILE', `${file} has ${bytes} bytes: the most is ${maxFileBytes}`)
    const chunkBytes = 2 ** power
    const buffer = new Uint8Array(Math.min(chunkBytes, bytes))
    const hashes: Uint8Array[] = []
    for (let at = 0; at < bytes; at += chunkBytes) {
      signal.throwIfAborted()
      const chunk = buffer.subarray(0, Math.min(chunkBytes, bytes - at))
      if ((await readFully(handle, chunk, at)) < chunk.length) throw changed(file)
      hashes.push(chunkHash(chunk))
    }
    if (!sameMark(mark, await markOf(handle, file))) throw changed(file)
    const manifest = encodeManifest(bytes, hashes)
    return { path: file, name: path.basename(file), bytes, id: fileIdOf(manifest), manifest, mark }
  } finally {
    await handle.close()
  }
}

/**
 * Opens a shared file for one reader of `length` bytes from `offset`. Rejects with MYDHT_BAD_FILE when it is not the file that was hashed. The
 * source owns the open file.
 */
export async function openShared(file: SharedFile, offset: number, length: number): Promise<ByteSource> {
  const handle = await open(file.path, readFlags)
  try {
    if (!sameMark(file.mark, await markOf(handle, file.path))) throw changed(file.path)
  } catch (error) {
    await handle.close()
    throw error
  }
  const load = async (bytes: Uint8Array, at: number): Promise<void> => {
    if ((await readFully(handle, bytes, offset + at)) < bytes.length) throw changed(file.path)
  }
  // Waits for reads under way by itself; nobody is left to tell of an error.
  return readAhead(length, load, () => void handle.close().catch(() => {}))
}

interface Block {
  readonly at: number
  readonly bytes: Uint8Array
  /** Undefined once it is loaded. */
  loading: Promise<void> | undefined
}

/** A source that reads in blocks, one ahead: most pieces are there when they are asked for, and cost no promise. */
function readAhead(
  total: number,
  load: (bytes: Uint8Array, at: number) => Promise<void>,
  close: () => void
): ByteSource {
  let block: Block | undefined
  let next: Block | undefined

  const start = (at: number): Block | undefined => {
    if (at >= total) return undefined
    // Fresh memory each time: what was given out belongs to whoever sends it. It is filled before anybody sees it.
    const bytes = Buffer.allocUnsafeSlow(Math.min(defaults.readBytes, total - at))
    const one: Block = { at, bytes, loading: undefined }
    one.loading = load(bytes, at).then(() => {
      one.loading = undefined
    })
    // Whoever waits for it hears of an error; a block that nobody came to ask for is nobody's loss.
    one.loading.catch(() => {})
    return one
  }
  const has = (one: Block | undefined, at: number, length: number): one is Block =>
    one !== undefined && at >= one.at && at + length <= one.at + one.bytes.length

  return {
    close,
    read(at, length) {
      if (!has(block, at, length)) {
        block = has(next, at, length) ? next : start(at)
        next = block && start(block.at + block.bytes.length)
      }
      const from = block
      if (!has(from, at, length))
        throw new TypeError(
          `no ${length} bytes from ${at}: pieces are shorter than ${defaults.readBytes} bytes and lie within ${total}`
        )
      const piece = from.bytes.subarray(at - from.at, at - from.at + length)
      return from.loading ? from.loading.then(() => piece) : piece
    },
  }
}

/** The mark of an open file. Rejects with MYDHT_BAD_FILE for what is no regular file. */
export async function markOf(handle: FileHandle, file: string): Promise<FileMark> {
  const stat = await handle.stat({ bigint: true })
  if (!stat.isFile()) throw new MyDhtError('MYDHT_BAD_FILE', `${file} is no regular file: only those are shared`)
  return { device: stat.dev, inode: stat.ino, bytes: stat.size, modifiedNs: stat.mtimeNs }
}

/** Whether two marks are of one unchanged file. */
export function sameMark(a: FileMark, b: FileMark): boolean {
  return a.device === b.device && a.inode === b.inode && a.bytes === b.bytes && a.modifiedNs === b.modifiedNs
}

/** Fills `into` from `position`; gives how many bytes there were. */
export async function readFully(handle: FileHandle, into: Uint8Array, position: number): Promise<number> {
  let done = 0
  while (done < into.length) {
    const { bytesRead } = await handle.read(into, done, into.length - done, position + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return done
}

function changed(file: string): MyDhtError {
  return new MyDhtError('MYDHT_BAD_FILE', `${file} has changed since it was shared: share it again`)
}
