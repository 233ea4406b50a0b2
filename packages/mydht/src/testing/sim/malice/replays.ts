/**
 * @module testing/sim/malice/replays
 * What kv and the peer store have that can be replayed, and how others are made to take it. Not here: when (`replaying.ts`).
 */
import { decodeHold, encodeHold, type HoldRequest } from '../../../apps/kv/hold-messages.ts'
import { keyFromBytes } from '../../../apps/kv/key.ts'
import { providersKey, questionKey } from '../../../apps/kv/question.ts'
import { namedBody, readFind, readNamed } from '../../../apps/peers/messages.ts'
import type { AppMessage } from '../../../wire/messages.ts'
import type { Mischief, Scene } from './mischief.ts'
import type { OldVersions } from './old-versions.ts'
import { replaying } from './replaying.ts'

/** Ids of requests that no honest service comes to within a simulation: the upper half of u32. */
const firstOwnRequest = 0x8000_0000

/** A kv that answers with old versions of records and of provider records, and has their holders hold them again. */
export function replayingKv(scene: Scene, old: OldVersions): Mischief {
  let nextRequest = firstOwnRequest
  return replaying(scene, old, {
    kinds: new Set(['record', 'provider']),
    isOurs: ({ type, ...message }) =>
      (type === 'response' || type === 'request') && 'id' in message && message.id >= firstOwnRequest,
    carries(message) {
      const request = message.type === 'request' ? decodeHold(message.body) : undefined
      return request ? [thingIn(request)] : []
    },
    changed(message, past) {
      if (message.type !== 'request' || message.id >= firstOwnRequest) return message
      const request = decodeHold(message.body)
      return request ? { ...message, body: encodeHold(withThing(request, past(thingIn(request)))) } : message
    },
    answers(question, nowMs) {
      const [record, provided] = [questionKey(question), providersKey(question)]
      if (record) return old.under('record', keyFromBytes(record), nowMs)
      return provided ? old.under('provider', keyFromBytes(provided), nowMs) : []
    },
    resend({ kind, body }, peers, say) {
      const request: HoldRequest =
        kind === 'provider'
          ? { type: 'provider', record: body }
          : { type: 'keep', carried: body, ifSequence: undefined }
      for (const to of peers) {
        const id = nextRequest
        nextRequest = nextRequest === 0xffff_ffff ? firstOwnRequest : nextRequest + 1
        say({ type: 'send', to, message: { type: 'request', app: scene.init.name, id, body: encodeHold(request) } })
      }
    },
  })
}

/** A peer store that answers with old records of peers, and spreads them again. */
export function replayingPeers(scene: Scene, old: OldVersions): Mischief {
  return replaying(scene, old, {
    kinds: new Set(['peer']),
    isOurs: () => false,
    carries: (message) => (message.type === 'response' ? readNamed(message.body) : []),
    changed(message, past) {
      const named = message.type === 'response' ? readNamed(message.body) : []
      return message.type === 'response' && named.length > 0
        ? { ...message, body: namedBody(named.map(past)) }
        : message
    },
    answers(question, nowMs) {
      const id = readFind(question)
      return id === undefined ? [] : old.under('peer', id, nowMs)
    },
    resend({ body }, peers, say) {
      const trace = scene.parts.random.u64()
      const [fanOut, budget] = [peers.length, peers.length]
      const history = { keep: 'peers', limit: 0, peers: [] } as const
      const message: AppMessage = {
        type: 'propagate',
        app: scene.init.name,
        trace,
        hops: 1,
        fanOut,
        budget,
        history,
        body,
      }
      for (const to of peers) say({ type: 'send', to, message })
    },
  })
}

function thingIn(request: HoldRequest): Uint8Array {
  return request.type === 'provider' ? request.record : request.carried
}

function withThing(request: HoldRequest, thing: Uint8Array): HoldRequest {
  return request.type === 'provider' ? { type: 'provider', record: thing } : { ...request, carried: thing }
}
