/** @module test/identity/crypto-oracle — Our provider (libsodium) and an independent implementation (@noble) agree on random input. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { blake2b } from '@noble/hashes/blake2.js'
import { crypto } from '../../src/identity/crypto/node.ts'
import { seededRandom } from '../../src/random.ts'

const random = seededRandom(20)
const rounds = Array.from({ length: 12 }, (_, i) => ({ seed: random.bytes(32), message: random.bytes(i * i * 7) }))
const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex')

test('BLAKE2b of pieces is that of the whole', () => {
  for (const { seed, message } of rounds) {
    const whole = new Uint8Array([...seed, ...message])
    for (const dkLen of [16, 32, 64])
      assert.equal(hex(crypto.blake2b(dkLen, seed, message)), hex(blake2b(whole, { dkLen })))
  }
})

test('Ed25519: the same keys and signatures, and each verifies what the other signed', () => {
  for (const { seed, message } of rounds) {
    const { publicKey, secretKey } = crypto.ed25519KeyPair(seed)
    assert.equal(hex(publicKey), hex(ed25519.getPublicKey(seed)))
    const signature = crypto.ed25519Sign(message, secretKey)
    assert.equal(hex(signature), hex(ed25519.sign(message, seed)))
    assert.ok(ed25519.verify(signature, message, publicKey))
    const wrong = signature.slice()
    wrong[random.below(64)]! ^= 1 << random.below(8)
    assert.equal(crypto.ed25519Verify(message, wrong, publicKey), false)
  }
})

test('X25519: the same keys and secrets', () => {
  for (const { seed } of rounds) {
    const other = random.bytes(32)
    const { publicKey } = crypto.x25519KeyPair(other)
    assert.equal(hex(publicKey), hex(x25519.getPublicKey(other)))
    assert.equal(hex(crypto.x25519(seed, publicKey)), hex(x25519.getSharedSecret(seed, publicKey)))
  }
})

test('ChaCha20-Poly1305: the same sealed bytes', () => {
  for (const { seed: key, message } of rounds) {
    const [nonce, ad] = [random.bytes(12), random.bytes(20)]
    const sealed = new Uint8Array(message.length + 16)
    assert.equal(crypto.seal(key, nonce, ad, message, sealed, 0), sealed.length)
    assert.equal(hex(sealed), hex(chacha20poly1305(key, nonce, ad).encrypt(message)))
    assert.equal(hex(crypto.open(key, nonce, ad, sealed)), hex(message))
  }
})
