/**
 * @module shadows/noise
 * The shadow `noise`, the default: Noise_XX_25519_ChaChaPoly_BLAKE2b (Noise revision 34, https://noiseprotocol.org/noise.html).
 * Nobody between the two ends can read, change, replay or drop a record unseen. Everybody may open a connection: who they are is
 * the payloads' business. Not here: a shared secret that keeps strangers out (`secret.ts`).
 */
import { crypto } from '#crypto'
import { part } from '../part.ts'
import { createNoiseShadow } from './noise/noise-shadow.ts'
import type { ShadowFactory, ShadowPart } from './shadow.ts'

/** Options of `noise`. */
export interface NoiseOptions {
  /** Part of the protocol: both ends must agree, and only tests of the boundary change it. @default 2^20 */
  readonly rekeyAfterRecords?: number | undefined
}

/** Shadow 1: sealed and mutually authenticated by Noise XX. */
export function noise(options: NoiseOptions = {}): ShadowPart {
  return part(import.meta.url, 'createNoise', options, createNoise)
}

/** Makes `noise` real; `part` calls it. */
export function createNoise(options: NoiseOptions = {}): ShadowFactory {
  return ({ staticSecret }) =>
    createNoiseShadow({
      name: 'noise',
      id: 1,
      hidesNetwork: false,
      crypto,
      staticSecret,
      rekeyAfterRecords: options.rekeyAfterRecords,
    })
}
