/**
 * @module shadows/noise/patterns
 * The message patterns that we speak: XX, plain or with a pre-shared key mixed in at one place (Noise revision 34, sections 7.5 and 9).
 */

/** One step of a message. `e` and `s` send a key, the pairs are Diffie-Hellman, `psk` mixes the pre-shared key in. */
export type Token = 'e' | 's' | 'ee' | 'es' | 'se' | 'psk'

/** Where the pre-shared key is mixed in: 0 before everything, n at the end of message n. */
export type PskPlace = 0 | 1 | 2 | 3

/** The steps of the three messages, and the protocol's name. */
export interface Pattern {
  readonly protocolName: string
  readonly messages: readonly (readonly Token[])[]
}

/** XX over X25519, ChaChaPoly and BLAKE2b. */
export function patternXX(pskPlace?: PskPlace): Pattern {
  const messages: Token[][] = [['e'], ['e', 'ee', 's', 'es'], ['s', 'se']]
  if (pskPlace === 0) messages[0]?.unshift('psk')
  else if (pskPlace !== undefined) messages[pskPlace - 1]?.push('psk')
  const modifier = pskPlace === undefined ? '' : `psk${pskPlace}`
  return { protocolName: `Noise_XX${modifier}_25519_ChaChaPoly_BLAKE2b`, messages }
}
