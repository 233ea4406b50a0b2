/**
 * @module routes/flood
 * A route that knows nothing of keys: takes connected peers in turn, so that each question goes to others than the last one. The original's
 * `inefficientmap`, with a cursor that no removal can leave dangling. Not here: routes by distance.
 */
import type { PeerId } from '../identity/peer-id.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import { part } from '../part.ts'
import type { Route, RouteFactory, RoutePart, RouteParts } from './route.ts'

/** Connected peers in turn, in the order of their coming. */
export function flood(): RoutePart {
  return part(import.meta.url, 'createFlood', {}, createFlood)
}

/** What `flood()` names: makes the route's factory. */
export function createFlood(): RouteFactory {
  return ({ self }: RouteParts): Route => {
    const peers = new Map<PeerId, PeerRef>()
    // A Map's iterator stays right while entries come and go (ECMA-262, 24.1.5): it is the cursor.
    let cursor = peers.values()
    return {
      name: 'flood',
      online: (peer) => {
        if (peer.id !== self) peers.set(peer.id, peer)
      },
      offline: (peer) => {
        peers.delete(peer.id)
      },
      next: ({ count, exclude }) => {
        const chosen: PeerRef[] = []
        for (let step = 0; step < peers.size && chosen.length < count; step++) {
          let entry = cursor.next()
          if (entry.done === true) {
            cursor = peers.values()
            entry = cursor.next()
          }
          if (entry.done !== true && !exclude.has(entry.value.id)) chosen.push(entry.value)
        }
        return chosen
      },
    }
  }
}
