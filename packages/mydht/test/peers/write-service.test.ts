/** @module test/peers/write-service — when slabs leave, what comes back undelivered, and that nothing is lost when the socket is slow. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { binary, createBinary } from '../../src/encodings/binary.ts'
import { json } from '../../src/encodings/json.ts'
import { silent } from '../../src/log.ts'
import type { Unwritten, WriteCommand, WriteEvent, WriteInit } from '../../src/peers/write-service.ts'
import { writeWith } from '../../src/peers/write-service.ts'
import { seededRandom } from '../../src/random.ts'
import type { Handle } from '../../src/service/handle.ts'
import type { InlineOptions } from '../../src/service/spawners/inline.ts'
import { inline } from '../../src/service/spawners/inline.ts'
import type { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'
import type { WireMessage } from '../../src/wire/messages.ts'
import { createRecordReader } from '../../src/wire/record-reader.ts'
import type { SlabPool } from '../../src/wire/slab.ts'
import { createSlabPool } from '../../src/wire/slab.ts'
import { testOpener, testShadow } from '../helpers/test-shadow.ts'

const random = seededRandom(1)
const tell = (nonce: number, length = 100): WireMessage => ({
  type: 'tell',
  app: 'kv',
  body: new Uint8Array(length).fill(nonce),
})

interface World {
  readonly handle: Handle<WriteCommand, WriteEvent, Unwritten>
  readonly clock: VirtualClock
  readonly pool: SlabPool
  /** Events so far, without the bytes. */
  readonly events: WriteEvent[]
  /** Messages of each slab that left. */
  readonly writes: WireMessage[][]
  /** How many slabs may wait; `sent` gives all of them back. */
  room: number
  readonly sent: () => void
}

function world(init: Partial<WriteInit> = {}, options: InlineOptions = {}): World {
  const clock = virtualClock()
  const pool = createSlabPool()
  const events: WriteEvent[] = []
  const writes: WireMessage[][] = []
  let waiting: Uint8Array[] = []
  let wake: (() => void)[] = []
  const reader = createRecordReader({ decoder: createBinary(), opener: testOpener(9), maxMessageBytes: 8_000_000 })
  const destination = {
    send(event: WriteEvent): boolean {
      if (event.type !== 'bytes') return events.push(event) > 0
      if (waiting.length >= result.room) return false
      const { messages, failure } = reader.push(event.bytes.slice())
      assert.equal(failure, undefined)
      writes.push([...messages])
      assert.ok(event.slab, 'on this thread bytes are in a slab')
      waiting.push(event.slab)
      return true
    },
    drained: () => new Promise<void>((resolve) => void wake.push(resolve)),
  }
  const secret = Uint8Array.of(9)
  const full: WriteInit = { shadow: testShadow(), secret, encoding: binary(), ...init }
  const handle = inline(options).spawn(writeWith(pool), full, { clock, random, log: silent }, destination)
  const result: World = {
    handle,
    clock,
    pool,
    events,
    writes,
    room: Number.POSITIVE_INFINITY,
    sent: () => {
      for (const slab of waiting) pool.give(slab)
      waiting = []
      const woken = wake
      wake = []
      for (const resolve of woken) resolve()
    },
  }
  return result
}

test('a message longer than the other side takes comes back, and the next one leaves', () => {
  const { handle, events, writes } = world()
  const long = tell(1, 5000)
  assert.equal(handle.send({ type: 'message', message: long }), true)
  assert.deepEqual(events, [{ type: 'undelivered', message: long, reason: 'too-long' }])
  handle.send({ type: 'message', message: tell(2) })
  handle.send({ type: 'limit', maxMessageBytes: 6000 })
  handle.send({ type: 'messages', messages: [long] })
  handle.send({ type: 'end', code: '' })
  assert.deepEqual(writes.flat(), [tell(2), long, { type: 'end', code: '' }])
})

test('what comes after the end comes back', () => {
  const { handle, events, writes } = world()
  handle.send({ type: 'end', code: 'MYDHT_CLOSED' })
  handle.send({ type: 'message', message: tell(1) })
  assert.deepEqual(writes, [[{ type: 'end', code: 'MYDHT_CLOSED' }]])
  assert.deepEqual(events, [{ type: 'ended' }, { type: 'undelivered', message: tell(1), reason: 'offline' }])
})

test('a message that breaks its type fails the service', () => {
  const { handle } = world()
  handle.send({ type: 'message', message: { type: 'ping', nonce: -1 } })
  assert.equal(handle.state, 'failed')
  assert.equal(handle.failure?.code, 'MYDHT_SERVICE_FAILED')
})

test('the first message of a turn leaves at once, the rest at its end', async () => {
  const { handle, clock, writes } = world()
  for (let i = 0; i < 5; i++) handle.send({ type: 'message', message: tell(i) })
  assert.deepEqual(writes, [[tell(0)]])
  assert.equal(clock.waiting, 1)
  await clock.advance(0)
  assert.deepEqual(writes, [[tell(0)], [tell(1), tell(2), tell(3), tell(4)]])
  assert.equal(clock.waiting, 0)
  handle.send({ type: 'message', message: tell(5) })
  assert.deepEqual(writes[2], [tell(5)])
})

