import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { peerKey } from '../../src/identity/peer-key.ts'
import { peerIdFromBytes } from '../../src/identity/peer-id.ts'
import { seededRandom } from '../../src/random.ts'
import { compareDistance, keyBits, keySharing, sharedBits } from '../../src/routes/xor.ts'

const key = fc.uint8Array({ minLength: 32, maxLength: 32 })
const distance = (a: Uint8Array, b: Uint8Array): bigint =>
  a.reduce((sum, byte, i) => (sum << 8n) | BigInt(byte ^ (b[i] ?? 0)), 0n)

test('distances compare as the numbers that they are', () => {
  fc.assert(
    fc.property(key, key, key, fc.nat(31), (target, a, b, same) => {
      b.set(a.subarray(0, same))
      const order = distance(target, a) - distance(target, b)
      assert.equal(Math.sign(compareDistance(target, a, b)), order < 0n ? -1 : order > 0n ? 1 : 0)
    })
  )
})

test('shared bits are the leading bits that two keys have in common', () => {
  fc.assert(
    fc.property(key, key, fc.nat(255), (a, noise, bits) => {
      const b = keySharing(a, bits, { ...seededRandom(1), bytes: () => noise.slice() })
      assert.equal(sharedBits(a, b), bits)
      const apart = distance(a, b)
      assert.equal(apart >> BigInt(keyBits - 1 - bits), 1n)
    })
  )
  assert.equal(sharedBits(new Uint8Array(32), new Uint8Array(32)), 256)
})

test('a peer key is the hash that the protocol names', () => {
  const id = peerIdFromBytes(new Uint8Array(32).fill(1))
  // Of Python's hashlib: blake2b(b'mydht/1 peer key' + b'\x01' * 32, digest_size=32).
  assert.equal(
    Buffer.from(peerKey(id)).toString('hex'),
    '1f9503f7967e26e3d441cc3f06d02c455a3203cce65cfc34a4fd1de8cad81ad3'
  )
})
