/**
 * @module testing/crypto-suite
 * What every crypto provider must pass, with the runner and the vectors passed in. The vectors are in the repository, `test/vectors/`,
 * each file with its source.
 */
import assert from 'node:assert/strict'
import type { CryptoProvider } from '../identity/crypto/provider.ts'

/** The vectors, as hexadecimal text. */
export interface CryptoVectors {
  readonly symmetric: {
    readonly blake2b: readonly { readonly inputs: readonly string[]; readonly digest: string }[]
    readonly aead: readonly Readonly<Record<'key' | 'nonce' | 'ad' | 'text' | 'sealed', string>>[]
    readonly argon2id: readonly {
      readonly passphrase: string
      readonly salt: string
      readonly passes: number
      readonly memoryBytes: number
      readonly key: string
    }[]
  }
  readonly ed25519: Readonly<
    Record<'smallOrder' | 'smallOrderNonCanonical' | 'nonCanonical' | 'offCurve' | 'mixedOrder', readonly string[]>
  > & {
    readonly valid: readonly Readonly<Record<'seed' | 'publicKey' | 'message' | 'signature', string>>[]
    readonly refused: readonly Readonly<Record<'message' | 'publicKey' | 'signature', string>>[]
  }
  readonly x25519: Readonly<Record<'smallOrder' | 'nonCanonical' | 'rfcAcceptsWeRefuse', readonly string[]>> & {
    readonly shared: readonly Readonly<Record<'secret' | 'publicKey' | 'shared', string>>[]
  }
}

/** What the suite runs on. `test` is node:test's, or one like it. */
export interface CryptoSuite {
  readonly test: (name: string, run: () => void) => unknown
  readonly provider: CryptoProvider
  readonly vectors: CryptoVectors
}

