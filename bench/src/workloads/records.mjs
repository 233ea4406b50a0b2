/**
 * Bytes through one direction of a connection without the socket: messages into sealed records in slabs, and back. Subjects: `mydht` (record
 * writer and reader over the noise shadow) and `cipher` (only the sealing and opening of the same bytes in the same records).
 * 128 bytes: `request`s, flushed every 13 000 bytes. 65 408 bytes: chunks of an attachment, one a slab. Looks inside MyDHT.
 */
import { createBinary } from '../../../packages/mydht/dist/src/encodings/binary.js'
import { crypto } from '../../../packages/mydht/dist/src/identity/crypto/node.js'
import { createOpener, createSealer } from '../../../packages/mydht/dist/src/shadows/noise/records.js'
import { createRecordReader } from '../../../packages/mydht/dist/src/wire/record-reader.js'
import { createRecordWriter } from '../../../packages/mydht/dist/src/wire/record-writer.js'
import { slabs } from '../../../packages/mydht/dist/src/wire/slab.js'
import { ratePerSecond } from '../loop.mjs'

const flushBytes = 13_000
const maxMessageBytes = 1_048_576
const rekeyAfterRecords = 1_048_576

export const subjects = ['mydht', 'cipher']

export function variants({ seconds }) {
  return [128, 65_408].map((bytes) => ({ bytes, seconds: seconds / 4 }))
}

export function warmUp(variant) {
  return variant
}

/** One direction, both ends. */
export async function open(subject) {
  const make = subject === 'mydht' ? throughRecords : throughCipher
  return {
    run: async ({ bytes, seconds }) => [
      { unit: 'MB/s', value: (ratePerSecond(make(bytes), seconds, 16) * perCall(bytes)) / 1e6, settings: { bytes } },
    ],
    close: async () => {},
  }
}

/** Bytes of bodies that one call of the measured function carries: a flush full of small messages, or one chunk. */
function perCall(bytes) {
  return messagesOf(bytes) * bytes
}

function messagesOf(bytes) {
  return Math.max(1, Math.floor(flushBytes / bytes))
}

function direction() {
  const options = { rekeyAfterRecords }
  const secret = () => new Uint8Array(32).fill(9)
  return { sealer: createSealer(crypto, secret(), options), opener: createOpener(crypto, secret(), options) }
}

function throughRecords(bytes) {
  const { sealer, opener } = direction()
  const encoding = createBinary()
  const reader = createRecordReader({ decoder: encoding, opener, maxMessageBytes })
  let read = 0
  const onSlab = (sealed, slab) => {
    const { messages, failure } = reader.push(sealed)
    if (failure !== undefined) throw new Error(`what was written does not read: ${failure.code}`)
    read += messages.length
    slabs.give(slab)
    return true
  }
  const writer = createRecordWriter({ encoder: encoding, sealer, slabs, onSlab })
  writer.limit(maxMessageBytes)
  const body = new Uint8Array(bytes).fill(7)
  const count = messagesOf(bytes)
  const message =
    count === 1
      ? { type: 'chunk', app: 'bulk', stream: 1, bytes: body }
      : { type: 'request', app: 'touch', id: 1, body }
  return () => {
    const before = read
    for (let i = 0; i < count; i++) writer.write(message)
    writer.flush()
    if (read - before !== count) throw new Error(`${count} messages were written, ${read - before} read`)
  }
}

function throughCipher(bytes) {
  const { sealer, opener } = direction()
  const size = perCall(bytes)
  const plain = new Uint8Array(size).fill(7)
  const sealed = new Uint8Array(size + sealer.overhead)
  return () => {
    const end = sealer.seal(plain, sealed, 0)
    if (opener.open(sealed.subarray(0, end)) === undefined) throw new Error('what was sealed does not open')
  }
}
