import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  memorySink,
  memorySource,
  type ByteSink,
  type ByteSource,
  type StreamOutcome,
} from '../../src/attachments/index.ts'
import { MyDhtError } from '../../src/errors.ts'
import { pair, pattern, type Pair } from './pair.ts'

interface Got {
  bytes: Uint8Array | undefined
  outcome: StreamOutcome | undefined
}

/** Opens at `a`, expects at `b`. */
function transfer(
  { a, b }: Pair,
  source: ByteSource,
  total: number,
  sink?: ByteSink
): { readonly got: Got; readonly stream: number } {
  const got: Got = { bytes: undefined, outcome: undefined }
  const stream = a.attachments.open(b.peer, source, total)
  assert.ok(stream !== undefined)
  const into = sink ?? memorySink(total, (bytes, outcome) => Object.assign(got, { bytes, outcome }))
  assert.ok(b.attachments.expect(a.peer, stream, total, into))
  return { got, stream }
}

function chunksTo(net: Pair, stream?: number): number[] {
  return net.seen.flatMap(({ message, bytes }) =>
    message.type === 'chunk' && (stream === undefined || message.stream === stream) ? [bytes] : []
  )
}

test('any content in any chunks through any window arrives as it was', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 1, maxLength: 3000 }),
      fc.integer({ min: 1, max: 700 }),
      fc.integer({ min: 1, max: 1500 }),
      fc.boolean(),
      fc.boolean(),
      async (content, chunkBytes, windowBytes, slowSource, slowSink) => {
        const net = pair({ chunkBytes, windowBytes })
        const memory = memorySource(content)
        const source: ByteSource = slowSource ? { read: async (offset, length) => memory.read(offset, length) } : memory
        const got: Uint8Array[] = []
        let outcome: StreamOutcome | undefined
        transfer(net, source, content.length, {
          write(bytes) {
            got.push(bytes.slice())
            return slowSink ? Promise.resolve() : undefined
          },
          end: (ended) => (outcome = ended),
        })
        await net.run()
        assert.deepEqual(outcome, { ok: true, bytes: content.length })
        assert.deepEqual(new Uint8Array(Buffer.concat(got)), content)
        assert.ok(chunksTo(net).every((bytes) => bytes <= chunkBytes))
        assert.deepEqual(
          { ...net.a.attachments.stats(), sentBytes: 0 },
          { outgoing: 0, incoming: 0, sentBytes: 0, receivedBytes: 0, unknown: 0 }
        )
        assert.equal(net.b.attachments.stats().incoming, 0)
      }
    ),
    { numRuns: 60 }
  )
})

test('nothing is read before there is credit', async () => {
  const net = pair()
  let reads = 0
  const stream = net.a.attachments.open(net.b.peer, { read: (_, length) => (reads++, new Uint8Array(length)) }, 10)
  await net.run()
  assert.equal(reads, 0)
  net.inject('a', { type: 'credit', app: 'test', stream: stream ?? 0, bytes: 4 })
  await net.run()
  assert.equal(reads, 1)
  assert.deepEqual(chunksTo(net), [4])
})

test('never more than the window is out while the sink is not done', async () => {
  const net = pair({ chunkBytes: 100, windowBytes: 400 })
  const release: (() => void)[] = []
  let written = 0
  let most = 0
  transfer(net, memorySource(pattern(2000)), 2000, {
    write(bytes) {
      written += bytes.length
      return new Promise((resolve) => {
        const { length } = bytes
        release.push(() => {
          written -= length
          resolve()
        })
      })
    },
    end: () => {},
  })
  for (let round = 0; round < 20; round++) {
    await net.run()
    most = Math.max(most, written)
    if (round < 2) assert.equal(written, 400)
    for (const done of release.splice(0)) done()
  }
  assert.equal(most, 400)
  assert.equal(
    chunksTo(net).reduce((sum, bytes) => sum + bytes, 0),
    2000
  )
})

test('credit is given back in batches: one word for a quarter of the window', async () => {
  const net = pair({ chunkBytes: 100, windowBytes: 1600 })
  const { got } = transfer(net, memorySource(pattern(16_000)), 16_000)
  await net.run()
  assert.deepEqual(got.outcome, { ok: true, bytes: 16_000 })
  const credits = net.seen.filter(({ message }) => message.type === 'credit').length
  assert.ok(credits <= 38, `${credits} credits for 160 chunks`)
})

