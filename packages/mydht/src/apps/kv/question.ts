/**
 * @module apps/kv/question
 * The questions of the kv app: which record is under this key? CBOR [1, key], of which every query has the same 36 bytes but the key; so it is
 * read without a decoder. CBOR [2, key] asks the same of those who hold it for good: copies that were cached on the way do not count. CBOR [3, key] asks who provides it.
 */
import { keyFromBytes, keyToBytes, type Key } from './key.ts'

/** 0x82: array of two. 0x01: the question's kind. 0x58 0x20: 32 bytes follow (RFC 8949). */
const head = Uint8Array.of(0x82, 0x01, 0x58, 0x20)
const holdersKind = 2

/** The body of a question. `holders`: cached copies do not count. */
export function questionOf(key: Key, holders = false): Uint8Array {
  const body = new Uint8Array(head.length + 32)
  body.set(head)
  if (holders) body[1] = holdersKind
  body.set(keyToBytes(key), head.length)
  return body
}

/** The key's 32 bytes, as a view; undefined when it is no question of ours. */
export function questionKey(question: Uint8Array): Uint8Array | undefined {
  if (question.length !== head.length + 32) return undefined
  for (let i = 0; i < head.length; i++) {
    if (question[i] !== head[i] && !(i === 1 && question[i] === holdersKind)) return undefined
  }
  return question.subarray(head.length)
}

/** Whether cached copies do not count. */
export function isForHolders(question: Uint8Array): boolean {
  return question[1] === holdersKind
}

/** The key that is asked for. */
export function askedKey(question: Uint8Array): Key | undefined {
  const bytes = questionKey(question)
  return bytes && keyFromBytes(bytes)
}

const providersHead = Uint8Array.of(0x82, 0x03, 0x58, 0x20)

/** The body of the question who provides a key. */
export function providersQuestion(key: Key): Uint8Array {
  const body = new Uint8Array(providersHead.length + 32)
  body.set(providersHead)
  body.set(keyToBytes(key), providersHead.length)
  return body
}

/** The 32 bytes of the key whose providers are asked for, as a view; undefined when it is no such question. */
export function providersKey(question: Uint8Array): Uint8Array | undefined {
  if (question.length !== providersHead.length + 32) return undefined
  for (let i = 0; i < providersHead.length; i++) if (question[i] !== providersHead[i]) return undefined
  return question.subarray(providersHead.length)
}
