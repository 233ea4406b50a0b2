/**
 * @module testing/encoding-suite
 * What every encoding must keep, as tests for any runner. Not here: the bytes of one encoding (its own vectors).
 */
import assert from 'node:assert/strict'
import type { Encoding } from '../encodings/encoding.ts'
import type { PeerId } from '../identity/peer-id.ts'
import { peerIdFromBytes } from '../identity/peer-id.ts'
import type { Random } from '../random.ts'
import type { WireMessage } from '../wire/messages.ts'
import { messageTypes, sampleMessages } from './sample-messages.ts'

/** What the suite runs with. */
export interface EncodingSuiteOptions {
  /** `test` of node:test, or anything that takes a name and a function. */
  readonly test: (name: string, run: () => void) => unknown
  /** The encoding under test. */
  readonly create: () => Encoding
  /** Chance for samples and mutations: seeded, so that a failure comes again. */
  readonly random: Random
  /** Messages and mutated frames per test. @default 2000 */
  readonly samples?: number | undefined
}

/** Runs the suite: round trips, room, views, broken messages, and hostile frames. */
export function encodingSuite(options: EncodingSuiteOptions): void {
  const { test, random, samples = 2000 } = options
  const encoding = options.create()
  const make = (): WireMessage[] => [
    ...sampleMessages(samples, random),
    ...sampleMessages(messageTypes.length, random, { maxItems: 64, maxBodyBytes: 20_000 }),
    ...sampleMessages(messageTypes.length, random, { maxItems: 0, maxBodyBytes: 0 }),
  ]

  test(`${encoding.name}: decode gives what encode got`, () => {
    for (const message of make()) assert.deepEqual(decode(encoding, encode(encoding, message)), message)
  })

  test(`${encoding.name}: encode keeps to its place and to sizeBound`, () => {
    for (const message of make()) {
      const bound = encoding.sizeBound(message)
      const target = new Uint8Array(bound + 14).fill(0xa5)
      const end = encoding.encode(message, target, 7)
      assert.ok(end - 7 <= bound, `${message.type}: ${end - 7} bytes, bound ${bound}`)
      const around = [...target.subarray(0, 7), ...target.subarray(7 + bound)]
      assert.ok(
        around.every((byte) => byte === 0xa5),
        `${message.type}: wrote outside its place`
      )
    }
  })

  test(`${encoding.name}: a chunk's head and its bytes are the chunk`, () => {
    if (encoding.encodeChunkHead === undefined) return
    for (const message of make()) {
      if (message.type !== 'chunk') continue
      const target = new Uint8Array(encoding.sizeBound(message))
      const end = encoding.encodeChunkHead(message, target, 0)
      target.set(message.bytes, end)
      assert.deepEqual(target, encode(encoding, message))
    }
  })

  test(`${encoding.name}: decode does not change its input`, () => {
    for (const message of make()) {
      const bytes = encode(encoding, message)
      const copy = bytes.slice()
      encoding.decode(bytes)
      assert.deepEqual(bytes, copy)
    }
  })

  test(`${encoding.name}: encode throws TypeError on a message that breaks its type`, () => {
    for (const message of broken()) {
      assert.throws(
        () => encode(encoding, message),
        TypeError,
        JSON.stringify(message, (_, v: unknown) => String(v))
      )
    }
  })

  test(`${encoding.name}: nothing is no message`, () => {
    assert.equal(encoding.decode(new Uint8Array(0)).ok, false)
  })

  test(`${encoding.name}: every cut and every changed byte is refused or decodes to a message that stands by itself`, () => {
    for (const message of sampleMessages(4 * messageTypes.length, random, { maxBodyBytes: 20, maxItems: 2 })) {
      const bytes = encode(encoding, message)
      for (let i = 0; i < bytes.length; i++) {
        stands(encoding, bytes.slice(0, i))
        const changed = bytes.slice()
        changed[i] = random.below(256)
        stands(encoding, changed)
      }
      stands(encoding, Uint8Array.of(...bytes, 0))
    }
  })

  test(`${encoding.name}: noise is refused or decodes to a message that stands by itself`, () => {
    for (let i = 0; i < samples; i++) stands(encoding, random.bytes(random.below(100)))
  })
}

function encode(encoding: Encoding, message: WireMessage): Uint8Array {
  const target = new Uint8Array(encoding.sizeBound(message))
  return target.slice(0, encoding.encode(message, target, 0))
}