test('streams to one peer take turns, a chunk each, though one of them reads slowly', async () => {
  const net = pair({ chunkBytes: 100, windowBytes: 1000 })
  const quick = [1, 2].map((seed) => net.a.attachments.open(net.b.peer, memorySource(pattern(1000, seed)), 1000) ?? 0)
  const slow = net.a.attachments.open(net.b.peer, { read: async (_, length) => pattern(length) }, 1000) ?? 0
  // Full at first, so that all have their credit when it is over; then held back by its outbox after each message.
  net.a.fate = () => 'full'
  net.a.room = () => false
  for (const id of [...quick, slow])
    net.b.attachments.expect(
      net.a.peer,
      id,
      1000,
      memorySink(1000, () => {})
    )
  await net.run()
  net.a.fate = () => 'deliver'
  net.a.attachments.writable(net.b.peer)
  await net.run()
  const order = net.seen.flatMap(({ message }) => (message.type === 'chunk' ? [message.stream] : []))
  assert.equal(order.length, 30)
  for (const id of quick) {
    const places = order.flatMap((one, place) => (one === id ? [place] : []))
    const gaps = places.slice(2).map((place, i) => place - (places[i + 1] ?? 0))
    assert.ok(
      gaps.every((gap) => gap <= 4),
      `${id} waited too long: ${order.join(' ')}`
    )
    assert.ok(order.slice(0, 12).filter((one) => one === id).length <= 7, `${id} took too much: ${order.join(' ')}`)
  }
})

test('a full peer gets what came back first, in order, when it is writable', async () => {
  const net = pair({ chunkBytes: 100, windowBytes: 1000 })
  const content = pattern(3000)
  let taken = 0
  net.a.fate = (message) =>
    message.type !== 'chunk' && message.type !== 'stream-end' ? 'deliver' : taken++ < 4 ? 'deliver' : 'full'
  const { got } = transfer(net, memorySource(content), 3000)
  await net.run()
  assert.equal(got.outcome, undefined)
  assert.equal(chunksTo(net).length, 4)
  for (let round = 0; round < 30 && got.outcome === undefined; round++) {
    taken = 0
    net.a.attachments.writable(net.b.peer)
    await net.run()
  }
  assert.deepEqual(got.outcome, { ok: true, bytes: 3000 })
  assert.deepEqual(got.bytes, content)
})

test('a peer that never says writable is tried again after a while', async () => {
  const net = pair({ chunkBytes: 100, windowBytes: 1000 })
  net.a.fate = () => 'full'
  const { got } = transfer(net, memorySource(pattern(500)), 500)
  await net.run()
  net.a.fate = () => 'deliver'
  await net.clock.advance(2500)
  net.a.attachments.expire()
  await net.run()
  assert.deepEqual(got.outcome, { ok: true, bytes: 500 })
})

test('a stream that went on without a chunk that came back is ended, never delivered torn', async () => {
  const net = pair({ chunkBytes: 100, windowBytes: 1000 })
  let count = 0
  net.a.fate = (message) => (message.type === 'chunk' && ++count === 3 ? 'full' : 'deliver')
  const { got } = transfer(net, memorySource(pattern(2000)), 2000)
  await net.run()
  net.a.attachments.writable(net.b.peer)
  await net.run()
  assert.equal(got.outcome?.ok, false)
  assert.equal(got.bytes, undefined)
  assert.equal(net.a.attachments.stats().outgoing, 0)
})

test('credit that found its peer full is given when that is writable', async () => {
  const net = pair({ chunkBytes: 100, windowBytes: 300 })
  net.b.fate = () => 'full'
  const { got } = transfer(net, memorySource(pattern(900)), 900)
  await net.run()
  assert.deepEqual(chunksTo(net), [])
  net.b.fate = () => 'deliver'
  net.b.attachments.writable(net.a.peer)
  await net.run()
  assert.deepEqual(got.outcome, { ok: true, bytes: 900 })
})

