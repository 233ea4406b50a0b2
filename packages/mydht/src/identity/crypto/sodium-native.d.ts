/**
 * @module identity/crypto/sodium-native
 * Types of the few functions of sodium-native 5.1.0 that `node.ts` uses; the package brings none. Not a description of the whole package.
 */
declare module 'sodium-native' {
  interface Sodium {
    readonly crypto_generichash_STATEBYTES: number
    readonly crypto_pwhash_ALG_ARGON2ID13: number
    randombytes_buf(target: Uint8Array): void
    sodium_memcmp(a: Uint8Array, b: Uint8Array): boolean
    crypto_generichash_batch(target: Uint8Array, inputs: readonly Uint8Array[]): void
    crypto_generichash_init(state: Uint8Array, key: null, length: number): void
    crypto_generichash_update(state: Uint8Array, bytes: Uint8Array): void
    crypto_generichash_final(state: Uint8Array, target: Uint8Array): void
    crypto_sign_seed_keypair(publicKey: Uint8Array, secretKey: Uint8Array, seed: Uint8Array): void
    crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secretKey: Uint8Array): void
    /** Gives undefined, not an error, for memory it cannot read (a SharedArrayBuffer). */
    crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean | undefined
    crypto_core_ed25519_is_valid_point(point: Uint8Array): boolean
    crypto_scalarmult_base(publicKey: Uint8Array, secret: Uint8Array): void
    /** Throws when the product is zero: a point of small order. */
    crypto_scalarmult(product: Uint8Array, secret: Uint8Array, publicKey: Uint8Array): void
    crypto_aead_chacha20poly1305_ietf_encrypt_detached(
      ciphertext: Uint8Array,
      tag: Uint8Array,
      plaintext: Uint8Array,
      ad: Uint8Array | undefined,
      secretNonce: null,
      nonce: Uint8Array,
      key: Uint8Array
    ): void
    /** Throws when the tag is wrong. */
    crypto_aead_chacha20poly1305_ietf_decrypt_detached(
      plaintext: Uint8Array,
      secretNonce: null,
      ciphertext: Uint8Array,
      tag: Uint8Array,
      ad: Uint8Array | undefined,
      nonce: Uint8Array,
      key: Uint8Array
    ): void
    crypto_pwhash(
      target: Uint8Array,
      passphrase: Uint8Array,
      salt: Uint8Array,
      passes: number,
      memoryBytes: number,
      algorithm: number
    ): void
  }
  const sodium: Sodium
  export default sodium
}
