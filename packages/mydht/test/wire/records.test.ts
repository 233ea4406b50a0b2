/** @module test/wire/records — what a record writer writes, a record reader reads, however it is cut, and nothing else. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { concat, varintSize, writeU16, writeVarint } from '../../src/bytes.ts'
import { createBinary } from '../../src/encodings/binary.ts'
import type { Encoding } from '../../src/encodings/encoding.ts'
import { createJson } from '../../src/encodings/json.ts'
import type { WireMessage } from '../../src/wire/messages.ts'
import type { ReadFailure, RecordReader } from '../../src/wire/record-reader.ts'
import { createRecordReader } from '../../src/wire/record-reader.ts'
import type { RecordWriter } from '../../src/wire/record-writer.ts'
import { createRecordWriter } from '../../src/wire/record-writer.ts'
import type { SlabPool } from '../../src/wire/slab.ts'
import { createSlabPool } from '../../src/wire/slab.ts'
import { anyMessage, cutAt } from '../helpers/messages-arbitrary.ts'
import { testOpener, testSealer } from '../helpers/test-shadow.ts'

const mib = 1_048_576
const binary = createBinary()
const json = createJson()
const ping: WireMessage = { type: 'ping', nonce: 7 }
const tell = (length: number): WireMessage => ({ type: 'tell', app: 'kv', body: pattern(length) })
const chunk = (length: number): WireMessage => ({ type: 'chunk', app: 'files', stream: 1, bytes: pattern(length) })

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7) ^ (i >> 8))
}

function writerTo(out: Uint8Array[], encoding: Encoding = binary, pool: SlabPool = createSlabPool()): RecordWriter {
  const onSlab = (bytes: Uint8Array, slab: Uint8Array): boolean => {
    out.push(bytes.slice())
    // What was sent is gone: whoever still looks at the slab sees nonsense.
    slab.fill(0xee)
    pool.give(slab)
    return true
  }
  const writer = createRecordWriter({ encoder: encoding, sealer: testSealer(3), slabs: pool, onSlab })
  writer.limit(8 * mib)
  return writer
}

function reader(encoding: Encoding = binary, maxMessageBytes = 8 * mib): RecordReader {
  return createRecordReader({ decoder: encoding, opener: testOpener(3), maxMessageBytes })
}

function written(messages: readonly WireMessage[], encoding: Encoding = binary): Uint8Array[] {
  const out: Uint8Array[] = []
  const writer = writerTo(out, encoding)
  for (const message of messages) assert.equal(writer.write(message), true)
  writer.flush()
  return out
}

function readAll(
  from: RecordReader,
  pieces: readonly Uint8Array[]
): { messages: WireMessage[]; failure: ReadFailure | undefined } {
  const messages: WireMessage[] = []
  let failure: ReadFailure | undefined
  for (const piece of pieces) {
    const outcome = from.push(piece)
    messages.push(...outcome.messages)
    failure = outcome.failure
  }
  return { messages, failure }
}

/** Records of a plaintext that no writer of ours would write. */
function sealedOf(...plaintexts: readonly Uint8Array[]): Uint8Array {
  const sealer = testSealer(3)
  return concat(
    plaintexts.map((plaintext) => {
      const record = new Uint8Array(2 + plaintext.length + sealer.overhead)
      writeU16(record, 0, sealer.seal(plaintext, record, 2) - 2)
      return record
    })
  )
}

test('a changed byte anywhere is a failed shadow or a cut record, never another message', () => {
  const bytes = concat(written([ping, tell(30), ping]))
  for (let i = 0; i < bytes.length; i++) {
    const changed = bytes.slice()
    changed[i] = (changed[i] ?? 0) ^ 1
    const from = reader()
    const { messages, failure } = readAll(from, [changed])
    assert.deepEqual(messages, [])
    assert.ok(failure?.code === 'shadow-failed' || !from.complete(), `byte ${i}`)
  }
})

test('a record that comes twice, too late, or not at all is a failed shadow', () => {
  const [one, two] = [written([ping]), written([tell(5)])].map((parts) => concat(parts))
  assert.ok(one !== undefined && two !== undefined)
  const twice = readAll(reader(), [one.slice(), one.slice()])
  assert.deepEqual([twice.messages.length, twice.failure?.code], [1, 'shadow-failed'])
  const out: Uint8Array[] = []
  const writer = writerTo(out)
  for (let nonce = 0; nonce < 3; nonce++) {
    writer.write({ type: 'ping', nonce })
    writer.flush()
  }
  assert.equal(readAll(reader(), out.slice(1)).failure?.code, 'shadow-failed')
})

