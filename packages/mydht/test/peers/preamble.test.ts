import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  encodePreamble,
  maxPreambleBytes,
  networkTag,
  parsePreamble,
  type PreambleFacts,
} from '../../src/peers/preamble.ts'
import { encodeRefusal, readRefusal } from '../../src/peers/refusal.ts'
import { seededRandom } from '../../src/random.ts'

const ours: PreambleFacts = { shadowId: 1, encodingId: 2, mode: 'private', networkTag: networkTag('mydht') }
const hidden: PreambleFacts = { ...ours, shadowId: 2, networkTag: undefined }
const proof = new Uint8Array(32).fill(9)
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

// Digests computed with Python's hashlib.
test('the bytes of a preamble are those of docs/PROTOCOL.md', () => {
  assert.equal(hex(networkTag('mydht')), 'ef99dbf281aac400')
  assert.equal(hex(encodePreamble(ours)), `4d794448 01 00 01 02 01 ${hex(networkTag('mydht'))}`.replaceAll(' ', ''))
  assert.equal(hex(encodePreamble(hidden)), '4d7944480100020201')
  assert.equal(hex(encodePreamble(hidden, proof)), `4d7944480101020201${'09'.repeat(32)}`)
  assert.equal(encodePreamble(ours, proof).length, maxPreambleBytes)
})

for (const [name, facts] of Object.entries({ ours, hidden })) {
  for (const shown of [undefined, proof]) {
    test(`every beginning of a ${shown ? 'return' : 'normal'} preamble (${name}) asks for more, the whole is understood`, () => {
      const bytes = encodePreamble(facts, shown)
      for (let length = 0; length < bytes.length; length++)
        assert.deepEqual(parsePreamble(bytes.subarray(0, length), facts), { type: 'more' })
      const whole = parsePreamble(bytes, facts)
      assert.deepEqual(
        whole,
        shown ? { type: 'return', length: bytes.length, proof } : { type: 'normal', length: bytes.length }
      )
    })
  }
}

test('every changed byte of the fixed part and the tag is refused as soon as it is there, with the code of its place', () => {
  const codes = [
    'PROTOCOL',
    'PROTOCOL',
    'PROTOCOL',
    'PROTOCOL',
    'VERSION',
    'PROTOCOL',
    'SHADOW',
    'ENCODING',
    'MODE',
    ...Array<string>(8).fill('NETWORK'),
  ]
  for (const [at, code] of codes.entries()) {
    const bytes = encodePreamble(ours).with(at, 0xee)
    for (const seen of [bytes.subarray(0, at + 1), bytes]) {
      const parsed = parsePreamble(seen, ours)
      assert.equal(parsed.type === 'refused' && parsed.code, `MYDHT_WRONG_${code}`, `byte ${at}`)
    }
  }
})

test('no random bytes make parsing throw', () => {
  const random = seededRandom(1)
  for (let i = 0; i < 2_000; i++) {
    const bytes = encodePreamble(ours, proof)
    const from = random.below(bytes.length)
    bytes.set(random.bytes(bytes.length - from), from)
    parsePreamble(bytes.subarray(0, random.below(bytes.length + 1)), ours)
  }
})

test('different networks have different tags', () => {
  assert.notDeepEqual(networkTag('a'), networkTag('b'))
})

test('every refusal comes back as the code that it was made of', () => {
  const refusals = [
    'WRONG_PROTOCOL',
    'WRONG_VERSION',
    'WRONG_NETWORK',
    'WRONG_SHADOW',
    'WRONG_ENCODING',
    'WRONG_MODE',
    'LIMIT',
    'BAD_MESSAGE',
  ] as const
  for (const [index, name] of refusals.entries()) {
    const bytes = encodeRefusal(`MYDHT_${name}`)
    assert.deepEqual(bytes, Uint8Array.of(0, 0, index + 1))
    assert.equal(readRefusal(index + 1).code, `MYDHT_${name}`)
  }
  assert.equal(encodeRefusal('MYDHT_SHADOW_FAILED'), undefined)
})
