/**
 * @module apps/peers/crossing
 * The peer store as bytes: as every app, and what only the main loop asks of it and hears from it.
 */
import { codecOf, putBy } from '../../service/codec-of.ts'
import { plain } from '../../service/plain.ts'
import type { Crossing } from '../../service/service.ts'
import type { AppEvent, AppInit } from '../app.ts'
import type { Settled } from '../app-store.ts'
import { appCrossing } from '../crossing.ts'
import {
  isOfMainLoop,
  type PeersCall,
  type PeersReply,
  type PeerStoreCommand,
  type PeerStoreEvent,
  type PeerStoreOptions,
  type PeerStoreRequest,
} from './protocol.ts'

type Candidates = Exclude<PeerStoreEvent, AppEvent<PeersReply>>

/** First byte of what is not every app's; theirs are below (`../crossing/`). */
const OURS = 255

const base = appCrossing<PeerStoreOptions, PeersCall, PeersReply, Settled>()
const requests = plain<PeerStoreRequest>()
const granted = plain<Candidates>()

/** How the peer store crosses. */
export const peersCrossing: Crossing<AppInit<PeerStoreOptions>, PeerStoreCommand, PeerStoreEvent> = {
  init: base.init,
  command: codecOf<PeerStoreCommand>(
    (command, into, at) => {
      if (!isOfMainLoop(command)) return putBy(base.command, command, into, at)
      if (at >= into.length) return undefined
      into[at] = OURS
      return requests.encodeInto(command, into, at + 1)
    },
    (bytes) => (bytes[0] === OURS ? requests.decodeFrom(bytes, 1) : base.command.decode(bytes))
  ),
  event: codecOf<PeerStoreEvent>(
    (event, into, at) => {
      if (event.type !== 'candidates') return putBy(base.event, event, into, at)
      if (at >= into.length) return undefined
      into[at] = OURS
      return granted.encodeInto(event, into, at + 1)
    },
    (bytes) => (bytes[0] === OURS ? granted.decodeFrom(bytes, 1) : base.event.decode(bytes))
  ),
}
