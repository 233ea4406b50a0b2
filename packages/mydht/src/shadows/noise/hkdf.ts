/**
 * @module shadows/noise/hkdf
 * HMAC-BLAKE2b and the HKDF that Noise derives its keys with (Noise revision 34, sections 4.3 and 12.8; RFC 2104, RFC 5869).
 * Keys here are always 64 bytes: chaining keys and what was made of them.
 */
import type { CryptoProvider } from '../../identity/crypto/provider.ts'
import { need } from '../../identity/crypto/checks.ts'

/** Bytes of a BLAKE2b digest as Noise uses it. */
export const hashBytes = 64
const blockBytes = 128

// One pair of pads for all: nothing here is re-entered. Wiped after each use. The bytes past a key are the bare pad.
const inner = new Uint8Array(blockBytes).fill(0x36)
const outer = new Uint8Array(blockBytes).fill(0x5c)
const counters = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)] as const
const nothing = new Uint8Array(0)

function loadPads(key: Uint8Array): void {
  for (let i = 0; i < hashBytes; i++) {
    const byte = key[i] ?? 0
    inner[i] = byte ^ 0x36
    outer[i] = byte ^ 0x5c
  }
}

function hmac(crypto: CryptoProvider, first: Uint8Array, second: Uint8Array): Uint8Array {
  return crypto.blake2b(hashBytes, outer, crypto.blake2b(hashBytes, inner, first, second))
}

/** Two or three outputs of 64 bytes each from a chaining key of 64 bytes and key material of any length. */
export function hkdf(
  crypto: CryptoProvider,
  chainingKey: Uint8Array,
  material: Uint8Array
): readonly [Uint8Array, Uint8Array, () => Uint8Array] {
  need(chainingKey, hashBytes, 'a chaining key')
  loadPads(chainingKey)
  const secret = hmac(crypto, material, nothing)
  loadPads(secret)
  const one = hmac(crypto, counters[0], nothing)
  const two = hmac(crypto, one, counters[1])
  wipePads()
  const three = (): Uint8Array => {
    loadPads(secret)
    const output = hmac(crypto, two, counters[2])
    wipePads()
    return output
  }
  return [one, two, three]
}

function wipePads(): void {
  inner.fill(0x36)
  outer.fill(0x5c)
}
