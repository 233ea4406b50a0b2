/**
 * @module identity/crypto/provider
 * The contract of a crypto provider. One file per platform implements it and is chosen by the package's `#crypto` import condition.
 * All providers pass the same conformance suite and the same vectors.
 */

/** A key pair: 32 bytes each, except the Ed25519 secret key, which is `seed | public key`, 64 bytes. */
export interface KeyPair {
  readonly publicKey: Uint8Array
  readonly secretKey: Uint8Array
}

/** Primitives. Arguments of a wrong length are a programmer's mistake: TypeError. Hostile values are `false` or `undefined`, never a throw. */
export interface CryptoProvider {
  readonly name: string
  randomBytes(length: number): Uint8Array

  /** BLAKE2b (RFC 7693), unkeyed, `length` 16 to 64 bytes of output (libsodium has no shorter one) over the concatenation of `inputs`. */
  blake2b(length: number, ...inputs: readonly Uint8Array[]): Uint8Array
  /** BLAKE2b that takes its input bit by bit, for files. */
  blake2bStream(length: number): { update(bytes: Uint8Array): void; digest(): Uint8Array }

  /** Ed25519 (RFC 8032) from a seed of 32 bytes. */
  ed25519KeyPair(seed: Uint8Array): KeyPair
  ed25519Sign(message: Uint8Array, secretKey: Uint8Array): Uint8Array
  /** False for a wrong signature, and for small-order or non-canonical keys, points and scalars. */
  ed25519Verify(message: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean
  /** Whether 32 bytes are a canonical point of the curve's prime-order group (so not of small or mixed order): what a PeerId must be. */
  ed25519IsValidPublicKey(publicKey: Uint8Array): boolean

  /** X25519 (RFC 7748) key pair from a seed of 32 bytes (the clamped secret). */
  x25519KeyPair(secret: Uint8Array): KeyPair
  /** The shared secret; undefined for a small-order or non-canonical (u >= 2^255 - 19, or high bit set) public key. */
  x25519(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array | undefined

  /**
   * ChaCha20-Poly1305 (RFC 8439). Writes ciphertext and tag of 16 bytes to `target` from `at`, returns the end.
   * `source` and `target` may be the same memory at the same place (in place). `nonce` is 12 bytes, `key` 32.
   */
  seal(
    key: Uint8Array,
    nonce: Uint8Array,
    ad: Uint8Array | undefined,
    source: Uint8Array,
    target: Uint8Array,
    at: number
  ): number
  /** Opens in place: `sealed` is ciphertext | tag; gives the plaintext as a view of it, or undefined when it does not verify. */
  open(key: Uint8Array, nonce: Uint8Array, ad: Uint8Array | undefined, sealed: Uint8Array): Uint8Array | undefined

  /** Argon2id (RFC 9106) of a passphrase: 32 bytes. `memoryBytes` and `passes` as libsodium's opslimit/memlimit; salt 16 bytes. */
  argon2id(passphrase: Uint8Array, salt: Uint8Array, passes: number, memoryBytes: number): Uint8Array

  /** Compares in constant time; different lengths are different. */
  equal(a: Uint8Array, b: Uint8Array): boolean
}
