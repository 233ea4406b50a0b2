/**
 * @module apps/peers/unmet
 * Peers that an earlier run kept and this one has not dialled yet, in an order of chance: by the order of their ids whoever makes ids would decide
 * whom we dial first. Not here: their records (`knowledge.ts`).
 */
import type { PeerId } from '../../identity/peer-id.ts'
import type { Random } from '../../random.ts'

/** Peers that wait to be met. */
export interface Unmet {
  add(id: PeerId): void
  /** Somebody dialled it, or it came. */
  delete(id: PeerId): void
  has(id: PeerId): boolean
  /** All of them. */
  ids(): Iterable<PeerId>
}

/** Makes it. */
export function createUnmet(random: Random): Unmet {
  const order: PeerId[] = []
  const places = new Map<PeerId, number>()
  const put = (id: PeerId, at: number): void => {
    order[at] = id
    places.set(id, at)
  }
  return {
    add(id) {
      if (places.has(id)) return
      // Anywhere; who stood there goes to the end: each order is as likely as any other (Durstenfeld's shuffle, from the inside out).
      const at = random.below(order.length + 1)
      const there = order[at]
      if (there !== undefined) put(there, order.length)
      put(id, at)
    },
    delete(id) {
      const at = places.get(id)
      if (at === undefined) return
      places.delete(id)
      const last = order.pop()
      if (last !== undefined && last !== id) put(last, at)
    },
    has: (id) => places.has(id),
    ids: () => order.values(),
  }
}
