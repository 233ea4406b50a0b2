/**
 * @module shadows/noise/symmetric-state
 * The SymmetricState and CipherState of a Noise handshake (Noise revision 34, sections 5.1 and 5.2), for ChaChaPoly and BLAKE2b.
 */
import type { CryptoProvider } from '../../identity/crypto/provider.ts'
import { hashBytes, hkdf } from './hkdf.ts'
import { createNonceCounter } from './nonce.ts'
import type { NonceCounter } from './nonce.ts'

/** What a handshake has agreed on so far. Ends with `split` or `wipe`. */
export interface SymmetricState {
  /** A copy of the hash of everything so far, 64 bytes. */
  hash(): Uint8Array
  mixHash(data: Uint8Array): void
  mixKey(material: Uint8Array): void
  mixKeyAndHash(material: Uint8Array): void
  /** Bytes that `encryptAndHash` adds now: 16 once there is a key. */
  overhead(): number
  /** Writes the text, sealed when there is a key, to `target` from `at`; gives the end. */
  encryptAndHash(text: Uint8Array, target: Uint8Array, at: number): number
  /** A fresh copy of the text, or undefined when it does not verify. `sealed` is not changed. */
  decryptAndHash(sealed: Uint8Array): Uint8Array | undefined
  /** The two secrets of 32 bytes: initiator's first. Wipes the rest. */
  split(): readonly [Uint8Array, Uint8Array]
  wipe(): void
}

/** A state that begins with the name of the protocol, for example `Noise_XX_25519_ChaChaPoly_BLAKE2b`. */
export function createSymmetricState(crypto: CryptoProvider, protocolName: string): SymmetricState {
  const name = new TextEncoder().encode(protocolName)
  let hash: Uint8Array
  if (name.length <= hashBytes) {
    hash = new Uint8Array(hashBytes)
    hash.set(name)
  } else hash = crypto.blake2b(hashBytes, name)
  let chainingKey: Uint8Array = hash
  let key: Uint8Array | undefined
  let nonce: NonceCounter = createNonceCounter()

  const useKey = (bytes: Uint8Array): void => {
    key = bytes.subarray(0, 32)
    nonce = createNonceCounter()
  }
  const mixHash = (data: Uint8Array): void => {
    // Always a new array: whoever holds an older one (`chainingKey` at the start) keeps it.
    hash = crypto.blake2b(hashBytes, hash, data)
  }
  const wipe = (): void => {
    chainingKey.fill(0)
    key?.fill(0)
  }

  return {
    hash: () => hash.slice(),
    mixHash,
    mixKey(material) {
      const [next, secret] = hkdf(crypto, chainingKey, material)
      chainingKey = next
      useKey(secret)
    },
    mixKeyAndHash(material) {
      const [next, mixed, third] = hkdf(crypto, chainingKey, material)
      const secret = third()
      chainingKey = next
      mixHash(mixed)
      useKey(secret)
    },
    overhead: () => (key === undefined ? 0 : 16),
    encryptAndHash(text, target, at) {
      let end = at + text.length
      if (key === undefined) target.set(text, at)
      else {
        end = crypto.seal(key, nonce.bytes, hash, text, target, at)
        nonce.advance()
      }
      mixHash(target.subarray(at, end))
      return end
    },
    decryptAndHash(sealed) {
      // Not slice: on a Buffer, which is what sockets give, that is a view, and opening would change the message.
      let text: Uint8Array | undefined = new Uint8Array(sealed)
      if (key !== undefined) {
        text = crypto.open(key, nonce.bytes, hash, text)
        if (text === undefined) return undefined
        nonce.advance()
      }
      mixHash(sealed)
      return text
    },
    split() {
      const [one, two] = hkdf(crypto, chainingKey, new Uint8Array(0))
      wipe()
      return [one.slice(0, 32), two.slice(0, 32)]
    },
    wipe,
  }
}
