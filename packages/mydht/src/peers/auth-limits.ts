/**
 * @module peers/auth-limits
 * The bounds of the auth service, with their defaults. The reasons for these: `peers/defaults.ts`.
 */
import * as defaults from './defaults.ts'

/** Bounds of the auth service, in milliseconds and whole numbers. */
export interface AuthLimits {
  readonly handshakeStepMs: number
  readonly handshakeTotalMs: number
  readonly acceptMs: number
  /** Handshakes under way (those that wait for the accept hook included), in each direction. */
  readonly maxHandshakes: number
  /** This and the next count incoming ones only. */
  readonly maxHandshakesPerHost: number
  readonly maxHandshakesPerBlock: number
  /** Whether loopback and in-process hosts count in `maxHandshakes` only. @default true */
  readonly exemptLocal: boolean
  readonly recordLifetimeMs: number
  readonly recordRenewMs: number
}

/** The bounds with nothing left out. */
export function authLimits(given: { readonly [K in keyof AuthLimits]?: AuthLimits[K] | undefined }): AuthLimits {
  return {
    handshakeStepMs: given.handshakeStepMs ?? defaults.handshakeStepMs,
    handshakeTotalMs: given.handshakeTotalMs ?? defaults.handshakeTotalMs,
    acceptMs: given.acceptMs ?? defaults.acceptMs,
    maxHandshakes: given.maxHandshakes ?? defaults.maxHandshakes,
    maxHandshakesPerHost: given.maxHandshakesPerHost ?? defaults.maxHandshakesPerHost,
    maxHandshakesPerBlock: given.maxHandshakesPerBlock ?? defaults.maxHandshakesPerBlock,
    exemptLocal: given.exemptLocal ?? true,
    recordLifetimeMs: given.recordLifetimeMs ?? defaults.recordLifetimeMs,
    recordRenewMs: given.recordRenewMs ?? defaults.recordRenewMs,
  }
}
