/**
 * @module testing/sample-messages
 * Messages of every type out of chance: for the conformance suite of encodings, fuzzing and benches. Not here: what they would mean.
 */
import type { PeerId } from '../identity/peer-id.ts'
import { peerIdBytes, peerIdFromBytes } from '../identity/peer-id.ts'
import type { Random } from '../random.ts'
import {
  leastMaxMessageBytes,
  maxAnswers,
  maxApps,
  maxAskerBytes,
  maxCodeBytes,
  maxContactBytes,
  maxContacts,
  maxHistoryPeers,
} from '../wire/limits.ts'
import type { History, WireMessage, WireMode } from '../wire/messages.ts'
import { messageNumbers, reasonNames, statusNames } from '../wire/registry.ts'

const isType = (name: string): name is WireMessage['type'] => name in messageNumbers

/** Types of messages, in the order of their numbers. */
export const messageTypes: readonly WireMessage['type'][] = Object.keys(messageNumbers).filter(isType)

/** How large samples get. */
export interface SampleOptions {
  /** Longest body. @default 200 */
  readonly maxBodyBytes?: number | undefined
  /** Longest lists (peers, answers, apps), up to the protocol's own bounds. @default 3 */
  readonly maxItems?: number | undefined
}

/** A valid message of that type. Its fields are often at their edges. */
export function sampleMessage(type: WireMessage['type'], random: Random, options: SampleOptions = {}): WireMessage {
  const { maxBodyBytes = 200, maxItems = 3 } = options
  const number = (most: number): number => {
    const edge = random.below(4)
    if (edge === 0) return 0
    return edge === 1 ? most : random.below(most < 0xffff_ffff ? most + 1 : 0xffff_ffff)
  }
  const text = (least: number, most: number, letters: string): string => {
    let made = ''
    for (let left = least + random.below(most - least + 1); left > 0; left--)
      made += letters[random.below(letters.length)] ?? 'x'
    return made
  }
  const count = (bound: number): number => random.below(Math.min(maxItems, bound) + 1)
  const body = (): Uint8Array => random.bytes(random.below(maxBodyBytes + 1))
  const name = (): string => (random.below(2) === 0 ? 'kv' : text(1, 32, 'abcdefghijklmnopqrstuvwxyz0123456789-'))
  const code = (): string => (random.below(3) === 0 ? '' : text(0, maxCodeBytes, 'MYDHT_ "\\/~'))
  const peer = (): PeerId => peerIdFromBytes(random.bytes(peerIdBytes))
  const list = <T>(bound: number, make: () => T): T[] => Array.from({ length: count(bound) }, make)
  const u64 = (): bigint => (random.below(8) === 0 ? 0xffff_ffff_ffff_ffffn : random.u64())
  const u8 = (): number => number(0xff)
  const u32 = (): number => number(0xffff_ffff)
  const u53 = (): number => number(Number.MAX_SAFE_INTEGER)
  const pick = <T>(values: readonly [T, ...T[]] | readonly T[], fallback: T): T =>
    values[random.below(values.length)] ?? fallback

  const mode = (): WireMode => {
    switch (random.below(4)) {
      case 0:
        return { type: 'proxied' }
      case 1:
        return { type: 'iterative' }
      case 2:
        return { type: 'direct', asker: random.bytes(random.below(Math.min(maxBodyBytes, maxAskerBytes) + 1)) }
      default:
        return { type: 'mixed', hops: u8() }
    }
  }
  const history = (): History => {
    const peers = list(maxHistoryPeers, peer)
    const limit = peers.length + random.below(maxHistoryPeers - peers.length + 1)
    return { keep: random.below(2) === 0 ? 'peers' : 'hops', limit, peers }
  }

  switch (type) {
    case 'ready': {
      const accepted = random.below(2) === 0
      const maxMessageBytes = Math.max(leastMaxMessageBytes, u32())
      return { type, accepted, code: accepted ? '' : code(), maxMessageBytes, apps: list(maxApps, name) }
    }
    case 'end':
      return { type, code: code() }
    case 'ping':
    case 'pong':
      return { type, nonce: u32() }
    case 'tell':
      return { type, app: name(), body: body() }
    case 'request':
      return { type, app: name(), id: u32(), body: body() }
    case 'response': {
      const status = pick(statusNames, 'ok')
      return { type, app: name(), id: u32(), status, stream: u32(), streamBytes: u53(), body: body() }
    }
    case 'chunk':
      return { type, app: name(), stream: u32(), bytes: body() }
    case 'credit':
      return { type, app: name(), stream: u32(), bytes: u53() }
    case 'stream-end':
      return { type, app: name(), stream: u32(), fromSender: random.below(2) === 0, code: code() }
    case 'query':
      return {
        type,
        app: name(),
        trace: u64(),
        id: u64(),
        mode: mode(),
        hops: u8(),
        travelled: u8(),
        fanOut: u8(),
        results: number(0xffff),
        priority: u8(),
        budget: u32(),
        lifetimeMs: u32(),
        history: history(),
        body: body(),
      }
    case 'answer': {
      const item = (): { from: PeerId | undefined; hops: number; body: Uint8Array } => ({
        from: random.below(3) === 0 ? undefined : peer(),
        hops: u8(),
        body: body(),
      })
      const answers = list(maxAnswers, item)
      return { type, app: name(), id: u64(), answers, closed: u32(), unspent: u32(), reason: pick(reasonNames, 'done') }
    }
    case 'cancel':
      return { type, app: name(), id: u64() }
    case 'contacts': {
      const record = (): Uint8Array => random.bytes(random.below(Math.min(maxBodyBytes, maxContactBytes) + 1))
      return { type, app: name(), id: u64(), records: list(maxContacts, record) }
    }
    case 'propagate': {
      const spread = { hops: u8(), fanOut: u8(), budget: u32() }
      return { type, app: name(), trace: u64(), ...spread, history: history(), body: body() }
    }
  }
}

/** `count` messages, each type in turn. */
export function sampleMessages(count: number, random: Random, options: SampleOptions = {}): WireMessage[] {
  return Array.from({ length: count }, (_, i) =>
    sampleMessage(messageTypes[i % messageTypes.length] ?? 'ping', random, options)
  )
}