function decode(encoding: Encoding, bytes: Uint8Array): WireMessage {
  const decoded = encoding.decode(bytes)
  if (!decoded.ok) assert.fail(`refused: ${decoded.code} at ${decoded.at}`)
  return decoded.value
}

/** Decoding must not throw; what decodes must encode, and decode to the same again. */
function stands(encoding: Encoding, bytes: Uint8Array): void {
  const decoded = encoding.decode(bytes)
  if (decoded.ok) assert.deepEqual(decode(encoding, encode(encoding, decoded.value)), decoded.value)
  else assert.ok(decoded.at >= 0 && decoded.at <= bytes.length, `at ${decoded.at} of ${bytes.length}: ${decoded.code}`)
}

/** One message for each way to break a type. */
function broken(): WireMessage[] {
  const body = new Uint8Array(1)
  const peer = peerIdFromBytes(new Uint8Array(32))
  // A text that is no PeerId, as a program without types could hand in.
  const nobody = 'nobody' as PeerId
  const good = {
    type: 'query',
    app: 'kv',
    trace: 1n,
    id: 2n,
    mode: { type: 'proxied' },
    hops: 1,
    travelled: 0,
    fanOut: 1,
    results: 1,
    priority: 0,
    budget: 1,
    lifetimeMs: 1,
    history: { keep: 'peers', limit: 8, peers: [] },
    body,
  } as const satisfies WireMessage
  const ready = {
    type: 'ready',
    accepted: true,
    code: '',
    maxMessageBytes: 65_536,
    apps: [],
  } as const satisfies WireMessage
  const answer = { type: 'answer', app: 'kv', id: 1n, answers: [], closed: 0, unspent: 0, reason: 'done' } as const
  const response = { type: 'response', app: 'kv', id: 1, status: 'ok', stream: 0, streamBytes: 0, body } as const
  return [
    { type: 'tell', app: '', body },
    { type: 'tell', app: 'KV', body },
    { type: 'tell', app: 'a'.repeat(33), body },
    { type: 'end', code: 'x'.repeat(65) },
    { type: 'end', code: 'Grüße' },
    { type: 'end', code: 'two\nlines' },
    { type: 'ping', nonce: -1 },
    { type: 'ping', nonce: 2 ** 32 },
    { type: 'pong', nonce: 0.5 },
    { type: 'request', app: 'kv', id: Number.NaN, body },
    { ...response, streamBytes: 2 ** 53 },
    { ...response, streamBytes: -1 },
    { type: 'credit', app: 'kv', stream: 1, bytes: 1.5 },
    { type: 'cancel', app: 'kv', id: -1n },
    { type: 'cancel', app: 'kv', id: 1n << 64n },
    { ...good, hops: 256 },
    { ...good, travelled: -1 },
    { ...good, results: 65_536 },
    { ...good, budget: 2 ** 32 },
    { ...good, lifetimeMs: 0.1 },
    { ...good, mode: { type: 'direct', asker: new Uint8Array(1025) } },
    { ...good, mode: { type: 'mixed', hops: 256 } },
    { ...good, history: { keep: 'peers', limit: 65, peers: [] } },
    { ...good, history: { keep: 'peers', limit: 1, peers: [peer, peer] } },
    { ...good, history: { keep: 'hops', limit: 0, peers: [peer] } },
    { ...good, history: { keep: 'hops', limit: 64, peers: Array.from({ length: 65 }, () => peer) } },
    { ...good, history: { keep: 'peers', limit: 8, peers: [nobody] } },
    { type: 'contacts', app: 'kv', id: 1n, records: Array.from({ length: 33 }, () => body) },
    { type: 'contacts', app: 'kv', id: 1n, records: [new Uint8Array(1025)] },
    { type: 'contacts', app: 'kv', id: -1n, records: [] },
    { ...answer, answers: Array.from({ length: 65 }, () => ({ from: undefined, hops: 0, body })) },
    { ...answer, answers: [{ from: nobody, hops: 0, body }] },
    { ...ready, code: 'MYDHT_BUSY' },
    { ...ready, maxMessageBytes: 4095 },
    { ...ready, maxMessageBytes: 2 ** 32 },
    { ...ready, apps: Array.from({ length: 65 }, () => 'kv') },
  ]
}
