/**
 * @module shadows/noise/handshake
 * The HandshakeState of Noise XX (Noise revision 34, section 5.3) as a `ShadowHandshake`. Not here: what the payloads mean.
 *
 * A reader does every Diffie-Hellman that it can as soon as the message has verified, so that a worthless key fails `read`, where
 * hostile bytes may fail, and never `write`.
 */
import type { CryptoProvider, KeyPair } from '../../identity/crypto/provider.ts'
import type { HandshakeSetup, ShadowHandshake } from '../shadow.ts'
import { maxHandshakeMessageBytes } from '../defaults.ts'
import { createSymmetricState } from './symmetric-state.ts'
import { patternXX } from './patterns.ts'
import type { PskPlace, Token } from './patterns.ts'

const keyBytes = 32
const none: Uint8Array = new Uint8Array(0)

/** What a Noise handshake needs beside its setup. */
export interface NoiseKeys {
  readonly crypto: CryptoProvider
  readonly staticKey: KeyPair
  /** A key of 32 bytes that both sides had before, and where it is mixed in. */
  readonly psk?: { readonly key: Uint8Array; readonly place: PskPlace } | undefined
}

/** Begins a handshake. Its ephemeral key comes from `setup.random`. */
export function beginNoise(keys: NoiseKeys, setup: HandshakeSetup): ShadowHandshake {
  const { crypto, staticKey, psk } = keys
  const pattern = patternXX(psk?.place)
  const initiator = setup.role === 'initiator'
  const state = createSymmetricState(crypto, pattern.protocolName)
  state.mixHash(setup.prologue)

  let ephemeral: KeyPair | undefined
  let remoteEphemeral = none
  let remoteStatic = none
  let product: Uint8Array | undefined
  let next = 0
  let phase: 'running' | 'failed' | 'finished' = 'running'

  const ownEphemeral = (): KeyPair => (ephemeral ??= crypto.x25519KeyPair(setup.random.bytes(keyBytes)))

  /** The product of a token; undefined where the other's key is worthless. `ee` may have been made by `read`. */
  const diffieHellman = (token: 'ee' | 'es' | 'se'): Uint8Array | undefined => {
    if (token === 'ee' && product !== undefined) return product
    const oursIsStatic = token !== 'ee' && (token === 'es') !== initiator
    const theirsIsStatic = token !== 'ee' && !oursIsStatic
    const ours = oursIsStatic ? staticKey : ownEphemeral()
    return crypto.x25519(ours.secretKey, theirsIsStatic ? remoteStatic : remoteEphemeral)
  }

  /** Mixes in what is no key in transit; false where the other's key is worthless. */
  const mix = (token: Exclude<Token, 'e' | 's'>): boolean => {
    if (token === 'psk') {
      if (psk === undefined) throw new TypeError('a psk pattern without a psk')
      state.mixKeyAndHash(psk.key)
      return true
    }
    const made = diffieHellman(token)
    if (made === undefined) return false
    state.mixKey(made)
    made.fill(0)
    return true
  }

  const mixEphemeral = (publicKey: Uint8Array): void => {
    state.mixHash(publicKey)
    // Section 9.2: in psk handshakes ephemeral keys are mixed in as keys too, so that the psk never makes the same key twice.
    if (psk !== undefined) state.mixKey(publicKey)
  }

  const drop = (): void => {
    ephemeral?.secretKey.fill(0)
    product?.fill(0)
    ephemeral = undefined
    product = undefined
  }

  const fail = (): undefined => {
    phase = 'failed'
    state.wipe()
    drop()
    return undefined
  }

  /** The tokens of the next message. Throws TypeError where it is not this side's turn to `verb`. */
  const turn = (verb: 'read' | 'write'): readonly Token[] => {
    const tokens = pattern.messages[next]
    if (phase !== 'running' || tokens === undefined)
      throw new TypeError(`nothing left to ${verb}: this handshake ${phase === 'failed' ? 'failed' : 'is over'}`)
    const mine = (next % 2 === 0) === initiator
    if (mine !== (verb === 'write')) throw new TypeError(`message ${next + 1} is not for the ${setup.role} to ${verb}`)
    return tokens
  }

  const readTokens = (tokens: readonly Token[], message: Uint8Array): Uint8Array | undefined => {
    let at = 0
    for (const token of tokens) {
      if (token === 'e') {
        if (message.length < at + keyBytes) return undefined
        remoteEphemeral = new Uint8Array(message.subarray(at, at + keyBytes))
        mixEphemeral(remoteEphemeral)
        at += keyBytes
      } else if (token === 's') {
        const end = at + keyBytes + state.overhead()
        if (message.length < end) return undefined
        const key = state.decryptAndHash(message.subarray(at, end))
        if (key === undefined) return undefined
        remoteStatic = key
        at = end
      } else if (!mix(token)) return undefined
    }
    return state.decryptAndHash(message.subarray(at))
  }

  return {
    get staticKey() {
      return staticKey.publicKey
    },
    get remoteStaticKey() {
      return remoteStatic
    },

    bindingBeforeWrite() {
      turn('write')
      return state.hash()
    },

    write(payload) {
      const tokens = turn('write')
      const room = new Uint8Array(maxHandshakeMessageBytes)
      // The most that this message can add: a key, a sealed key, a tag.
      if (payload.length > room.length - (keyBytes + keyBytes + 16 + 16)) {
        throw new TypeError(
          `a handshake payload of ${payload.length} bytes does not fit in ${maxHandshakeMessageBytes}`
        )
      }
      let at = 0
      for (const token of tokens) {
        if (token === 'e') {
          const own = ownEphemeral().publicKey
          room.set(own, at)
          mixEphemeral(own)
          at += keyBytes
        } else if (token === 's') at = state.encryptAndHash(staticKey.publicKey, room, at)
        else if (!mix(token)) throw new TypeError('a key that was checked when it came is worthless now')
      }
      at = state.encryptAndHash(payload, room, at)
      next += 1
      return room.slice(0, at)
    },

    read(message) {
      if (phase === 'failed') return undefined
      const tokens = turn('read')
      if (message.length > maxHandshakeMessageBytes) return fail()
      const binding = state.hash()
      const payload = readTokens(tokens, message)
      if (payload === undefined) return fail()
      next += 1
      if (next === 1) {
        product = diffieHellman('ee')
        if (product === undefined) return fail()
      }
      return { payload, binding }
    },

    finish() {
      if (phase !== 'running' || next < pattern.messages.length)
        throw new TypeError(`no secrets: this handshake ${phase === 'running' ? 'is not over' : phase}`)
      phase = 'finished'
      const [fromInitiator, fromResponder] = state.split()
      drop()
      return initiator
        ? { send: fromInitiator, receive: fromResponder }
        : { send: fromResponder, receive: fromInitiator }
    },
  }
}
