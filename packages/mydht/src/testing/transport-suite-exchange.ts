/**
 * @module testing/transport-suite-exchange
 * Cases of `transportSuite`: bytes arrive, all of them, in order. Not here: ends, back-pressure, life cycle.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { OutgoingLink, ReadStream, Transport, WriteStream } from '../transports/transport.ts'
import { closed, listenOn, pour, probeRead, send } from './transport-probe.ts'
import type { TransportCase, TransportFixture } from './transport-suite.ts'

/** A signal that never aborts. */
export const never: AbortSignal = new AbortController().signal

/** A link opened from one transport to another: `out` at the dialer, `into` at the listener. */
export interface OpenLink {
  readonly dialer: Transport
  readonly listener: Transport
  readonly out: OutgoingLink
  readonly into: { readonly read: ReadStream; readonly write: WriteStream | undefined; readonly remoteHost: string }
}

/** Makes two transports and a link between them. */
export async function openLink(fixture: TransportFixture): Promise<OpenLink> {
  const listener = fixture.make()
  const dialer = fixture.make()
  const listening = await listenOn(listener)
  const [out, into] = await Promise.all([dialer.connect(listening.address, { signal: never }), listening.next()])
  return { dialer, listener, out, into }
}

/** Message `m` of the original's tables: byte i is i + m. */
export function message(m: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i + m) & 255)
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const bytes = (words: string) => new TextEncoder().encode(words)

/** Content bytes of a message, reader's and writer's piece, messages: the original's tcp-loop rw table. */
const table: readonly (readonly [content: number, readBytes: number, writeBytes: number, messages: number])[] = [
  [120, 120, 120, 2],
  [240, 120, 120, 2],
  [240, 250, 50, 2],
  [240, 250, 50, 3],
  [240, 250, 50, 20],
  [240, 50, 250, 2],
  [240, 50, 250, 3],
]

/** Reads in pieces of at most `piece` until `total` have come. */
async function takeAll(reader: ReturnType<typeof probeRead>, total: number, piece: number): Promise<Uint8Array> {
  const all = new Uint8Array(total)
  for (let at = 0; at < total;) {
    const part = await reader.take(Math.min(piece, total - at))
    all.set(part, at)
    at += part.length
  }
  return all
}

const rowCases = table.map(([content, readBytes, writeBytes, messages]): TransportCase => ({
  name: `original: ${messages} messages of ${content} bytes, written ${writeBytes} and read ${readBytes} at a time, are their exact concatenation`,
  run: async (fixture) => {
    const { out, into } = await openLink(fixture)
    const reader = probeRead(into.read)
    for (let m = 0; m < messages; m++) {
      const whole = message(m, content)
      for (let at = 0; at < content; at += writeBytes) void send(out.write, whole.subarray(at, at + writeBytes))
    }
    const expected = Array.from({ length: messages }, (_, m) => [...message(m, content)]).flat()
    assert.deepEqual([...(await takeAll(reader, content * messages, readBytes))], expected)
  },
}))

