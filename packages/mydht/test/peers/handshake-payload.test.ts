import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8Bytes } from '../../src/bytes.ts'
import {
  identityPayload,
  readIdentityPayload,
  readReturnAddress,
  type SignedHandshake,
} from '../../src/peers/handshake-payload.ts'
import { end, nowMs } from './rig.ts'

const a = end({ seed: 1 })
const b = end({ seed: 2 })
const signed: SignedHandshake = {
  shadow: 'noise',
  role: 'initiator',
  staticKey: new Uint8Array(32).fill(1),
  other: b.identity.id,
  binding: new Uint8Array(64).fill(2),
}
const payload = identityPayload(a.identity, a.record, signed)
const code = (bytes: Uint8Array, expected: SignedHandshake, network = a.identity.network): string => {
  const read = readIdentityPayload(bytes, network, expected, nowMs)
  return read.ok ? read.id : read.code
}

test('a payload is the PeerId, its record behind its length, and a signature', () => {
  assert.deepEqual(payload.slice(0, 32), a.identity.publicKey)
  assert.equal(((payload[32] ?? 0) << 8) | (payload[33] ?? 0), a.record.length)
  assert.deepEqual(payload.slice(34, -64), a.record)
  assert.equal(code(payload, signed), a.identity.id)
})

const changes: readonly (readonly [string, Partial<SignedHandshake>])[] = [
  ['shadow', { shadow: 'none' }],
  ['role (a reflected message)', { role: 'responder' }],
  ['static key (a relay between two handshakes)', { staticKey: new Uint8Array(32).fill(3) }],
  ['other peer (a guest passed on)', { other: a.identity.id }],
  ['other peer, none', { other: undefined }],
  ['handshake (a replay)', { binding: new Uint8Array(64).fill(4) }],
  ['boundary between fields', { shadow: 'nois', role: 'initiator', staticKey: utf8Bytes('e') }],
]
for (const [what, change] of changes) {
  test(`a signature for another ${what} is refused`, () => {
    assert.equal(code(payload, { ...signed, ...change }), 'MYDHT_BAD_SIGNATURE')
  })
}

test('a signature for another network is refused', () => {
  assert.equal(code(payload, signed, 'another'), 'MYDHT_BAD_SIGNATURE')
})

test('payloads that are cut, grown, or lie about their length are malformed, and never throw', () => {
  for (let length = 0; length < payload.length; length++)
    assert.equal(code(payload.slice(0, length), signed), 'MYDHT_BAD_MESSAGE')
  assert.equal(code(new Uint8Array([...payload, 0]), signed), 'MYDHT_BAD_MESSAGE')
  assert.equal(code(payload.with(32, 255), signed), 'MYDHT_BAD_MESSAGE')
})

test('a key of small order proves nothing', () => {
  // The identity element with a signature that would verify for it under a lax check: R = identity, S = 0.
  const forged = payload.slice()
  forged.fill(0, 0, 32)
  forged[0] = 1
  forged.fill(0, payload.length - 64)
  forged[payload.length - 64] = 1
  assert.equal(code(forged, signed), 'MYDHT_BAD_SIGNATURE')
})

test('a return address is an address of at most 255 bytes in its one form', () => {
  assert.equal(readReturnAddress(utf8Bytes('tcp://10.0.0.1:4000')), 'tcp://10.0.0.1:4000')
  for (const text of ['', 'here', `tcp://${'a'.repeat(250)}:1`, 'tcp://10.0.0.1:0', '\u0000'])
    assert.equal(readReturnAddress(utf8Bytes(text)), undefined, text)
  assert.equal(readReturnAddress(Uint8Array.of(255, 254)), undefined)
})
