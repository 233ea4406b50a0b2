/** @module test/peers/read-service — messages, the end, and every way a direction may die. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat } from '../../src/bytes.ts'
import { binary, createBinary } from '../../src/encodings/binary.ts'
import { peerIdFromBytes } from '../../src/identity/peer-id.ts'
import { peerRef } from '../../src/identity/peer-ref.ts'
import { silent } from '../../src/log.ts'
import type { ReadCommand, ReadEvent, ReadInit } from '../../src/peers/read-service.ts'
import { read } from '../../src/peers/read-service.ts'
import { seededRandom } from '../../src/random.ts'
import type { Handle } from '../../src/service/handle.ts'
import { inline } from '../../src/service/spawners/inline.ts'
import type { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'
import type { WireMessage } from '../../src/wire/messages.ts'
import { createRecordWriter } from '../../src/wire/record-writer.ts'
import { createSlabPool } from '../../src/wire/slab.ts'
import { testSealer, testShadow } from '../helpers/test-shadow.ts'

const ping: WireMessage = { type: 'ping', nonce: 1 }
const pong: WireMessage = { type: 'pong', nonce: 2 }
const end: WireMessage = { type: 'end', code: 'MYDHT_CLOSED' }

const peer = peerRef(peerIdFromBytes(new Uint8Array(32).fill(3)))

interface World {
  readonly handle: Handle<ReadCommand, ReadEvent>
  readonly clock: VirtualClock
  readonly events: ReadEvent[]
}

function world(init: Partial<ReadInit> = {}): World {
  const clock = virtualClock()
  const events: ReadEvent[] = []
  const base = { peer, shadow: testShadow(), secret: Uint8Array.of(9), encoding: binary(), maxMessageBytes: 100_000 }
  const parts = { clock, random: seededRandom(1), log: silent }
  const destination = { send: (event: ReadEvent) => events.push(event) > 0 }
  const handle = inline().spawn(read, { ...base, rest: new Uint8Array(0), ...init }, parts, destination)
  return { handle, clock, events }
}

/** Each list of messages as one record, all from one sealer. */
function sealed(...records: readonly (readonly WireMessage[])[]): Uint8Array[] {
  const out: Uint8Array[] = []
  const writer = createRecordWriter({
    encoder: createBinary(),
    sealer: testSealer(9),
    slabs: createSlabPool(),
    onSlab: (bytes) => out.push(bytes.slice()) > 0,
  })
  writer.limit(1_000_000)
  for (const messages of records) {
    for (const message of messages) writer.write(message)
    writer.flush()
  }
  return out
}

function send(to: World, pieces: readonly Uint8Array[]): void {
  for (const bytes of pieces) to.handle.send({ type: 'bytes', bytes })
}

/** Type and code of each event: enough to compare. */
function brief(events: readonly ReadEvent[]): string[] {
  return events.map((event) =>
    event.type === 'messages' ? `${event.messages.length} messages` : `${event.type} ${event.code}`
  )
}

test('a record that does not open fails the shadow, and nothing follows', () => {
  const it = world()
  const [bytes] = sealed([ping])
  assert.ok(bytes !== undefined)
  bytes[5] = (bytes[5] ?? 0) ^ 1
  send(it, [bytes, ...sealed([ping])])
  it.handle.send({ type: 'eof', lost: false })
  assert.deepEqual(brief(it.events), ['failed MYDHT_SHADOW_FAILED'])
})

test('a message longer than we take is a bad message', () => {
  const it = world({ maxMessageBytes: 100 })
  send(it, sealed([ping, { type: 'tell', app: 'kv', body: new Uint8Array(101) }]))
  assert.deepEqual(brief(it.events), ['1 messages', 'failed MYDHT_BAD_MESSAGE'])
})

test('a stream that closes without an end is truncated, lost or not', () => {
  for (const lost of [true, false]) {
    const it = world()
    send(it, sealed([ping]))
    it.handle.send({ type: 'eof', lost })
    assert.deepEqual(brief(it.events), ['1 messages', 'failed MYDHT_TRUNCATED'])
  }
})

test('a stream that closes in the middle of a record is truncated', () => {
  const it = world()
  const whole = concat(sealed([ping], [end]))
  send(it, [whole.subarray(0, whole.length - 1)])
  it.handle.send({ type: 'eof', lost: false })
  assert.deepEqual(brief(it.events), ['1 messages', 'failed MYDHT_TRUNCATED'])
})

test('the end ends it, in order, and the end of the stream adds nothing', () => {
  const it = world()
  send(it, sealed([ping, pong], [ping, end]))
  it.handle.send({ type: 'eof', lost: true })
  assert.deepEqual(it.events, [
    { type: 'messages', from: peer, messages: [ping, pong] },
    { type: 'messages', from: peer, messages: [ping] },
    { type: 'ended', code: 'MYDHT_CLOSED' },
  ])
})

test('anything behind the end is an error: in its record, in its piece, or later', () => {
  const cases = [
    sealed([end, ping]),
    [concat(sealed([end], [ping]))],
    sealed([end], [ping]),
    [concat([...sealed([end]), Uint8Array.of(0)])],
    [concat([...sealed([end]), Uint8Array.of(0, 1, 2, 3)])],
  ]
  for (const pieces of cases) {
    const it = world()
    send(it, pieces)
    assert.equal(it.events.length, 2)
    send(it, sealed([ping]))
    assert.deepEqual(brief(it.events), ['ended MYDHT_CLOSED', 'failed MYDHT_BAD_MESSAGE'])
  }
})

test('each piece of bytes gives one event with all that it completed', () => {
  const it = world()
  const whole = concat(sealed([ping], [pong, ping], [pong]))
  send(it, [whole.slice(0, whole.length - 1), whole.slice(whole.length - 1)])
  assert.deepEqual(it.events, [
    { type: 'messages', from: peer, messages: [ping, pong, ping] },
    { type: 'messages', from: peer, messages: [pong] },
  ])
})

test('bytes that came with the handshake are read first, and without being asked', async () => {
  const alone = world({ rest: concat(sealed([ping])) })
  assert.deepEqual(alone.events, [])
  await alone.clock.advance(0)
  assert.deepEqual(alone.events, [{ type: 'messages', from: peer, messages: [ping] }])

  const [first, second] = sealed([ping], [pong])
  assert.ok(first !== undefined && second !== undefined)
  const both = world({ rest: first.slice(0, 9) })
  send(both, [concat([first.slice(9), second])])
  await both.clock.advance(0)
  assert.deepEqual(both.events, [{ type: 'messages', from: peer, messages: [ping, pong] }])
})