test('after a failure every push says the same and gives no message', () => {
  const from = reader()
  const first = from.push(Uint8Array.of(0, 0)).failure
  assert.equal(first?.code, 'shadow-failed')
  assert.deepEqual(from.push(concat(written([ping]))), { messages: [], failure: first })
})

test('messages before a failure in the same piece come out', () => {
  const good = concat(written([ping, ping]))
  const { messages, failure } = readAll(reader(), [concat([good, Uint8Array.of(0, 17, ...new Uint8Array(17))])])
  assert.deepEqual(messages, [ping, ping])
  assert.equal(failure?.code, 'shadow-failed')
})

test('an empty record is refused', () => {
  assert.equal(reader().push(sealedOf(new Uint8Array(0))).failure?.code, 'shadow-failed')
})

test('a length above the limit is refused before anything is kept for it', () => {
  const plaintext = new Uint8Array(varintSize(4097))
  writeVarint(plaintext, 0, 4097)
  const from = reader(binary, 4096)
  assert.deepEqual(from.push(sealedOf(plaintext)).failure, { code: 'too-long', at: 4097, cause: undefined })
})

test('a length that is zero, not shortest, or endless is refused', () => {
  const cases: readonly (readonly [readonly number[], ReadFailure['code']])[] = [
    [[0], 'bad-message'],
    [[0x85, 0x00], 'bad-message'],
    [Array.from({ length: 20 }, () => 0x80), 'bad-message'],
    [Array.from({ length: 20 }, () => 0xff), 'too-long'],
  ]
  for (const [bytes, code] of cases) {
    assert.equal(reader().push(sealedOf(Uint8Array.from(bytes))).failure?.code, code, bytes.join(' '))
    // The same with each byte in a record of its own.
    const apart = sealedOf(...bytes.map((byte) => Uint8Array.of(byte)))
    assert.equal(reader().push(apart).failure?.code, code, bytes.join(' '))
  }
})

test('a message that the encoding refuses ends the direction with its code and place', () => {
  assert.deepEqual(reader().push(sealedOf(Uint8Array.of(2, 99, 0))).failure, {
    code: 'bad-message',
    at: 0,
    cause: 'unknown-type',
  })
})

test('a message longer than the other side takes is not written, and nothing of it', () => {
  const out: Uint8Array[] = []
  const writer = writerTo(out)
  writer.limit(4096)
  assert.equal(writer.write(tell(4096)), false)
  assert.equal(writer.waiting(), 0)
  assert.equal(writer.write(tell(4000)), true)
  writer.flush()
  assert.deepEqual(readAll(reader(), out).messages, [tell(4000)])
})

test('a message that breaks its type leaves what waits as it was', () => {
  const out: Uint8Array[] = []
  const writer = writerTo(out)
  writer.write(ping)
  assert.throws(() => writer.write({ type: 'ping', nonce: -1 }), TypeError)
  writer.write(ping)
  writer.flush()
  assert.deepEqual(readAll(reader(), out).messages, [ping, ping])
})

test('nothing waits, nothing is flushed, and no slab is held', () => {
  const out: Uint8Array[] = []
  const pool = createSlabPool()
  const writer = writerTo(out, binary, pool)
  writer.flush()
  writer.write(ping)
  writer.flush()
  writer.flush()
  assert.deepEqual([out.length, pool.free, writer.waiting()], [1, 1, 0])
})

test('closing gives the open slab back, unsent', () => {
  const pool = createSlabPool()
  const out: Uint8Array[] = []
  const writer = writerTo(out, binary, pool)
  writer.write(ping)
  writer.close()
  assert.deepEqual([out.length, pool.free], [0, 1])
})

test('a chunk of the best size fills one slab: head and bytes are two records of one write', () => {
  const [only, ...others] = written([chunk(65_408)])
  assert.ok(only !== undefined && others.length === 0)
  const first = (only[0] ?? 0) * 256 + (only[1] ?? 0)
  assert.ok(first < 100, `the head's record has ${first} bytes`)
  assert.deepEqual(readAll(reader(), [only]).messages, [chunk(65_408)])
})

