/** @module test/helpers/messages-arbitrary — every message as a fast-check arbitrary, so that what fails shrinks. */
import fc from 'fast-check'
import { peerIdFromBytes } from '../../src/identity/peer-id.ts'
import type { History, WireMessage, WireMode } from '../../src/wire/messages.ts'
import { reasonNames, statusNames } from '../../src/wire/registry.ts'

/** As `fc.record`, but objects like ours: with the usual prototype. */
function record<T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(model, { noNullPrototype: true })
}

const letters = Array.from('abcdefghijklmnopqrstuvwxyz0123456789-')
const app = fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 32 })
const code = fc.string({ unit: 'grapheme-ascii', maxLength: 64 })
const u8 = fc.integer({ min: 0, max: 0xff })
const u16 = fc.integer({ min: 0, max: 0xffff })
const u32 = fc.integer({ min: 0, max: 0xffff_ffff })
const u53 = fc.maxSafeNat()
const u64 = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn })
const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength })
const peer = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(peerIdFromBytes)

const mode: fc.Arbitrary<WireMode> = fc.oneof(
  fc.constant<WireMode>({ type: 'proxied' }),
  record({ type: fc.constant('direct' as const), asker: bytes(1024) }),
  record({ type: fc.constant('mixed' as const), hops: u8 }),
  fc.constant<WireMode>({ type: 'iterative' })
)

const history: fc.Arbitrary<History> = record({
  keep: fc.constantFrom('peers' as const, 'hops' as const),
  spare: u8,
  peers: fc.array(peer, { maxLength: 64 }),
}).map(({ keep, spare, peers }) => ({ keep, limit: Math.min(64, peers.length + spare), peers }))

/** Any valid message whose bodies have at most `most` bytes. */
export function anyMessage(most: number): fc.Arbitrary<WireMessage> {
  const body = bytes(most)
  const type = <const T extends WireMessage['type']>(name: T): fc.Arbitrary<T> => fc.constant(name)
  const ready = record({
    type: type('ready'),
    accepted: fc.boolean(),
    code,
    maxMessageBytes: fc.integer({ min: 4096, max: 0xffff_ffff }),
    apps: fc.array(app, { maxLength: 64 }),
  }).map((message) => (message.accepted ? { ...message, code: '' } : message))
  return fc.oneof(
    ready,
    record({ type: type('end'), code }),
    record({ type: type('ping'), nonce: u32 }),
    record({ type: type('pong'), nonce: u32 }),
    record({ type: type('tell'), app, body }),
    record({ type: type('request'), app, id: u32, body }),
    record({
      type: type('response'),
      app,
      id: u32,
      status: fc.constantFrom(...statusNames),
      stream: u32,
      streamBytes: u53,
      body,
    }),
    record({ type: type('chunk'), app, stream: u32, bytes: body }),
    record({ type: type('credit'), app, stream: u32, bytes: u53 }),
    record({ type: type('stream-end'), app, stream: u32, fromSender: fc.boolean(), code }),
    record({
      type: type('query'),
      app,
      trace: u64,
      id: u64,
      mode,
      hops: u8,
      travelled: u8,
      fanOut: u8,
      results: u16,
      priority: u8,
      budget: u32,
      lifetimeMs: u32,
      history,
      body,
    }),
    record({
      type: type('answer'),
      app,
      id: u64,
      answers: fc.array(record({ from: fc.option(peer, { nil: undefined }), hops: u8, body }), { maxLength: 64 }),
      closed: u32,
      unspent: u32,
      reason: fc.constantFrom(...reasonNames),
    }),
    record({ type: type('cancel'), app, id: u64 }),
    record({ type: type('propagate'), app, trace: u64, hops: u8, fanOut: u8, budget: u32, history, body }),
    record({ type: type('contacts'), app, id: u64, records: fc.array(bytes(1024), { maxLength: 32 }) })
  )
}

/** Cuts bytes at any places: the pieces that a stream may deliver. Each piece is its own memory, as a socket's are. */
export function cutAt(whole: Uint8Array, places: readonly number[]): Uint8Array[] {
  const cuts = [...new Set(places.map((place) => place % (whole.length + 1)))].sort((a, b) => a - b)
  return [0, ...cuts].map((from, i) => whole.slice(from, cuts[i] ?? whole.length))
}