test('a peer that goes away ends its streams: sources are closed, sinks hear why', async () => {
  const net = pair({ chunkBytes: 100, windowBytes: 200 })
  let closed = 0
  let outcome: StreamOutcome | undefined
  const source: ByteSource = { read: (_, length) => new Uint8Array(length), close: () => closed++ }
  transfer(net, source, 1000, { write: () => new Promise(() => {}), end: (ended) => (outcome = ended) })
  const { got } = transfer(net, memorySource(pattern(10_000)), 10_000)
  net.b.fate = (message) => (message.type === 'credit' && net.seen.length > 6 ? 'full' : 'deliver')
  await net.run()
  net.a.attachments.offline(net.b.peer)
  net.b.attachments.offline(net.a.peer)
  await net.run()
  assert.equal(closed, 1)
  assert.equal(got.outcome?.ok === false && got.outcome.code, 'MYDHT_CONNECTION_CLOSED')
  // Its last write never ends, so neither does it: the sink is not told of an end before that.
  assert.equal(outcome, undefined)
  assert.deepEqual([net.a.attachments.stats().outgoing, net.b.attachments.stats().incoming], [0, 0])
})

for (const [what, read] of [
  [
    'throws',
    () => {
      throw new MyDhtError('MYDHT_BAD_FILE', 'gone')
    },
  ],
  ['rejects', () => Promise.reject(new MyDhtError('MYDHT_BAD_FILE', 'gone'))],
] as const) {
  test(`a source that ${what} ends its stream with the error's code`, async () => {
    const net = pair()
    let closed = 0
    const { got } = transfer(net, { read, close: () => closed++ }, 10)
    await net.run()
    assert.deepEqual(got.outcome, { ok: false, bytes: 0, code: 'MYDHT_BAD_FILE' })
    assert.equal(closed, 1)
  })
}

test('a source that gives another length than was asked for ends its stream', async () => {
  for (const read of [() => new Uint8Array(3), async () => new Uint8Array(30)]) {
    const net = pair()
    const { got } = transfer(net, { read }, 10)
    await net.run()
    assert.deepEqual(got.outcome, { ok: false, bytes: 0, code: 'MYDHT_REMOTE' })
  }
})

test('a sink that throws or rejects ends the stream, at its sender too', async () => {
  for (const write of [
    () => {
      throw new MyDhtError('MYDHT_FULL', 'no room')
    },
    () => Promise.reject(new MyDhtError('MYDHT_FULL', 'no room')),
  ]) {
    const net = pair({ chunkBytes: 10, windowBytes: 40 })
    let closed = 0
    let outcome: StreamOutcome | undefined
    transfer(net, { read: (_, length) => new Uint8Array(length), close: () => closed++ }, 1000, {
      write,
      end: (ended) => (outcome = ended),
    })
    await net.run()
    assert.equal(outcome?.ok === false && outcome.code, 'MYDHT_FULL')
    assert.equal(closed, 1)
    assert.equal(net.a.attachments.stats().outgoing, 0)
  }
})

test('the receiver that wants no more stops the sender and hears nothing more', async () => {
  const net = pair({ chunkBytes: 10, windowBytes: 40 })
  let ended = 0
  const release: (() => void)[] = []
  const { stream } = transfer(net, memorySource(pattern(1000)), 1000, {
    write: () => new Promise((resolve) => void release.push(resolve)),
    end: () => ended++,
  })
  await net.run()
  net.b.attachments.cancel(net.a.peer, stream, 'MYDHT_CLOSED')
  for (const done of release) done()
  await net.run()
  assert.equal(net.a.attachments.stats().outgoing, 0)
  assert.equal(ended, 0)
})

test('a stream on which nothing moves ends at both sides', async () => {
  const net = pair({ idleMs: 1000 })
  const { got } = transfer(net, { read: () => new Promise(() => {}) }, 10)
  await net.run()
  await net.clock.advance(1001)
  net.b.attachments.expire()
  await net.run()
  assert.deepEqual(got.outcome, { ok: false, bytes: 0, code: 'MYDHT_TIMEOUT' })
  assert.equal(net.a.attachments.stats().outgoing, 0)
})

const chunk = (stream: number, bytes: number) =>
  ({ type: 'chunk', app: 'test', stream, bytes: new Uint8Array(bytes) }) as const