/** Registers the tests. */
export function cryptoSuite({ test, provider, vectors }: CryptoSuite): void {
  const { symmetric, ed25519, x25519 } = vectors
  const check = (name: string, run: () => void): void => void test(`${provider.name}: ${name}`, run)

  check('random bytes come in the asked number and differ', () => {
    assert.equal(provider.randomBytes(0).length, 0)
    assert.equal(provider.randomBytes(33).length, 33)
    assert.notDeepEqual(provider.randomBytes(32), provider.randomBytes(32))
  })

  check('BLAKE2b gives the digests of its vectors, at once and bit by bit', () => {
    for (const { inputs, digest } of symmetric.blake2b) {
      const expected = bytes(digest)
      assert.deepEqual(provider.blake2b(expected.length, ...inputs.map(bytes)), expected)
      const stream = provider.blake2bStream(expected.length)
      for (const input of inputs) stream.update(bytes(input))
      assert.deepEqual(stream.digest(), expected)
      assert.throws(() => stream.update(expected), TypeError)
      assert.throws(() => stream.digest(), TypeError)
    }
    for (const length of [0, 15, 65, 1.5]) assert.throws(() => provider.blake2b(length), TypeError)
  })

  check('Ed25519 makes and takes the signatures of its vectors', () => {
    for (const { seed, publicKey, message, signature } of ed25519.valid) {
      const pair = provider.ed25519KeyPair(bytes(seed))
      assert.deepEqual(pair.publicKey, bytes(publicKey))
      assert.deepEqual(pair.secretKey, bytes(seed + publicKey))
      assert.deepEqual(provider.ed25519Sign(bytes(message), pair.secretKey), bytes(signature))
      assert.equal(provider.ed25519Verify(bytes(message), bytes(signature), pair.publicKey), true)
      assert.equal(provider.ed25519IsValidPublicKey(pair.publicKey), true)
      assert.equal(provider.ed25519Verify(bytes(`${message}00`), bytes(signature), pair.publicKey), false)
      for (let at = 0; at < 64; at++) {
        const bad = bytes(signature)
        bad[at] = (bad[at] ?? 0) ^ 1
        assert.equal(provider.ed25519Verify(bytes(message), bad, pair.publicKey), false, `signature byte ${at} changed`)
      }
    }
  })

  check('Ed25519 refuses small order, non-canonical encodings and large scalars', () => {
    for (const { message, publicKey, signature } of ed25519.refused) {
      assert.equal(provider.ed25519Verify(bytes(message), bytes(signature), bytes(publicKey)), false, signature)
    }
    const zero = '00'.repeat(32)
    const bad = [...ed25519.smallOrder, ...ed25519.smallOrderNonCanonical, ...ed25519.nonCanonical]
    for (const point of [...bad, ...ed25519.offCurve]) {
      assert.equal(provider.ed25519IsValidPublicKey(bytes(point)), false, point)
      // With A and R of small order and S zero, a careless verifier takes this for about one message in eight.
      for (let message = 0; message < 16; message++) {
        for (const r of [point, ...ed25519.smallOrder]) {
          assert.equal(provider.ed25519Verify(Uint8Array.of(message), bytes(r + zero), bytes(point)), false, point)
        }
      }
    }
    for (const point of ed25519.mixedOrder) assert.equal(provider.ed25519IsValidPublicKey(bytes(point)), false, point)
  })

  check('X25519 gives the products of its vectors, the same on both sides', () => {
    for (const { secret, publicKey, shared } of x25519.shared) {
      assert.deepEqual(provider.x25519(bytes(secret), bytes(publicKey)), bytes(shared))
      const ours = provider.x25519KeyPair(bytes(secret))
      assert.deepEqual(provider.x25519(ours.secretKey, bytes(publicKey)), bytes(shared))
      const theirs = provider.x25519KeyPair(bytes(shared))
      const left = provider.x25519(ours.secretKey, theirs.publicKey)
      assert.deepEqual(left, provider.x25519(theirs.secretKey, ours.publicKey))
    }
  })

  check('X25519 refuses small-order and non-canonical keys', () => {
    const { secretKey } = provider.x25519KeyPair(provider.randomBytes(32))
    for (const key of [...x25519.smallOrder, ...x25519.nonCanonical, ...x25519.rfcAcceptsWeRefuse]) {
      assert.equal(provider.x25519(secretKey, bytes(key)), undefined, key)
    }
  })

  check('sealing gives the vectors, in place and from elsewhere, and opening undoes it', () => {
    for (const { key, nonce, ad, text, sealed } of symmetric.aead) {
      const expected = bytes(sealed)
      const extra = ad === '' ? undefined : bytes(ad)
      const target = new Uint8Array(expected.length + 7).fill(9)
      assert.equal(provider.seal(bytes(key), bytes(nonce), extra, bytes(text), target, 3), 3 + expected.length)
      assert.deepEqual(target.subarray(3, -4), expected)
      assert.deepEqual([...target.subarray(0, 3), ...target.subarray(-4)], [9, 9, 9, 9, 9, 9, 9])
      target.set(bytes(text), 3)
      const inPlace = target.subarray(3, 3 + text.length / 2)
      provider.seal(bytes(key), bytes(nonce), extra, inPlace, target, 3)
      assert.deepEqual(target.subarray(3, -4), expected)
      const opened = provider.open(bytes(key), bytes(nonce), extra, expected)
      assert.deepEqual(opened, bytes(text))
      assert.equal(opened?.buffer, expected.buffer)
    }
  })

  check('opening refuses every changed byte, another nonce or key, other data, and what is too short', () => {
    for (const { key, nonce, ad, sealed } of symmetric.aead) {
      const extra = bytes(ad)
      for (let at = 0; at < sealed.length / 2; at++) {
        const bad = bytes(sealed)
        bad[at] = (bad[at] ?? 0) ^ 128
        assert.equal(provider.open(bytes(key), bytes(nonce), extra, bad), undefined, `byte ${at}`)
      }
      assert.equal(provider.open(bytes(key), new Uint8Array(12), extra, bytes(sealed)), undefined)
      assert.equal(provider.open(new Uint8Array(32), bytes(nonce), extra, bytes(sealed)), undefined)
      assert.equal(provider.open(bytes(key), bytes(nonce), Uint8Array.of(1), bytes(sealed)), undefined)
      for (const length of [0, 15]) {
        assert.equal(provider.open(bytes(key), bytes(nonce), extra, bytes(sealed).subarray(0, length)), undefined)
      }
    }
  })

  check('Argon2id gives the keys of its vectors', () => {
    for (const { passphrase, salt, passes, memoryBytes, key } of symmetric.argon2id) {
      assert.deepEqual(provider.argon2id(bytes(passphrase), bytes(salt), passes, memoryBytes), bytes(key))
    }
    assert.throws(() => provider.argon2id(new Uint8Array(1), new Uint8Array(16), 0, 8192), TypeError)
  })

  check('arguments of a wrong length are a TypeError', () => {
    const short = new Uint8Array(31)
    const key = new Uint8Array(32)
    const nonce = new Uint8Array(12)
    const calls = [
      () => provider.ed25519KeyPair(short),
      () => provider.ed25519Sign(short, key),
      () => provider.ed25519Verify(short, new Uint8Array(63), key),
      () => provider.ed25519Verify(short, new Uint8Array(64), short),
      () => provider.ed25519IsValidPublicKey(short),
      () => provider.x25519KeyPair(short),
      () => provider.x25519(short, key),
      () => provider.x25519(key, short),
      () => provider.seal(short, nonce, undefined, key, new Uint8Array(64), 0),
      () => provider.seal(key, short, undefined, key, new Uint8Array(64), 0),
      () => provider.seal(key, nonce, undefined, key, new Uint8Array(47), 0),
      () => provider.seal(key, nonce, undefined, key, new Uint8Array(64), -1),
      () => provider.open(short, nonce, undefined, new Uint8Array(64)),
      () => provider.open(key, short, undefined, new Uint8Array(64)),
      () => provider.argon2id(key, short, 1, 8192),
    ]
    for (const call of calls) assert.throws(call, TypeError, call.toString())
  })

  check('equal compares contents and length', () => {
    assert.equal(provider.equal(Uint8Array.of(1, 2), Uint8Array.of(1, 2)), true)
    assert.equal(provider.equal(Uint8Array.of(1, 2), Uint8Array.of(1, 3)), false)
    assert.equal(provider.equal(Uint8Array.of(1), Uint8Array.of(1, 2)), false)
    assert.equal(provider.equal(new Uint8Array(0), new Uint8Array(0)), true)
  })

  check('a Buffer is read like any other bytes and left as it is', () => {
    const secret = Buffer.alloc(32, 0xff)
    assert.deepEqual(provider.x25519KeyPair(secret), provider.x25519KeyPair(new Uint8Array(32).fill(0xff)))
    assert.ok(secret.every((byte) => byte === 0xff))
  })

  check('shared memory is read like any other', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(32)).fill(7)
    const own = new Uint8Array(32).fill(7)
    const pair = provider.ed25519KeyPair(own)
    assert.deepEqual(provider.blake2b(32, shared), provider.blake2b(32, own))
    const stream = provider.blake2bStream(32)
    stream.update(shared)
    assert.deepEqual(stream.digest(), provider.blake2b(32, own))
    const signature = provider.ed25519Sign(shared, pair.secretKey)
    assert.equal(provider.ed25519Verify(shared, signature, pair.publicKey), true)
  })
}

function bytes(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'))
}
