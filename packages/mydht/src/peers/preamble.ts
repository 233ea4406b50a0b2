/**
 * @module peers/preamble
 * The first bytes of a link, in clear: enough to tell two nodes that they cannot understand each other, and why. The initiator's preamble
 * is the prologue of the handshake, so whoever changes it on the way makes the handshake fail. The responder sends none.
 */
import { crypto } from '#crypto'
import type { NodeMode } from '../identity/mode.ts'
import type { ErrorCode } from '../errors.ts'

/** The version of everything below the encodings. */
export const protocolVersion = 1

/** The longest preamble in bytes: fixed part, network tag, proof of a return link. */
export const maxPreambleBytes: number = 9 + 8 + 32

/** What both ends of a link must agree on before they can shake hands. */
export interface PreambleFacts {
  readonly shadowId: number
  readonly encodingId: number
  readonly mode: NodeMode
  /** 8 bytes of `networkTag`; undefined when the shadow hides the network. */
  readonly networkTag: Uint8Array | undefined
}

/** What the first bytes are so far: `more` when they fit but are not all there. `length` is the preamble's, in bytes. */
export type PreambleResult =
  | { readonly type: 'more' }
  | { readonly type: 'normal'; readonly length: number }
  | { readonly type: 'return'; readonly length: number; readonly proof: Uint8Array }
  | { readonly type: 'refused'; readonly code: ErrorCode; readonly detail: string }

const magic = new TextEncoder().encode('MyDH')
const tagContext = new TextEncoder().encode('mydht/1 network tag')
const proofContext = new TextEncoder().encode('mydht/1 return link')
const modes: readonly NodeMode[] = ['public', 'private', 'anonymous']
const fixedBytes = 9
const tagBytes = 8
const proofBytes = 32

/** The tag of a network: the first 8 bytes of BLAKE2b-256 over a context and the name. It tells networks apart, it does not hide the name. */
export function networkTag(network: string): Uint8Array {
  return crypto.blake2b(32, tagContext, new TextEncoder().encode(network)).slice(0, tagBytes)
}

/** What a return link shows to be let in: BLAKE2b-256 over a context and message 1 as it was sent. 32 bytes. */
export function returnProof(message1: Uint8Array): Uint8Array {
  return crypto.blake2b(proofBytes, proofContext, message1)
}

/** A preamble's bytes. With `proof` (32 bytes) it opens a return link. */
export function encodePreamble(facts: PreambleFacts, proof?: Uint8Array): Uint8Array {
  const tag = facts.networkTag ?? new Uint8Array(0)
  const bytes = new Uint8Array(fixedBytes + tag.length + (proof?.length ?? 0))
  bytes.set(magic)
  bytes[4] = protocolVersion
  bytes[5] = proof ? 1 : 0
  bytes[6] = facts.shadowId
  bytes[7] = facts.encodingId
  bytes[8] = modes.indexOf(facts.mode)
  bytes.set(tag, fixedBytes)
  if (proof) bytes.set(proof, fixedBytes + tag.length)
  return bytes
}

/** Compares the first bytes of a link with what we are. Refuses at the first byte that cannot be ours; never throws. */
export function parsePreamble(bytes: Uint8Array, ours: PreambleFacts): PreambleResult {
  for (let i = 0; i < magic.length && i < bytes.length; i++) {
    if (bytes[i] !== magic[i])
      return refuse('MYDHT_WRONG_PROTOCOL', `byte ${i} of the link is ${bytes[i]}: this is not the protocol of MyDHT`)
  }
  const version = bytes[4]
  const kind = bytes[5]
  const shadow = bytes[6]
  const encoding = bytes[7]
  const mode = bytes[8]
  if (version !== undefined && version !== protocolVersion) {
    return refuse(
      'MYDHT_WRONG_VERSION',
      `the other side speaks version ${version} of the protocol, we speak ${protocolVersion}`
    )
  }
  if (kind !== undefined && kind > 1)
    return refuse('MYDHT_WRONG_PROTOCOL', `the preamble names link kind ${kind}: there are 0 and 1`)
  if (shadow !== undefined && shadow !== ours.shadowId) {
    return refuse(
      'MYDHT_WRONG_SHADOW',
      `the other side uses shadow number ${shadow}, we use ${ours.shadowId}: give both the same shadow`
    )
  }
  if (encoding !== undefined && encoding !== ours.encodingId) {
    return refuse(
      'MYDHT_WRONG_ENCODING',
      `the other side uses encoding number ${encoding}, we use ${ours.encodingId}: give both the same encoding`
    )
  }
  if (mode !== undefined && modes[mode] !== ours.mode) {
    return refuse(
      'MYDHT_WRONG_MODE',
      `the other side runs in mode ${modes[mode] ?? `number ${mode}`}, we in ${ours.mode}: a network has one mode`
    )
  }
  const tag = ours.networkTag
  for (let i = 0; tag !== undefined && i < tag.length && fixedBytes + i < bytes.length; i++) {
    if (bytes[fixedBytes + i] !== tag[i]) {
      return refuse(
        'MYDHT_WRONG_NETWORK',
        'the other side belongs to another network: give both nodes the same `network`'
      )
    }
  }
  const plain = fixedBytes + (tag?.length ?? 0)
  const length = kind === 1 ? plain + proofBytes : plain
  if (bytes.length < length) return { type: 'more' }
  return kind === 1 ? { type: 'return', length, proof: bytes.slice(plain, length) } : { type: 'normal', length }
}

function refuse(code: ErrorCode, detail: string): PreambleResult {
  return { type: 'refused', code, detail }
}
