/** @module test/peers/connection — how much memory the bytes of many connections take until they are sent. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createConnection, pumpOut, type ConnectionStart, type PumpParts } from '../../src/peers/connection.ts'
import type { WriteEvent } from '../../src/peers/write-service.ts'
import type { Destination } from '../../src/service/handle.ts'
import type { WriteStream } from '../../src/transports/transport.ts'
import { defaultMaxFreeSlabs, maxCopiedBytes } from '../../src/wire/defaults.ts'
import { slabs } from '../../src/wire/slab.ts'

const parts: PumpParts = {
  nowMs: () => 0,
  maxSlabs: 4,
  maxEarlyBytes: 0,
  handshakeBytes: () => true,
  readEnded: () => {},
  overrun: () => {},
  writeEvent: () => {},
}

const start: Omit<ConnectionStart, 'write'> = {
  id: 1,
  incoming: true,
  remoteHost: '',
  dialled: undefined,
  probe: false,
  expected: undefined,
  read: undefined,
  nowMs: 0,
  release: () => {},
}

interface Sockets {
  /** What each write was given, in order. */
  readonly written: Uint8Array[]
  /** A new connection whose socket takes bytes and does not say that they are sent. */
  readonly open: () => Destination<WriteEvent>
  /** Everything is sent. */
  readonly send: () => void
}

function sockets(): Sockets {
  const written: Uint8Array[] = []
  const waiting: ((sent: boolean) => void)[] = []
  const write: WriteStream = {
    write: (bytes, onSent) => {
      written.push(bytes)
      waiting.push(onSent)
    },
    end: () => {},
    close: () => {},
    onClosed: () => {},
  }
  return {
    written,
    open: () => pumpOut(createConnection({ ...start, write }), parts),
    send: () => {
      for (const onSent of waiting.splice(0)) onSent(true)
    },
  }
}

/** A slab whose first `length` bytes are `value`. */
function filled(length: number, value: number): { readonly event: WriteEvent; readonly slab: Uint8Array } {
  const slab = slabs.take()
  const bytes = slab.subarray(0, length).fill(value)
  return { event: { type: 'bytes', bytes, slab }, slab }
}

test('a word to each of very many connections takes few slabs, and arrives as it was written', () => {
  const { written, open, send } = sockets()
  const used = new Set<Uint8Array>()
  for (let i = 0; i < 20 * defaultMaxFreeSlabs; i++) {
    const { event, slab } = filled(30, i % 251)
    used.add(slab)
    assert.equal(open().send(event), true)
  }
  assert.equal(used.size, defaultMaxFreeSlabs + 1)
  for (const [i, bytes] of written.entries()) assert.deepEqual(bytes, new Uint8Array(30).fill(i % 251))
  send()
  assert.equal(slabs.free, defaultMaxFreeSlabs)
  const { event } = filled(30, 1)
  open().send(event)
  assert.equal(written.at(-1)?.buffer.byteLength, slabs.slabBytes, 'with slabs to spare nothing is copied')
  send()
})

test('where slabs are scarce what is long leaves in its own', () => {
  const { written, open, send } = sockets()
  for (let i = 0; i < defaultMaxFreeSlabs; i++) open().send(filled(1, 1).event)
  open().send(filled(maxCopiedBytes, 2).event)
  open().send(filled(maxCopiedBytes + 1, 3).event)
  assert.deepEqual(
    written.slice(-2).map(({ buffer }) => buffer.byteLength),
    [maxCopiedBytes, slabs.slabBytes]
  )
  send()
  assert.equal(slabs.free, defaultMaxFreeSlabs)
})

test('bytes of another thread, which come without a slab, are neither copied nor counted', () => {
  const { written, open, send } = sockets()
  const theirs = new Uint8Array(30)
  for (let i = 0; i < 2 * defaultMaxFreeSlabs; i++) open().send({ type: 'bytes', bytes: theirs, slab: undefined })
  assert.ok(written.every((bytes) => bytes === theirs))
  const { event } = filled(30, 1)
  open().send(event)
  assert.equal(written.at(-1)?.buffer.byteLength, slabs.slabBytes)
  send()
})

test('what a closed connection is asked to send lends nothing, however often', () => {
  const { written, open, send } = sockets()
  const closed = pumpOut(createConnection({ ...start, write: undefined }), parts)
  for (let i = 0; i < 2 * defaultMaxFreeSlabs; i++) assert.equal(closed.send(filled(5, 1).event), true)
  open().send(filled(5, 1).event)
  assert.equal(written.at(-1)?.buffer.byteLength, slabs.slabBytes)
  send()
})
