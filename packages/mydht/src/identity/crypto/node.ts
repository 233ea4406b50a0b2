/**
 * @module identity/crypto/node
 * The crypto provider for Node: libsodium through sodium-native. Adds the refusals that libsodium leaves out, and turns its throws on
 * hostile values into `false` and `undefined`. Not here: what is signed or sealed, and when.
 */
import sodium from 'sodium-native'
import type { CryptoProvider } from './provider.ts'
import { MyDhtError } from '../../errors.ts'
import { isBelowFieldPrime, isCanonicalU, need } from './checks.ts'

const tagBytes = 16

/** libsodium, as a crypto provider. It is the package import `#crypto` on Node. */
export const crypto: CryptoProvider = {
  name: 'sodium-native',

  randomBytes(length) {
    const bytes = new Uint8Array(length)
    if (length > 0) sodium.randombytes_buf(bytes)
    return bytes
  },

  blake2b(length, ...inputs) {
    const digest = digestOf(length)
    sodium.crypto_generichash_batch(digest, inputs)
    return digest
  },

  blake2bStream(length) {
    const digest = digestOf(length)
    const state = new Uint8Array(sodium.crypto_generichash_STATEBYTES)
    sodium.crypto_generichash_init(state, null, length)
    let done = false
    const running = (): void => {
      if (done) throw new TypeError('this BLAKE2b stream has already given its digest: make a new one')
    }
    return {
      update(bytes) {
        running()
        if (bytes.length > 0) sodium.crypto_generichash_update(state, unshared(bytes))
      },
      digest() {
        running()
        done = true
        sodium.crypto_generichash_final(state, digest)
        return digest
      },
    }
  },

  ed25519KeyPair(seed) {
    need(seed, 32, 'an Ed25519 seed')
    const publicKey = new Uint8Array(32)
    const secretKey = new Uint8Array(64)
    sodium.crypto_sign_seed_keypair(publicKey, secretKey, seed)
    return { publicKey, secretKey }
  },

  ed25519Sign(message, secretKey) {
    need(secretKey, 64, 'an Ed25519 secret key')
    const signature = new Uint8Array(64)
    sodium.crypto_sign_detached(signature, message, secretKey)
    return signature
  },

  ed25519Verify(message, signature, publicKey) {
    need(signature, 64, 'an Ed25519 signature')
    need(publicKey, 32, 'an Ed25519 public key')
    // libsodium checks the scalar, the key, and small order; whether it also checks the encoding of R differs between its versions.
    if (!isBelowFieldPrime(signature)) return false
    return sodium.crypto_sign_verify_detached(unshared(signature), unshared(message), unshared(publicKey)) === true
  },

  ed25519IsValidPublicKey(publicKey) {
    need(publicKey, 32, 'an Ed25519 public key')
    return sodium.crypto_core_ed25519_is_valid_point(publicKey)
  },

  x25519KeyPair(secret) {
    need(secret, 32, 'an X25519 secret')
    const publicKey = new Uint8Array(32)
    // Not slice: on a Buffer that is a view, and clamping would change the caller's bytes.
    const secretKey = new Uint8Array(secret)
    // Clamped (RFC 7748, section 5) here too, so that every provider gives the same bytes.
    secretKey[0] = (secretKey[0] ?? 0) & 248
    secretKey[31] = ((secretKey[31] ?? 0) & 127) | 64
    sodium.crypto_scalarmult_base(publicKey, secretKey)
    return { publicKey, secretKey }
  },

  x25519(secretKey, publicKey) {
    need(secretKey, 32, 'an X25519 secret key')
    need(publicKey, 32, 'an X25519 public key')
    if (!isCanonicalU(publicKey)) return undefined
    const shared = new Uint8Array(32)
    try {
      sodium.crypto_scalarmult(shared, secretKey, publicKey)
    } catch {
      return undefined
    }
    return shared
  },

  seal(key, nonce, ad, source, target, at) {
    const end = at + source.length
    // subarray clamps silently: without this check a tag that does not fit would be lost.
    if (!(at >= 0 && end + tagBytes <= target.length)) {
      throw new TypeError(
        `sealing ${source.length} bytes at ${at} needs ${end + tagBytes}, the target has ${target.length}`
      )
    }
    need(key, 32, 'a ChaCha20-Poly1305 key')
    need(nonce, 12, 'a ChaCha20-Poly1305 nonce')
    const ciphertext = target.subarray(at, end)
    const tag = target.subarray(end, end + tagBytes)
    sodium.crypto_aead_chacha20poly1305_ietf_encrypt_detached(ciphertext, tag, source, ad, null, nonce, key)
    return end + tagBytes
  },

  open(key, nonce, ad, sealed) {
    need(key, 32, 'a ChaCha20-Poly1305 key')
    need(nonce, 12, 'a ChaCha20-Poly1305 nonce')
    const length = sealed.length - tagBytes
    if (length < 0) return undefined
    const text = sealed.subarray(0, length)
    try {
      sodium.crypto_aead_chacha20poly1305_ietf_decrypt_detached(
        text,
        null,
        text,
        sealed.subarray(length),
        ad,
        nonce,
        key
      )
    } catch {
      return undefined
    }
    return text
  },

  argon2id(passphrase, salt, passes, memoryBytes) {
    need(salt, 16, 'an Argon2id salt')
    if (!Number.isSafeInteger(passes) || passes < 1)
      throw new TypeError(`Argon2id needs at least 1 pass, got ${passes}`)
    if (!Number.isSafeInteger(memoryBytes) || memoryBytes < 8192) {
      throw new TypeError(`Argon2id needs at least 8192 bytes of memory, got ${memoryBytes}`)
    }
    const key = new Uint8Array(32)
    try {
      sodium.crypto_pwhash(key, passphrase, salt, passes, memoryBytes, sodium.crypto_pwhash_ALG_ARGON2ID13)
    } catch (error) {
      const advice = 'give the process more memory, or agree on less for the whole network'
      throw new MyDhtError('MYDHT_BAD_CONFIG', `Argon2id could not use ${memoryBytes} bytes of memory: ${advice}`, {
        cause: error,
      })
    }
    return key
  },

  equal(a, b) {
    if (a.length !== b.length) return false
    return a.length === 0 || sodium.sodium_memcmp(a, b)
  },
}

function digestOf(length: number): Uint8Array {
  // libsodium's shortest: it has no BLAKE2b below 16 bytes, where collisions would be cheap anyway.
  if (!Number.isInteger(length) || length < 16 || length > 64) {
    throw new TypeError(`a BLAKE2b digest has 16 to 64 bytes, not ${length}`)
  }
  return new Uint8Array(length)
}

/** A few functions of the binding take the ArrayBuffer itself and silently do nothing on a shared one. */
function unshared(bytes: Uint8Array): Uint8Array {
  return bytes.buffer instanceof ArrayBuffer ? bytes : new Uint8Array(bytes)
}
