/**
 * @module apps/files/manifest
 * What a file is, apart from its name: its length and the hashes of its chunks. A file's id is the hash of that, so whoever knows the id can
 * check every chunk as it comes. Layout, in bytes, big-endian:
 *
 *   0 'mydf' (4) · 4 version (1) · 5 chunk size as a power of two · 6 length of the file (u64 below 2^53) · 14 BLAKE2b-256 of each chunk (32 each)
 *
 * The chunk size follows from the length, so a content has one id. Not here: reading and writing files.
 */
import { crypto } from '#crypto'
import { asciiText, readU64, writeAscii, writeU64 } from '../../bytes.ts'
import { decodeId, encodeId } from '../../identity/id-text.ts'
import type { DecodeCode, Decoded } from '../../wire/decoded.ts'

declare const brand: unique symbol

/** A file's id as text: RFC 4648 base32, lower case, no padding, 52 letters, like a PeerId. */
export type FileId = string & { readonly [brand]: 'FileId' }

/** Wire. The smallest chunk, 256 KiB: verifying one takes a third of a millisecond, and its hash adds 0.012 %. */
export const leastChunkPower = 18

/** Wire. The largest chunk, 16 MiB: what a fetch keeps in memory before it knows whether it is true. */
export const mostChunkPower = 24

/**
 * Wire. Chunks of one file at the most, so that a manifest stays below 512 KiB + 14: files up to 4 GiB have chunks of 256 KiB, 10 GiB has 1 MiB
 * (10 240 hashes, 320 KiB), and 256 GiB is the most.
 */
export const maxChunks = 16_384

const headBytes = 14
const hashBytes = 32
const magic = 'mydf'
const version = 1

/** The longest manifest, in bytes. */
export const maxManifestBytes: number = headBytes + maxChunks * hashBytes

/** The longest file, in bytes. */
export const maxFileBytes: number = maxChunks * 2 ** mostChunkPower

/** A file's length, chunk size and the hashes of its chunks, one behind the other. */
export interface Manifest {
  readonly bytes: number
  readonly chunkBytes: number
  readonly chunks: number
  readonly hashes: Uint8Array
}

/** The chunk size of a file of that length; undefined for one that is too long. */
export function chunkPowerOf(fileBytes: number): number | undefined {
  for (let power = leastChunkPower; power <= mostChunkPower; power++)
    if (fileBytes <= maxChunks * 2 ** power) return power
  return undefined
}

/** The hash of a chunk: BLAKE2b-256 (RFC 7693). */
export function chunkHash(chunk: Uint8Array): Uint8Array {
  return crypto.blake2b(hashBytes, chunk)
}

/** The bytes of the manifest of a file of that length with these hashes of chunks. Throws TypeError where they do not fit. */
export function encodeManifest(fileBytes: number, hashes: readonly Uint8Array[]): Uint8Array {
  const power = chunkPowerOf(fileBytes)
  if (power === undefined || hashes.length !== Math.ceil(fileBytes / 2 ** power)) {
    throw new TypeError(`${hashes.length} chunks do not make a file of ${fileBytes} bytes`)
  }
  const bytes = new Uint8Array(headBytes + hashes.length * hashBytes)
  let at = writeAscii(bytes, 0, magic)
  bytes[at++] = version
  bytes[at++] = power
  at = writeU64(bytes, at, BigInt(fileBytes))
  for (const hash of hashes) {
    bytes.set(hash, at)
    at += hashBytes
  }
  return bytes
}

/** Reads a manifest: strict, what it accepts has one form. `hashes` is a view. */
export function decodeManifest(bytes: Uint8Array): Decoded<Manifest> {
  if (bytes.length < headBytes) return refused('too-short', bytes.length)
  if (bytes.length > maxManifestBytes) return refused('too-long', maxManifestBytes)
  if (asciiText(bytes, 0, 4) !== magic) return refused('unknown-type', 0)
  if (bytes[4] !== version) return refused('unknown-type', 4)
  const length = readU64(bytes, 6)
  if (length > BigInt(maxFileBytes)) return refused('bad-value', 6)
  const fileBytes = Number(length)
  const power = chunkPowerOf(fileBytes)
  if (power === undefined || bytes[5] !== power) return refused('not-canonical', 5)
  const chunkBytes = 2 ** power
  const chunks = Math.ceil(fileBytes / chunkBytes)
  const end = headBytes + chunks * hashBytes
  if (bytes.length !== end)
    return refused(bytes.length < end ? 'too-short' : 'trailing-bytes', Math.min(bytes.length, end))
  return { ok: true, value: { bytes: fileBytes, chunkBytes, chunks, hashes: bytes.subarray(headBytes) } }
}

/** Whether these are the bytes of chunk `index`. */
export function isChunk(manifest: Manifest, index: number, chunk: Uint8Array): boolean {
  const due = Math.min(manifest.chunkBytes, manifest.bytes - index * manifest.chunkBytes)
  if (index < 0 || index >= manifest.chunks || chunk.length !== due) return false
  return crypto.equal(chunkHash(chunk), manifest.hashes.subarray(index * hashBytes, (index + 1) * hashBytes))
}

/** The id of a manifest's bytes: their BLAKE2b-256. */
export function fileIdOf(manifest: Uint8Array): FileId {
  return fileIdFromBytes(crypto.blake2b(hashBytes, manifest))
}

/** Reads an id that a person typed (upper case is folded); undefined when it is none. */
export function parseFileId(text: string): FileId | undefined {
  const folded = text.toLowerCase()
  return decodeId(folded) === undefined ? undefined : brandFileId(folded)
}

/** An id of its 32 bytes. */
export function fileIdFromBytes(bytes: Uint8Array): FileId {
  return brandFileId(encodeId(bytes))
}

/** The 32 bytes of an id. Throws TypeError for text that is none. */
export function fileIdToBytes(id: FileId): Uint8Array {
  const bytes = decodeId(id)
  if (bytes === undefined) throw new TypeError(`not a file id: '${id}': take one of list, find or parseFileId`)
  return bytes
}

function brandFileId(text: string): FileId {
  // The one place where text becomes a FileId: everything that gets here was encoded or decoded as one.
  return text as FileId
}

function refused(code: DecodeCode, at: number): { readonly ok: false; readonly code: DecodeCode; readonly at: number } {
  return { ok: false, code, at }
}
