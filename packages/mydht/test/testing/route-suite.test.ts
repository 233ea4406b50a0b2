/** The route suite stands routes that are written in another way than ours: as classes. */
import { test } from 'node:test'
import type { PeerId } from '../../src/identity/peer-id.ts'
import type { PeerRef } from '../../src/identity/peer-ref.ts'
import { seededRandom } from '../../src/random.ts'
import { createKademlia } from '../../src/routes/kademlia.ts'
import type { NearestRequest, Route, RouteContact, RouteRequest } from '../../src/routes/route.ts'
import { routeSuite } from '../../src/testing/route-suite.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'

/** Its methods are its prototype's, and need their `this`. */
class ClassRoute implements Route {
  readonly name = 'class'
  readonly #route: Route

  constructor(self: PeerId) {
    this.#route = createKademlia({})({ self, clock: virtualClock(), random: seededRandom(1) })
  }

  online(peer: PeerRef, record?: Uint8Array): void {
    this.#route.online(peer, record)
  }

  offline(peer: PeerRef): void {
    this.#route.offline(peer)
  }

  reachable(id: PeerId, record: Uint8Array): void {
    this.#route.reachable?.(id, record)
  }

  unreachable(id: PeerId, tried: readonly string[]): void {
    this.#route.unreachable?.(id, tried)
  }

  next(request: RouteRequest): readonly PeerRef[] {
    return this.#route.next(request)
  }

  nearest(request: NearestRequest): readonly RouteContact[] {
    return this.#route.nearest?.(request) ?? []
  }
}

routeSuite({
  test: (name, run) => test(`a route that is a class: ${name}`, run),
  create: (self) => new ClassRoute(self),
})
