/**
 * @module shadows/noise/records
 * The sealed records of one direction after the handshake: Noise transport messages, rekeyed every so many records.
 * Not here: framing, and what is inside.
 */
import type { CryptoProvider } from '../../identity/crypto/provider.ts'
import type { Opener, Sealer } from '../shadow.ts'
import { need } from '../../identity/crypto/checks.ts'
import { maxRecordBytes } from '../defaults.ts'
import { createNonceCounter, rekey } from './nonce.ts'

const tagBytes = 16

/** How records are counted. Both ends must agree. */
export interface RecordOptions {
  /** Records under one key; a whole number from 1. */
  readonly rekeyAfterRecords: number
  /** Number of the first record; tests begin elsewhere than at zero. */
  readonly firstRecord?: bigint
}

/** Seals the records of one direction. Takes `secret` over and changes it: 32 bytes that nobody else uses. */
export function createSealer(crypto: CryptoProvider, secret: Uint8Array, options: RecordOptions): Sealer {
  need(secret, 32, "a direction's secret")
  const nonce = createNonceCounter(options.firstRecord)
  let left = options.rekeyAfterRecords
  return {
    overhead: tagBytes,
    seal(source, target, at) {
      if (source.length > maxRecordBytes - tagBytes) {
        throw new TypeError(`a record holds at most ${maxRecordBytes - tagBytes} bytes, got ${source.length}: split it`)
      }
      if (left === 0) {
        rekey(crypto, secret)
        left = options.rekeyAfterRecords
      }
      const end = crypto.seal(secret, nonce.bytes, undefined, source, target, at)
      nonce.advance()
      left -= 1
      return end
    },
  }
}

/** Opens the records of one direction, in order; dead after the first that does not verify. Takes `secret` over. */
export function createOpener(crypto: CryptoProvider, secret: Uint8Array, options: RecordOptions): Opener {
  need(secret, 32, "a direction's secret")
  const nonce = createNonceCounter(options.firstRecord)
  let left = options.rekeyAfterRecords
  let dead = false
  return {
    overhead: tagBytes,
    open(record) {
      if (dead) return undefined
      if (left === 0) {
        rekey(crypto, secret)
        left = options.rekeyAfterRecords
      }
      const text = record.length > maxRecordBytes ? undefined : crypto.open(secret, nonce.bytes, undefined, record)
      if (text === undefined) {
        dead = true
        secret.fill(0)
        return undefined
      }
      nonce.advance()
      left -= 1
      return text
    },
  }
}
