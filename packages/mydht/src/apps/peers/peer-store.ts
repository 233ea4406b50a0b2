/**
 * @module apps/peers/peer-store
 * The peer store: an app on the query engine that every node runs. It finds where a peer listens, across hops, and remembers whom one can dial.
 */
import { peerIdToBytes, type PeerId } from '../../identity/peer-id.ts'
import type { Ask } from '../../queries/query.ts'
import { checkedAsk, patient, type AskOptions } from '../ask-options.ts'
import type { ApiFacts, AppCaller } from '../app.ts'
import { expectReply } from '../replies.ts'
import { peersGlobal } from './global.ts'
import type { FoundPeer, PeersCall, PeersReply, PeersStats, PeerStoreOptions } from './protocol.ts'

export type { FoundPeer, PeersStats, PeerStoreCommand, PeerStoreEvent, PeerStoreOptions } from './protocol.ts'

/** What `node.peers` can do. */
export interface PeersApi {
  /** Where a peer listens, by its own signed word: ourselves first, then others. Undefined when nobody knew in time. */
  find(id: PeerId, options?: AskOptions): Promise<FoundPeer | undefined>
  connected(): Promise<readonly PeerId[]>
  /** Peers that proved themselves where they listen, the latest first. @default limit 64 */
  known(limit?: number): Promise<readonly FoundPeer[]>
  stats(): Promise<PeersStats>
}

/** The peer store, as `peerStore()` gives it: an app whose service also serves the main loop. */
export interface PeerStoreApp {
  readonly options: PeerStoreOptions
  readonly global: typeof peersGlobal
  readonly api: (caller: AppCaller<PeersCall, PeersReply>, facts: ApiFacts) => PeersApi
}

/** The peer store. Its name on the wire is `peers`. */
export function peerStore(options: PeerStoreOptions = {}): PeerStoreApp {
  return { options, global: peersGlobal, api: createPeersApi }
}

/** Makes what `node.peers` shows. */
export function createPeersApi(caller: AppCaller<PeersCall, PeersReply>): PeersApi {
  return {
    async find(id, options = {}) {
      // Here, where only the caller is hurt: a service that throws is restarted, and its node ends when that happens often.
      peerIdToBytes(id)
      const ask: Omit<Ask, 'body' | 'key'> = checkedAsk(options)
      const reply = await caller.call({ type: 'find', id, ask }, patient(options))
      return reply.type === 'absent' ? undefined : expectReply(reply, 'found').peer
    },
    async connected() {
      return expectReply(await caller.call({ type: 'connected' }), 'connected').peers
    },
    async known(limit = 64) {
      if (!Number.isSafeInteger(limit) || limit < 0)
        throw new TypeError(`known(limit): got ${limit}, give a whole number from 0`)
      return expectReply(await caller.call({ type: 'known', limit }), 'known').peers
    },
    async stats() {
      return expectReply(await caller.call({ type: 'stats' }), 'stats').stats
    },
  }
}
