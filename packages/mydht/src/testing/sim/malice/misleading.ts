/**
 * @module testing/sim/malice/misleading
 * Nodes that answer everything, and nothing of it is of use: `forging` ones with values and peers that they make up, `lying` ones with nothing but each
 * other. Not here: those that say nothing, and those that say what was true once (`replaying.ts`).
 */
import { namedBody, readFind, readName, readNear } from '../../../apps/peers/messages.ts'
import { questionKey, providersKey } from '../../../apps/kv/question.ts'
import { respond } from '../../../apps/requests.ts'
import { peerKey } from '../../../identity/peer-key.ts'
import { maxContacts } from '../../../wire/limits.ts'
import type { QueryMessage } from '../../../wire/messages.ts'
import type { Gang } from './gang.ts'
import { closing, type Mischief, type Scene } from './mischief.ts'

/** Bytes of a made-up answer. */
const forgedBytes = 80

/** A kv that has a made-up value for every question, and knows nobody. */
export function forgingKv({ init, parts }: Scene): Mischief {
  return {
    hears(command, say) {
      if (command.type !== 'message' || command.message.type !== 'query') return false
      const { from, message } = command
      const body = parts.random.bytes(forgedBytes)
      say({ type: 'send', to: from, message: closing(message, [{ from: init.self, hops: message.travelled, body }]) })
      return true
    },
  }
}

/** A kv that has nothing, and knows none but the gang. */
export function lyingKv(gang: Gang): Mischief {
  const keyOf = (question: Uint8Array): Uint8Array | undefined => questionKey(question) ?? providersKey(question)
  return nothingBut(keyOf, (key, count) => gang.nearest(key, count))
}

/** A peer store that knows none but peers that do not exist. */
export function forgingPeers({ init, parts }: Scene, gang: Gang): Mischief {
  const { clock, random } = parts
  return nothingBut(keyOfPeerQuestion, (key, count) =>
    gang.ghosts(key, count, { network: init.network, nowMs: clock.now(), random })
  )
}

/** A peer store that knows none but the gang. */
export function lyingPeers(gang: Gang): Mischief {
  return nothingBut(keyOfPeerQuestion, (key, count) => gang.nearest(key, count))
}

function keyOfPeerQuestion(question: Uint8Array): Uint8Array | undefined {
  const wanted = readFind(question)
  return wanted === undefined ? readNear(question) : peerKey(wanted)
}

/** Has nothing, and names some of these, the nearest first; to whoever asks for peers without a key, those nearest to the one who asks. */
function nothingBut(
  keyOf: (question: Uint8Array) => Uint8Array | undefined,
  records: (key: Uint8Array, count: number) => readonly Uint8Array[]
): Mischief {
  const contacts = (query: QueryMessage): readonly Uint8Array[] => {
    const key = query.mode.type === 'iterative' ? keyOf(query.body) : undefined
    return key === undefined ? [] : records(key, Math.min(maxContacts, query.fanOut))
  }
  return {
    hears(command, say) {
      if (command.type !== 'message') return false
      const { from, message } = command
      if (message.type === 'query') {
        const { app, id } = message
        const named = contacts(message)
        if (named.length > 0) say({ type: 'send', to: from, message: { type: 'contacts', app, id, records: named } })
        say({ type: 'send', to: from, message: closing(message, []) })
        return true
      }
      const count = message.type === 'request' ? readName(message.body) : undefined
      if (message.type !== 'request' || count === undefined) return false
      const body = namedBody(records(peerKey(from.id), count))
      say({ type: 'send', to: from, message: respond(message, 'ok', body) })
      return true
    },
  }
}