/** Cases about bytes that arrive. */
export const exchangeCases: readonly TransportCase[] = [
  {
    name: 'it supports what its suite was told',
    run: async (fixture, supports) => {
      const transport = fixture.make()
      assert.deepEqual({ ...transport.supports }, { ...supports })
      const { address } = await listenOn(transport)
      assert.ok(address.startsWith(`${transport.scheme}://`), address)
      const { out, into } = await openLink(fixture)
      assert.equal(out.read !== undefined, supports.duplex)
      assert.equal(into.write !== undefined, supports.duplex)
      assert.match(into.remoteHost, /^[^/[\]]+$/)
      assert.match(out.remoteHost, /^[^/[\]]+$/)
    },
  },
  {
    name: 'original: eleven bytes are read as ten and one, pong comes back, then six more',
    run: async (fixture) => {
      const [a, b] = [fixture.make(), fixture.make()]
      const [listeningA, listeningB] = [await listenOn(a), await listenOn(b)]
      const [out, into] = await Promise.all([b.connect(listeningA.address, { signal: never }), listeningA.next()])
      const reader = probeRead(into.read)
      assert.equal(await send(out.write, bytes('hello world')), true)
      assert.equal(text(await reader.take(10)), 'hello worl')
      assert.equal(text(await reader.take(1)), 'd')
      // A one-way link is answered by another one, opened by the listener.
      const write = into.write ?? (await a.connect(listeningB.address, { signal: never })).write
      const back = probeRead(out.read ?? (await listeningB.next()).read)
      assert.equal(await send(write, bytes('pong')), true)
      assert.equal(text(await back.take(4)), 'pong')
      assert.equal(await send(out.write, bytes('second')), true)
      assert.equal(text(await reader.take(6)), 'second')
    },
  },
  ...rowCases,
  {
    name: 'original: three messages, then three more, arrive in order',
    run: async (fixture) => {
      const { out, into } = await openLink(fixture)
      const reader = probeRead(into.read)
      for (const first of [0, 3]) {
        for (const m of [0, 1, 2]) void send(out.write, message(first + m, 5))
        for (const m of [0, 1, 2]) assert.deepEqual(await reader.take(5), message(first + m, 5))
      }
    },
  },
  {
    name: 'original: two clients in turn send one byte 5 each',
    run: async (fixture) => {
      const listening = await listenOn(fixture.make())
      for (let client = 0; client < 2; client++) {
        const [out, into] = await Promise.all([
          fixture.make().connect(listening.address, { signal: never }),
          listening.next(),
        ])
        assert.equal(await send(out.write, Uint8Array.of(5)), true)
        assert.deepEqual(await probeRead(into.read).take(1), Uint8Array.of(5))
      }
    },
  },
  {
    name: 'an empty write is sent and gives the reader nothing',
    run: async (fixture) => {
      const { out, into } = await openLink(fixture)
      const sizes: number[] = []
      const reader = probeRead(into.read, (chunk) => sizes.push(chunk.length))
      assert.equal(await send(out.write, new Uint8Array(0)), true)
      assert.equal(await send(out.write, Uint8Array.of(1)), true)
      out.write.end()
      await reader.end
      assert.deepEqual(sizes, [1])
    },
  },
  {
    name: 'memory may be written over after onSent, and chunks may be changed and kept',
    run: async (fixture) => {
      const { out, into } = await openLink(fixture)
      const chunks: Uint8Array[] = []
      const reader = probeRead(into.read, (chunk) => {
        chunks.push(chunk.map((byte) => byte))
        chunk.fill(255)
      })
      // A Buffer, whose `slice` is a view: the trap for a transport that copies by it.
      const slab = Buffer.alloc(1000)
      for (let m = 0; m < 20; m++) {
        slab.fill(m)
        assert.equal(await send(out.write, slab), true)
        slab.fill(254)
      }
      out.write.end()
      assert.equal((await reader.end).type, 'ended')
      assert.deepEqual(
        Buffer.concat(chunks),
        Buffer.concat(Array.from({ length: 20 }, (_, m) => Buffer.alloc(1000, m)))
      )
    },
  },
  {
    name: 'what came before start is not lost, nor is the end',
    run: async (fixture) => {
      const { out, into } = await openLink(fixture)
      const writerEnd = closed(out.write)
      assert.equal(await send(out.write, message(1, 100)), true)
      out.write.end()
      assert.equal((await writerEnd).type, 'ended')
      const reader = probeRead(into.read)
      assert.deepEqual(await reader.take(100), message(1, 100))
      assert.equal((await reader.end).type, 'ended')
    },
  },
  {
    name: '32 MiB arrive unchanged',
    run: async (fixture) => {
      const { out, into } = await openLink(fixture)
      const total = 32 * 1024 * 1024
      const [given, got] = [createHash('sha256'), createHash('sha256')]
      const reader = probeRead(into.read, (chunk) => got.update(chunk))
      const left = await pour(out.write, total, (block, at) => {
        new Uint32Array(block.buffer, block.byteOffset, block.length >> 2).forEach((_, i, words) => {
          words[i] = Math.imul(at + i, 0x9e3779b1)
        })
        given.update(block)
      })
      out.write.end()
      assert.equal(left, true)
      assert.equal((await reader.end).type, 'ended')
      assert.equal(reader.arrived, total)
      assert.equal(got.digest('hex'), given.digest('hex'))
    },
  },
  {
    name: '200 links at once carry each their own bytes',
    run: async (fixture) => {
      const listening = await listenOn(fixture.make())
      const dialer = fixture.make()
      const outs = await Promise.all(
        Array.from({ length: 200 }, () => dialer.connect(listening.address, { signal: new AbortController().signal }))
      )
      outs.forEach((out, i) => {
        void send(out.write, Uint8Array.of(i))
        void send(out.write, message(i, 1000))
        out.write.end()
      })
      const seen = new Set<number>()
      for (let i = 0; i < outs.length; i++) {
        const reader = probeRead((await listening.next()).read)
        const [which = -1] = await reader.take(1)
        assert.deepEqual(await reader.take(1000), message(which, 1000))
        assert.equal((await reader.end).type, 'ended')
        seen.add(which)
      }
      assert.equal(seen.size, 200)
    },
  },
]
