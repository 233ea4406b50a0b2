/**
 * @module shadows/secret
 * The shadow `secret`: Noise XX with a key that every member of the network has, `Noise_XXpsk0_25519_ChaChaPoly_BLAKE2b`.
 * Who does not have it gets no answer at all. Not here: who the peer is; every member can still claim to be new.
 *
 * Why psk0 and not psk3: with psk3 the key is mixed in at the end of message 3, so messages 1 and 2 are those of plain XX. A stranger who
 * sends any message 1 would be answered with a message 2 that he can open: the responder's static key, its PeerId and its addresses; and
 * we would pay four Diffie-Hellmans for him. With psk0 message 1 itself carries a tag that only a member can make, so a stranger is dropped
 * after a few hashes, and nothing is sent back. The ephemeral keys are mixed in as keys, so no key of two handshakes is ever the same.
 * What both leave: message 1 can be recorded and sent again (whoever does so cannot read the answer), and a recorded message 1 lets guesses
 * at a weak passphrase be tried at home. Hence Argon2id, and a passphrase of some length; 32 random bytes are better than any passphrase.
 */
import { crypto } from '#crypto'
import { MyDhtError } from '../errors.ts'
import { part } from '../part.ts'
import { minPassphraseLetters, passphraseMemoryBytes, passphrasePasses } from './defaults.ts'
import { createNoiseShadow } from './noise/noise-shadow.ts'
import type { ShadowFactory, ShadowPart } from './shadow.ts'

/** Options of `secret`: the key of 32 random bytes, or a passphrase of at least 12 letters from which it is made (Argon2id, RFC 9106). */
export type SecretOptions = ({ readonly key: Uint8Array } | { readonly passphrase: string }) & {
  /** Part of the protocol: both ends must agree, and only tests of the boundary change it. @default 2^20 */
  readonly rekeyAfterRecords?: number | undefined
}

/** Shadow 2: as `noise`, for members only. Throws MYDHT_BAD_CONFIG for a key that is not 32 bytes or a passphrase that is too short. */
export function secret(options: SecretOptions): ShadowPart {
  check(options)
  return part(import.meta.url, 'createSecret', options, createSecret)
}

/** Makes `secret` real; `part` calls it. Throws as `secret` does. */
export function createSecret(options: SecretOptions): ShadowFactory {
  check(options)
  return ({ network, staticSecret }) => {
    let made: { readonly key: Uint8Array; readonly place: 0 } | undefined
    return createNoiseShadow({
      name: 'secret',
      id: 2,
      hidesNetwork: true,
      crypto,
      staticSecret,
      // Made when it is first needed: Argon2id takes a while, and a thread that only opens records needs none.
      psk: () => (made ??= { key: networkKey(options, network), place: 0 }),
      rekeyAfterRecords: options.rekeyAfterRecords,
    })
  }
}

const text = new TextEncoder()

/** The key of this network: two networks with the same secret do not understand each other. */
function networkKey(options: SecretOptions, network: string): Uint8Array {
  // The preamble has no network tag under `secret`, so the name goes in here.
  const name = crypto.blake2b(32, text.encode(`mydht/1 secret network ${network}`))
  if ('key' in options) return crypto.blake2b(32, name, options.key)
  // NFC: the same letters typed on different machines come as different code points.
  const passphrase = text.encode(options.passphrase.normalize('NFC'))
  return crypto.argon2id(passphrase, name.subarray(0, 16), passphrasePasses, passphraseMemoryBytes)
}

function check(options: SecretOptions): void {
  if ('key' in options) {
    if (options.key.length === 32) return
    const advice = "make one with 'openssl rand 32', and give every node the same"
    throw new MyDhtError(
      'MYDHT_BAD_CONFIG',
      `the key of secret() has 32 random bytes, got ${options.key.length}: ${advice}`
    )
  }
  const letters = options.passphrase.length
  if (letters >= minPassphraseLetters) return
  const advice = 'take five random words, or a key of 32 random bytes'
  throw new MyDhtError(
    'MYDHT_BAD_CONFIG',
    `the passphrase of secret() has at least ${minPassphraseLetters} letters, got ${letters}: ${advice}`
  )
}