test('a message of one record is a view of the bytes that came in', () => {
  const [bytes] = written([tell(100)])
  assert.ok(bytes !== undefined)
  const [message] = reader().push(bytes).messages
  assert.ok(message?.type === 'tell')
  assert.equal(message.body.buffer, bytes.buffer)
})

test('messages larger than a slab span records, in both encodings', () => {
  for (const encoding of [binary, json]) {
    for (const message of [tell(65_518), tell(200_000), chunk(70_000), chunk(3 * mib)]) {
      const out = written([ping, message, ping], encoding)
      assert.ok(out.every((bytes) => bytes.length <= 65_536))
      assert.deepEqual(readAll(reader(encoding), out), { messages: [ping, message, ping], failure: undefined })
    }
  }
})

test('a long message stops when the receiver of slabs has enough, and goes on from there', () => {
  const pool = createSlabPool()
  const out: Uint8Array[] = []
  const onSlab = (bytes: Uint8Array): boolean => {
    out.push(bytes.slice())
    return false
  }
  const writer = createRecordWriter({ encoder: binary, sealer: testSealer(3), slabs: pool, onSlab })
  writer.limit(mib)
  assert.equal(writer.write(chunk(300_000)), true)
  assert.deepEqual([out.length, writer.unfinished()], [1, true])
  assert.throws(() => writer.write(ping), TypeError)
  for (let slabs = 2; writer.unfinished(); slabs++) {
    writer.resume()
    assert.ok(out.length === slabs || !writer.unfinished())
  }
  writer.write(ping)
  writer.flush()
  assert.deepEqual(readAll(reader(), out).messages, [chunk(300_000), ping])
})

test('what is cut is held by what arrived, not by what a length says', () => {
  const bytes = concat(written([tell(60_000)]))
  const from = reader()
  const before = process.memoryUsage().arrayBuffers
  const many = Array.from({ length: 200 }, () => reader())
  for (const each of many) each.push(bytes.slice(0, 2))
  const grown = process.memoryUsage().arrayBuffers - before
  assert.ok(grown < 200 * 20_000, `200 readers of 2 bytes each hold ${grown} bytes`)
  assert.equal(from.complete(), true)
  assert.equal(
    many.every((each) => !each.complete()),
    true
  )
})

test('any messages, in any pieces, in slabs of any size, come out the same', () => {
  const places = fc.array(fc.nat(), { maxLength: 40 })
  const messages = fc.array(anyMessage(300), { maxLength: 12 })
  const flushes = fc.infiniteStream(fc.boolean())
  const slabBytes = fc.integer({ min: 3000, max: 65_536 })
  const property = fc.property(
    fc.boolean(),
    messages,
    places,
    flushes,
    slabBytes,
    (asJson, sent, cuts, flush, size) => {
      const encoding = asJson ? json : binary
      const out: Uint8Array[] = []
      const writer = writerTo(out, encoding, createSlabPool({ slabBytes: size }))
      for (const message of sent) {
        writer.write(message)
        if (flush.next().value) writer.flush()
      }
      writer.flush()
      const from = reader(encoding)
      const { messages: got, failure } = readAll(from, cutAt(concat(out), cuts))
      assert.deepEqual(got, sent)
      assert.deepEqual([failure, from.complete(), writer.waiting()], [undefined, true, 0])
    }
  )
  fc.assert(property, { numRuns: 300, seed: 20_17 })
})

test('large bodies in small slabs, byte by byte, come out the same', () => {
  const property = fc.property(
    fc.array(fc.oneof(fc.integer({ min: 16_000, max: 70_000 }).map(chunk), fc.nat({ max: 9000 }).map(tell)), {
      maxLength: 4,
    }),
    fc.integer({ min: 64, max: 5000 }),
    fc.integer({ min: 1, max: 3000 }),
    (sent, slabBytes, step) => {
      const out: Uint8Array[] = []
      const writer = writerTo(out, binary, createSlabPool({ slabBytes }))
      for (const message of sent) writer.write(message)
      writer.flush()
      const whole = concat(out)
      const pieces: Uint8Array[] = []
      for (let at = 0; at < whole.length; at += step) pieces.push(whole.slice(at, at + step))
      assert.deepEqual(readAll(reader(), pieces).messages, sent)
    }
  )
  fc.assert(property, { numRuns: 60, seed: 20_17 })
})
