/**
 * @module shadows/noise/nonce
 * The nonces of one key: a 64-bit counter, little-endian, in the last 8 of 12 bytes (Noise revision 34, section 12.3).
 */
import type { CryptoProvider } from '../../identity/crypto/provider.ts'

/** A counter that never comes back. 2^64 - 1 is left for rekeying; at ten million a second that is 58 000 years away. */
export interface NonceCounter {
  /** The current nonce: a view that `advance` changes. */
  readonly bytes: Uint8Array
  advance(): void
}

/** A counter that begins at `first` (tests begin elsewhere than at zero). */
export function createNonceCounter(first = 0n): NonceCounter {
  const bytes = new Uint8Array(12)
  const view = new DataView(bytes.buffer)
  // Two halves of 32 bits: a BigInt per record would be an allocation per record.
  let low = Number(first & 0xffff_ffffn)
  let high = Number(first >> 32n)
  view.setUint32(4, low, true)
  view.setUint32(8, high, true)
  return {
    bytes,
    advance() {
      low = (low + 1) >>> 0
      if (low === 0) {
        high += 1
        view.setUint32(8, high, true)
      }
      view.setUint32(4, low, true)
    },
  }
}

const rekeyNonce = Uint8Array.of(0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255)
const zeros = new Uint8Array(32)

/** Noise REKEY (section 4.2): replaces `key` in place by the first 32 bytes of ENCRYPT(key, 2^64 - 1, '', 32 zeros). */
export function rekey(crypto: CryptoProvider, key: Uint8Array): void {
  const sealed = new Uint8Array(48)
  crypto.seal(key, rekeyNonce, undefined, zeros, sealed, 0)
  key.set(sealed.subarray(0, 32))
  sealed.fill(0)
}