test('an idle service asks for no turn and holds no slab', async () => {
  const { handle, clock, pool, sent } = world()
  assert.equal(clock.waiting, 0)
  handle.send({ type: 'message', message: tell(0) })
  await clock.advance(0)
  sent()
  assert.deepEqual([clock.waiting, pool.free], [0, 1])
})

test('within a turn what waits leaves every flushBytes', () => {
  const { handle, writes } = world({ flushBytes: 1000 })
  for (let i = 0; i < 25; i++) handle.send({ type: 'message', message: tell(i) })
  assert.deepEqual(
    writes.map((messages) => messages.length),
    [1, 10, 10]
  )
})

test('many messages of one command leave by the same rules', async () => {
  const { handle, clock, writes } = world({ flushBytes: 1000 })
  handle.send({ type: 'messages', messages: Array.from({ length: 25 }, (_, i) => tell(i)) })
  await clock.advance(0)
  assert.deepEqual(
    writes.map((messages) => messages.length),
    [1, 10, 10, 4]
  )
})

test('while the socket is slow nothing is lost and send says no in the end', async () => {
  const slow = world({ maxWaitingMessages: 8 }, { queueLimit: 4, outboxLimit: 2 })
  slow.room = 4
  slow.handle.send({ type: 'limit', maxMessageBytes: 1_000_000 })
  const taken: WireMessage[] = []
  for (let i = 0; i < 100; i++) {
    const message = tell(i, 60_000)
    if (!slow.handle.send({ type: 'message', message })) break
    taken.push(message)
  }
  assert.ok(taken.length < 20, `took ${taken.length} messages of 60 000 bytes`)
  for (let i = 0; slow.writes.flat().length < taken.length; i++) {
    assert.ok(i < 100, `stuck at ${slow.writes.flat().length} of ${taken.length}`)
    slow.sent()
    await slow.clock.advance(0)
  }
  assert.deepEqual(slow.writes.flat(), taken)
  assert.equal(slow.handle.state, 'running')
})

test('one message of many slabs waits for the socket without overflowing the outbox', async () => {
  const slow = world({}, { outboxLimit: 2 })
  slow.room = 4
  slow.handle.send({ type: 'limit', maxMessageBytes: 8_000_000 })
  const large: WireMessage = { type: 'chunk', app: 'files', stream: 1, bytes: new Uint8Array(4_000_000).fill(5) }
  slow.handle.send({ type: 'messages', messages: [tell(0), large, tell(1)] })
  slow.handle.send({ type: 'end', code: '' })
  assert.equal(slow.writes.length, 4)
  for (let i = 0; slow.events.length === 0; i++) {
    assert.ok(i < 200, 'stuck')
    slow.sent()
    await slow.clock.advance(0)
  }
  assert.deepEqual(slow.writes.flat(), [tell(0), large, tell(1), { type: 'end', code: '' }])
  assert.deepEqual(slow.events, [{ type: 'ended' }])
  assert.equal(slow.handle.state, 'running')
})

test('past maxWaitingMessages messages come back as full, in order', async () => {
  const slow = world({ maxWaitingMessages: 2 }, { outboxLimit: 1 })
  slow.room = 0
  const all = [0, 1, 2, 3].map((i) => tell(i))
  slow.handle.send({ type: 'messages', messages: all })
  slow.room = 4
  for (let i = 0; i < 10; i++) {
    slow.sent()
    await slow.clock.advance(0)
  }
  assert.deepEqual(slow.writes.flat(), all.slice(0, 3))
  assert.deepEqual(slow.events, [{ type: 'undelivered', message: all[3], reason: 'full' }])
})

test('what waits for a slow socket when it closes is left behind, in order, none of it twice', async () => {
  const slow = world({}, { outboxLimit: 1 })
  slow.room = 0
  const all = [0, 1, 2, 3].map((i) => tell(i))
  slow.handle.send({ type: 'messages', messages: all.slice(0, 3) })
  slow.handle.send({ type: 'message', message: tell(3) })
  const ended = await slow.handle.close()
  // The first is in a slab already: nobody knows whether it will arrive.
  assert.deepEqual(ended.saved, all.slice(1, 3))
  assert.deepEqual(ended.notSent, [{ type: 'message', message: tell(3) }])
})

test('closing gives the open slab back and leaves no turn behind that does anything', async () => {
  const { handle, clock, pool, sent, writes } = world()
  handle.send({ type: 'message', message: tell(0) })
  handle.send({ type: 'message', message: tell(1) })
  sent()
  await handle.close()
  await clock.advance(0)
  assert.deepEqual([writes.length, pool.free, clock.waiting], [1, 2, 0])
})

test('an encoding that transforms bodies goes the same way', () => {
  const { handle, events } = world({ encoding: json(), shadow: testShadow() })
  const long: WireMessage = { type: 'chunk', app: 'files', stream: 1, bytes: new Uint8Array(4000) }
  handle.send({ type: 'message', message: long })
  assert.deepEqual(events, [{ type: 'undelivered', message: long, reason: 'too-long' }])
})
