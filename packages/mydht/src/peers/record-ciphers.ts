/**
 * @module peers/record-ciphers
 * A shadow for records only, after somebody else's handshake. Not here: handshakes, which need the node's own keys (`handshake.ts`).
 */
import { realise } from '../part.ts'
import type { Shadow, ShadowPart } from '../shadows/shadow.ts'

/** What `sealer` and `opener` need of a shadow. */
export type RecordCiphers = Pick<Shadow, 'sealer' | 'opener'>

// Made once per blueprint and thread: a shadow makes its static key when it is made, which costs as much as a thousand records.
const made = new WeakMap<ShadowPart, RecordCiphers>()

/** The ciphers of a shadow. Its setup holds neither network nor key, so that no secret of the node comes to the threads of its connections. */
export function ciphersOnly(shadow: ShadowPart): RecordCiphers {
  const known = made.get(shadow)
  if (known !== undefined) return known
  // The scalar 1 and no name: nothing is ever handshaken with them.
  const staticSecret = new Uint8Array(32)
  staticSecret[0] = 1
  const ciphers = realise(shadow)({ network: '', staticSecret })
  made.set(shadow, ciphers)
  return ciphers
}
