/**
 * @module queries/held
 * Answers that could not leave because their peer's write queue was full: kept, bounded, until the peer takes messages again.
 * Not here: why (the main loop's back-pressure).
 */
import type { PeerId } from '../identity/peer-id.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import type { AnswerMessage } from '../wire/messages.ts'

/** Answers that wait for their peer. */
export interface Held {
  /** Keeps one; the oldest goes when there are too many. */
  keep(to: PeerRef, message: AnswerMessage): void
  /** Takes out all that wait for this peer, oldest first. */
  take(peer: PeerId): readonly AnswerMessage[]
  readonly size: number
}

/** Makes an empty keep of at most `max` answers. */
export function createHeld(max: number): Held {
  let entries: { readonly to: PeerRef; readonly message: AnswerMessage }[] = []
  return {
    keep: (to, message) => {
      entries.push({ to, message })
      if (entries.length > max) entries.shift()
    },
    take: (peer) => {
      const taken = entries.filter((entry) => entry.to.id === peer)
      if (taken.length > 0) entries = entries.filter((entry) => entry.to.id !== peer)
      return taken.map((entry) => entry.message)
    },
    get size() {
      return entries.length
    },
  }
}