test('hostile: chunks without credit, past the credit, past the total, or empty are misbehaviour', async () => {
  const cases = [
    { sizes: [1001], total: 5000, taken: 0 },
    { sizes: [600, 401], total: 5000, taken: 600 },
    { sizes: [101], total: 100, taken: 0 },
    { sizes: [60, 41], total: 100, taken: 60 },
    { sizes: [0], total: 100, taken: 0 },
  ]
  for (const { sizes, total, taken } of cases) {
    const net = pair({ windowBytes: 1000 })
    const done: (() => void)[] = []
    let outcome: StreamOutcome | undefined
    // A sink that is not done gives no credit back: what is out is all there is.
    const write = (): Promise<void> => new Promise((resolve) => void done.push(resolve))
    net.b.attachments.expect(net.a.peer, 7, total, { write, end: (ended) => (outcome = ended) })
    for (const size of sizes) net.inject('b', chunk(7, size))
    await net.run()
    for (const one of done) one()
    await net.run()
    assert.deepEqual(net.b.misbehaved, ['MYDHT_LIMIT'])
    assert.deepEqual(outcome, { ok: false, bytes: taken, code: 'MYDHT_LIMIT' })
  }
})

test('hostile: chunks, credit and ends of unknown streams and of other peers are counted and dropped', async () => {
  const net = pair()
  const { stream } = transfer(net, memorySource(pattern(10)), 10, { write: () => new Promise(() => {}), end: () => {} })
  net.inject('b', chunk(stream + 1, 5))
  net.inject('a', { type: 'credit', app: 'test', stream: stream + 1, bytes: 5 })
  net.inject('a', { type: 'stream-end', app: 'test', stream: stream + 1, fromSender: false, code: '' })
  net.inject('b', { type: 'stream-end', app: 'test', stream: stream + 1, fromSender: true, code: '' })
  // From somebody else than the receiver.
  net.a.attachments.message(net.a.peer, { type: 'credit', app: 'test', stream, bytes: 10 })
  await net.run()
  assert.deepEqual([net.a.misbehaved, net.b.misbehaved], [[], []])
  assert.deepEqual([net.a.attachments.stats().unknown, net.b.attachments.stats().unknown], [3, 1])
})

test('hostile: an end before the last byte is a truncated stream', async () => {
  const net = pair()
  const got: Got = { bytes: undefined, outcome: undefined }
  net.b.attachments.expect(
    net.a.peer,
    7,
    100,
    memorySink(100, (bytes, outcome) => Object.assign(got, { bytes, outcome }))
  )
  net.inject('b', chunk(7, 99))
  net.inject('b', { type: 'stream-end', app: 'test', stream: 7, fromSender: true, code: '' })
  await net.run()
  assert.deepEqual(got.outcome, { ok: false, bytes: 99, code: 'MYDHT_TRUNCATED' })
})

test('hostile: credit beyond the bound ends the stream before memory fills', async () => {
  const net = pair({ chunkBytes: 100, maxCreditBytes: 1000 })
  const stream = net.a.attachments.open(net.b.peer, memorySource(pattern(100_000)), 100_000) ?? 0
  net.inject('a', { type: 'credit', app: 'test', stream, bytes: 0xffff_ffff })
  await net.run()
  assert.deepEqual(chunksTo(net), [])
  assert.equal(net.a.attachments.stats().outgoing, 0)
})

test('announcements that cannot be true, and streams past the bounds, are not taken', () => {
  const net = pair({ maxIncoming: 1, maxOutgoing: 2, maxOutgoingPerPeer: 1 })
  const sink = memorySink(1, () => {})
  const { a, b } = net
  for (const [stream, total] of [
    [0, 5],
    [1, 0],
    [1, -1],
    [1, 1.5],
    [1, Number.NaN],
  ] as const)
    assert.equal(b.attachments.expect(a.peer, stream, total, sink), false)
  assert.equal(b.attachments.expect(a.peer, 1, 1, sink), true)
  assert.equal(b.attachments.expect(a.peer, 1, 1, sink), false)
  assert.equal(b.attachments.expect(a.peer, 2, 1, sink), false)
  const source = memorySource(pattern(1))
  assert.throws(() => a.attachments.open(b.peer, source, 0), TypeError)
  assert.ok(a.attachments.open(b.peer, source, 1))
  assert.equal(a.attachments.open(b.peer, source, 1), undefined)
  assert.ok(a.attachments.open(a.peer, source, 1))
  assert.throws(() => pair({ windowBytes: 0 }), TypeError)
})
