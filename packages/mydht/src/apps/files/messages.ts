/**
 * @module apps/files/messages
 * What two files apps say to each other: questions that travel, their answers, and requests to one peer.
 *
 *   question  CBOR [1, id] who has this file? · CBOR [2, text, part] which files have this name (part: true, or it in their name)?
 *   answer    CBOR [provider's PeerRecord, id, length, name] · to the first question also a provider record (`apps/providers/`), whose note is
 *             CBOR [length, name]
 *   request   1 · id (32): the manifest · 2 · id (32) · offset (u64) · length (u64): a piece of the file; both are answered by an attachment
 */
import { readU64, utf8Bytes, writeU64 } from '../../bytes.ts'
import { decodeCbor, encodeCbor, isBytes, isCount, isList } from '../cbor.ts'
import { fileIdFromBytes, fileIdToBytes, maxFileBytes, type FileId } from './manifest.ts'

/** Wire. The longest name in a question or an answer, in bytes of UTF-8. */
export const maxNameBytes = 255

/** A question. */
export type Question =
  | { readonly type: 'id'; readonly id: FileId }
  | { readonly type: 'name'; readonly text: string; readonly part: boolean }

/** One holder of one file. `record`: its signed PeerRecord, to be verified. */
export interface Holding {
  readonly record: Uint8Array
  readonly id: FileId
  readonly bytes: number
  readonly name: string
}

/** A request to one peer. */
export type FileRequest =
  | { readonly type: 'manifest'; readonly id: FileId }
  | { readonly type: 'range'; readonly id: FileId; readonly offset: number; readonly length: number }

/** The body of a question. */
export function encodeQuestion(question: Question): Uint8Array {
  return encodeCbor(question.type === 'id' ? [1, fileIdToBytes(question.id)] : [2, question.text, question.part])
}

/** Reads a question; undefined when it is none. */
export function decodeQuestion(bytes: Uint8Array): Question | undefined {
  const decoded = decodeCbor(bytes, { maxBytes: maxNameBytes + 16, maxDepth: 1, maxItems: 4 })
  if (!decoded.ok || !isList(decoded.value)) return undefined
  const [kind, subject, part] = decoded.value
  const { length } = decoded.value
  if (kind === 1 && length === 2 && isBytes(subject, 32)) return { type: 'id', id: fileIdFromBytes(subject) }
  if (kind === 2 && length === 3 && isName(subject) && typeof part === 'boolean')
    return { type: 'name', text: subject, part }
  return undefined
}

/** The body of an answer. */
export function encodeHolding(holding: Holding): Uint8Array {
  return encodeCbor([holding.record, fileIdToBytes(holding.id), holding.bytes, holding.name])
}

/** Reads an answer; undefined when it is none. Its record is not verified yet. */
export function decodeHolding(bytes: Uint8Array): Holding | undefined {
  const decoded = decodeCbor(bytes, { maxBytes: 1024 + maxNameBytes + 64, maxDepth: 1, maxItems: 5 })
  if (!decoded.ok || !isList(decoded.value, 4)) return undefined
  const [record, id, length, name] = decoded.value
  if (!isBytes(record) || !isBytes(id, 32) || !isCount(length, maxFileBytes) || !isName(name)) return undefined
  return { record, id: fileIdFromBytes(id), bytes: length, name }
}

/** The note of a provider record: what its provider has under the key, which is the id. */
export function encodeNote(bytes: number, name: string): Uint8Array {
  return encodeCbor([bytes, name])
}

/** Reads a note; undefined when it is none. */
export function decodeNote(note: Uint8Array): Pick<Holding, 'bytes' | 'name'> | undefined {
  const decoded = decodeCbor(note, { maxBytes: maxNameBytes + 16, maxDepth: 1, maxItems: 3 })
  if (!decoded.ok || !isList(decoded.value, 2)) return undefined
  const [length, name] = decoded.value
  return isCount(length, maxFileBytes) && isName(name) ? { bytes: length, name } : undefined
}

/** Whether a file of this id and name answers the question. */
export function answers(question: Question, id: FileId, name: string): boolean {
  if (question.type === 'id') return question.id === id
  return question.part ? foldName(name).includes(foldName(question.text)) : foldName(name) === foldName(question.text)
}

/** Names are compared without case, in one Unicode form. */
export function foldName(name: string): string {
  return name.normalize('NFC').toLowerCase()
}

/** Whether a name may travel: 1 to 255 bytes. */
export function isName(name: unknown): name is string {
  return (
    typeof name === 'string' && name !== '' && name.length <= maxNameBytes && utf8Bytes(name).length <= maxNameBytes
  )
}

/** The body of a request. */
export function encodeRequest(request: FileRequest): Uint8Array {
  const bytes = new Uint8Array(request.type === 'manifest' ? 33 : 49)
  bytes[0] = request.type === 'manifest' ? 1 : 2
  bytes.set(fileIdToBytes(request.id), 1)
  if (request.type === 'range') writeU64(bytes, writeU64(bytes, 33, BigInt(request.offset)), BigInt(request.length))
  return bytes
}

/** Reads a request; undefined when it is none. Whether the range lies in the file is not checked. */
export function decodeRequest(bytes: Uint8Array): FileRequest | undefined {
  if (bytes[0] === 1 && bytes.length === 33) return { type: 'manifest', id: fileIdFromBytes(bytes.subarray(1)) }
  if (bytes[0] !== 2 || bytes.length !== 49) return undefined
  const offset = Number(readU64(bytes, 33))
  const length = Number(readU64(bytes, 41))
  if (offset > maxFileBytes || length > maxFileBytes || length < 1) return undefined
  return { type: 'range', id: fileIdFromBytes(bytes.subarray(1, 33)), offset, length }
}
