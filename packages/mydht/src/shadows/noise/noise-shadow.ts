/**
 * @module shadows/noise/noise-shadow
 * A `Shadow` of Noise XX: what `noise` and `secret` share.
 */
import type { CryptoProvider } from '../../identity/crypto/provider.ts'
import type { Shadow } from '../shadow.ts'
import { rekeyAfterRecords } from '../defaults.ts'
import { beginNoise } from './handshake.ts'
import type { PskPlace } from './patterns.ts'
import { createOpener, createSealer } from './records.ts'

/** What tells the Noise shadows apart. */
export interface NoiseShadowOptions {
  readonly name: string
  readonly id: number
  readonly hidesNetwork: boolean
  readonly crypto: CryptoProvider
  /** 32 bytes. */
  readonly staticSecret: Uint8Array
  /** Asked at each handshake, so that a dear one can be made when it is first needed. */
  readonly psk?: (() => { readonly key: Uint8Array; readonly place: PskPlace }) | undefined
  /** @default 2^20, the protocol's number; only tests of the boundary change it, at both ends */
  readonly rekeyAfterRecords?: number | undefined
}

/** Makes one. The static key is made here, once. */
export function createNoiseShadow(options: NoiseShadowOptions): Shadow {
  const { crypto, psk } = options
  const staticKey = crypto.x25519KeyPair(options.staticSecret)
  const records = { rekeyAfterRecords: options.rekeyAfterRecords ?? rekeyAfterRecords }
  if (!Number.isSafeInteger(records.rekeyAfterRecords) || records.rekeyAfterRecords < 1) {
    throw new TypeError(`rekeyAfterRecords is a whole number from 1, not ${records.rekeyAfterRecords}`)
  }
  return {
    name: options.name,
    id: options.id,
    sealed: true,
    hidesNetwork: options.hidesNetwork,
    begin: (setup) => beginNoise({ crypto, staticKey, psk: psk?.() }, setup),
    sealer: (secret) => createSealer(crypto, secret, records),
    opener: (secret) => createOpener(crypto, secret, records),
  }
}
