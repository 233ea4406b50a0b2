/**
 * @module peers/record-ciphers
 * A shadow for records only, after somebody else's handshake. Not here: handshakes, which need the node's own keys (`handshake.ts`).
 */
import { asciiText } from '../bytes.ts'
import { realise } from '../part.ts'
import { findForeign, plain } from '../service/plain.ts'
import type { Shadow, ShadowPart } from '../shadows/shadow.ts'
import * as defaults from './defaults.ts'

/** What `sealer` and `opener` need of a shadow. */
export type RecordCiphers = Pick<Shadow, 'sealer' | 'opener'>

// Made once per blueprint and thread: a shadow makes its static key when it is made, which costs as much as a thousand records.
const made = new WeakMap<ShadowPart, RecordCiphers>()

// A blueprint that came from another thread is a new object for each connection: such ones are known by what they say.
const madeBySaying = new Map<string, RecordCiphers>()
const sayings = plain<readonly [string, string, unknown]>()

/** The ciphers of a shadow. Its setup holds neither network nor key, so that no secret of the node comes to the threads of its connections. */
export function ciphersOnly(shadow: ShadowPart): RecordCiphers {
  const known = made.get(shadow)
  if (known !== undefined) return known
  const saying = sayingOf(shadow)
  const alike = saying === undefined ? undefined : madeBySaying.get(saying)
  if (alike !== undefined) {
    made.set(shadow, alike)
    return alike
  }
  // The scalar 1 and no name: nothing is ever handshaken with them.
  const staticSecret = new Uint8Array(32)
  staticSecret[0] = 1
  const ciphers = realise(shadow)({ network: '', staticSecret })
  made.set(shadow, ciphers)
  if (saying !== undefined) remember(saying, ciphers)
  return ciphers
}

/** All that decides what a blueprint makes, as text; undefined where its options are more than plain data. */
function sayingOf(shadow: ShadowPart): string | undefined {
  if (findForeign(shadow.options) !== undefined) return undefined
  const bytes = sayings.encode([shadow.module, shadow.export, shadow.options])
  return asciiText(bytes, 0, bytes.length)
}

function remember(saying: string, ciphers: RecordCiphers): void {
  const [oldest] = madeBySaying.keys()
  if (oldest !== undefined && madeBySaying.size >= defaults.maxRecordCiphers) madeBySaying.delete(oldest)
  madeBySaying.set(saying, ciphers)
}
