/** @module test/peers/crossing.test — the services of connections and the auth service as bytes and back. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { binary } from '../../src/encodings/binary.ts'
import { authService, type AuthCommand, type AuthEvent, type AuthInit } from '../../src/peers/auth-service.ts'
import { read, type ReadCommand, type ReadEvent, type ReadInit } from '../../src/peers/read-service.ts'
import { ciphersOnly } from '../../src/peers/record-ciphers.ts'
import {
  write,
  writeWith,
  type Unwritten,
  type WriteCommand,
  type WriteEvent,
  type WriteInit,
} from '../../src/peers/write-service.ts'
import { load } from '../../src/part.ts'
import { seededRandom } from '../../src/random.ts'
import { plain } from '../../src/service/plain.ts'
import { noise } from '../../src/shadows/noise.ts'
import { secret } from '../../src/shadows/secret.ts'
import type { ShadowPart } from '../../src/shadows/shadow.ts'
import { crossingSuite } from '../../src/testing/crossing-suite.ts'
import { sampleMessages } from '../../src/testing/sample-messages.ts'
import { createSlabPool } from '../../src/wire/slab.ts'
import { samplePeer } from '../helpers/app-samples.ts'

/** A blueprint as it arrives elsewhere. */
const arrived = (shadow: ShadowPart): ShadowPart => plain<ShadowPart>().decode(plain<ShadowPart>().encode(shadow))
const common = () => ({ shadow: arrived(noise()), encoding: { ...binary() }, secret: new Uint8Array(32).fill(5) })
const messages = sampleMessages(28, seededRandom(1))
const reasons = ['too-long', 'full', 'offline'] as const

const peer = samplePeer(seededRandom(1))

const readInit = (): ReadInit => {
  const { encoding, ...others } = common()
  const { module, export: name, options } = encoding
  return {
    ...others,
    peer,
    encoding: { module, export: name, options },
    maxMessageBytes: 70_000,
    rest: Uint8Array.of(1, 2),
  }
}
const writeInit = (): WriteInit => {
  const { secret: key, shadow, encoding } = readInit()
  return { secret: key, shadow, encoding, flushBytes: 13_000, maxWaitingMessages: undefined }
}

crossingSuite<ReadInit, ReadCommand, ReadEvent>({
  test,
  definition: read,
  samples: {
    init: () => [readInit()],
    command: () => [
      { type: 'bytes', bytes: new Uint8Array(65_536).fill(1) },
      { type: 'bytes', bytes: new Uint8Array(0) },
      { type: 'eof', lost: true },
      { type: 'eof', lost: false },
    ],
    event: () => [
      { type: 'messages', from: peer, messages },
      ...messages.map((message): ReadEvent => ({ type: 'messages', from: peer, messages: [message] })),
      { type: 'ended', code: '' },
      { type: 'failed', code: 'MYDHT_TRUNCATED', detail: 'a sentence' },
    ],
  },
})

crossingSuite<WriteInit, WriteCommand, WriteEvent, Unwritten>({
  test,
  definition: write,
  samples: {
    init: () => [writeInit()],
    command: () => [
      ...messages.map((message) => ({ type: 'message' as const, message })),
      { type: 'messages', messages },
      { type: 'messages', messages: [] },
      { type: 'limit', maxMessageBytes: 0xffff_ffff },
      { type: 'end', code: 'x' },
      { type: 'turn' },
    ],
    event: () => [
      { type: 'bytes', bytes: Uint8Array.of(1, 2, 3), slab: undefined },
      ...messages.flatMap((message) => reasons.map((reason): WriteEvent => ({ type: 'undelivered', message, reason }))),
      { type: 'ended' },
    ],
    saved: () => [messages, []],
  },
})

test('a slab is back in its pool once its bytes are on their way, and not before', () => {
  const pool = createSlabPool()
  const { event } = writeWith(pool).crossing
  const slab = pool.take()
  slab.fill(7, 0, 10)
  const said: WriteEvent = { type: 'bytes', bytes: slab.subarray(0, 10), slab }
  assert.equal(event.encodeInto?.(said, new Uint8Array(8), 0), undefined)
  assert.equal(pool.free, 0)
  const bytes = event.encode(said)
  assert.equal(pool.free, 1)
  slab.fill(0)
  assert.deepEqual(event.decode(bytes), { type: 'bytes', bytes: new Uint8Array(10).fill(7), slab: undefined })
})

