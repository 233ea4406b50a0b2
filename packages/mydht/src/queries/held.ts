/**
 * @module queries/held
 * Answers and contacts that could not leave because their peer's write queue was full: kept, bounded, until the peer takes messages again.
 * Not here: why (the main loop's back-pressure).
 */
import type { PeerId } from '../identity/peer-id.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import type { AnswerMessage, ContactsMessage } from '../wire/messages.ts'

/** What is kept for a peer. */
export type HeldMessage = AnswerMessage | ContactsMessage

/** Messages that wait for their peer. */
export interface Held {
  /** Keeps one. When there are too many, the oldest goes of the peer that has most: who does not read loses nothing of others. */
  keep(to: PeerRef, message: HeldMessage): void
  /** Takes out all that wait for this peer, oldest first. */
  take(peer: PeerId): readonly HeldMessage[]
  readonly size: number
}

/** Makes an empty keep of at most `max` messages. */
export function createHeld(max: number): Held {
  const byPeer = new Map<PeerId, HeldMessage[]>()
  let size = 0
  const dropOne = (): void => {
    let most: PeerId | undefined
    let longest: HeldMessage[] = []
    for (const [peer, messages] of byPeer) {
      if (messages.length <= longest.length) continue
      most = peer
      longest = messages
    }
    longest.shift()
    size--
    if (most !== undefined && longest.length === 0) byPeer.delete(most)
  }
  return {
    keep: (to, message) => {
      const messages = byPeer.get(to.id)
      if (messages) messages.push(message)
      else byPeer.set(to.id, [message])
      size++
      if (size > max) dropOne()
    },
    take: (peer) => {
      const taken = byPeer.get(peer) ?? []
      byPeer.delete(peer)
      size -= taken.length
      return taken
    },
    get size() {
      return size
    },
  }
}