test('the secret of a read or write service is moved: zeros stay', () => {
  const forReading = readInit()
  const bytes = read.crossing.init.encode(forReading)
  assert.deepEqual(forReading.secret, new Uint8Array(32))
  assert.deepEqual(read.crossing.init.decode(bytes).secret, new Uint8Array(32).fill(5))
  const forWriting = writeInit()
  write.crossing.init.encode(forWriting)
  assert.deepEqual(forWriting.secret, new Uint8Array(32))
})

const random = seededRandom(2)
const id = samplePeer(random).id
const addresses = ['tcp://10.0.0.1:1', 'tcp://10.0.0.2:2']
const begin = { type: 'begin', link: 3, duplex: true, remoteHost: '10.0.0.1' } as const
const authCommands: readonly AuthCommand[] = [
  { type: 'addresses', addresses, clientOnly: false },
  { ...begin, role: 'initiator', expected: id, probe: true, deadlineMs: 5 },
  { ...begin, role: 'responder', expected: undefined, returnAddress: 'tcp://10.0.0.1:1' },
  { type: 'bytes', link: 3, bytes: random.bytes(100) },
  { type: 'return-open', link: 3 },
  { type: 'ended', link: 3, lost: true },
  { type: 'drop', link: 3 },
  { type: 'sign', ticket: 9, context: 'kv record', fields: [random.bytes(3)] },
  { type: 'tick' },
  { type: 'judged', link: 3, judgement: { accepted: true, priority: 4, code: '' } },
]
const authEvents = (): AuthEvent[] => [
  { type: 'self', id, record: Uint8Array.of(1) },
  { type: 'write', link: 1, bytes: Uint8Array.of(2) },
  {
    type: 'proven',
    link: 1,
    id,
    record: Uint8Array.of(3),
    send: new Uint8Array(32).fill(1),
    receive: new Uint8Array(32).fill(2),
    consumed: 300,
  },
  { type: 'verdict', link: 1, accepted: false, priority: 0, code: 'no' },
  { type: 'probed', link: 1, id, record: Uint8Array.of(6) },
  { type: 'failed', link: 1, code: 'MYDHT_TIMEOUT', detail: 'd', looked: true },
  { type: 'failed', link: 1, code: 'MYDHT_TIMEOUT', detail: 'd' },
  { type: 'need-return', link: 1, address: 'tcp://10.0.0.1:1', proof: Uint8Array.of(4) },
  { type: 'joined', link: 1, to: 2, consumed: 3 },
  { type: 'signed', ticket: 4, signature: Uint8Array.of(5) },
]
const authInit = (): AuthInit => {
  const { shadow, encoding } = readInit()
  const accept = { module: 'file:///x.js', export: 'accept', options: { list: [id] } }
  const seed = new Uint8Array(32).fill(8)
  return {
    seed,
    network: 'n',
    mode: 'private',
    shadow,
    encoding,
    accept,
    limits: { acceptMs: 3 },
    lastSequence: 2 ** 40,
  }
}

crossingSuite<AuthInit, AuthCommand, AuthEvent>({
  test,
  definition: authService,
  samples: {
    init: () => [authInit(), { ...authInit(), accept: undefined, limits: undefined }],
    command: () => authCommands,
    event: authEvents,
  },
})

test('the seed is moved: whoever sent it keeps zeros', () => {
  const init = authInit()
  const arrives = authService.crossing.init.decode(authService.crossing.init.encode(init))
  assert.deepEqual([init.seed[0], arrives.seed[0]], [0, 8])
})

test('the secrets of a proven connection are moved: the auth service keeps zeros', () => {
  for (const event of authEvents()) {
    if (event.type !== 'proven') continue
    const arrives = authService.crossing.event.decode(authService.crossing.event.encode(event))
    assert.ok(arrives.type === 'proven')
    assert.deepEqual([event.send[0], event.receive[0], arrives.send[0], arrives.receive[0]], [0, 0, 1, 2])
  }
})

test('blueprints of one shadow that came apart share their ciphers, those of another do not', async () => {
  const key = new Uint8Array(32).fill(1)
  const other = new Uint8Array(32).fill(2)
  const one = ciphersOnly(await load(arrived(secret({ key }))))
  assert.equal(ciphersOnly(await load(arrived(secret({ key })))), one)
  assert.notEqual(ciphersOnly(await load(arrived(secret({ key: other })))), one)
})
