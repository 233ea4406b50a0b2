/**
 * @module testing/route-suite
 * What every route must do, as tests that run against any implementation. The runner is passed in. Not here: which peers are best.
 */
import assert from 'node:assert/strict'
import { peerIdFromBytes } from '../identity/peer-id.ts'
import type { PeerId } from '../identity/peer-id.ts'
import { peerRef } from '../identity/peer-ref.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import type { Route } from '../routes/route.ts'

/** What `routeSuite` needs. */
export interface RouteSuiteOptions {
  /** Registers a test: node:test's `test`, or any like it. */
  readonly test: (name: string, run: () => void) => unknown
  /** Makes a fresh route of the node with this id. */
  readonly create: (self: PeerId) => Route
  /** How many of `count` connected peers a single request must be able to name. A route whose table is bounded names fewer. @default all */
  readonly reaches?: ((count: number) => number) | undefined
}

/**
 * Registers the tests.
 *
 * @example
 * routeSuite({ test, create: (self) => createFlood()({ self, clock, random }) })
 */
export function routeSuite({ test, create, reaches = (count) => count }: RouteSuiteOptions): void {
  const self = idOf(200)
  const made = (count: number): { readonly route: Route; readonly peers: readonly PeerRef[] } => {
    const route = create(self)
    const peers = Array.from({ length: count }, (_, index) => peerRef(idOf(index)))
    for (const peer of peers) route.online(peer)
    return { route, peers }
  }
  const next = (route: Route, count: number, exclude: readonly PeerId[] = []): readonly PeerId[] =>
    route.next({ key: key(3), count, exclude: new Set(exclude) }).map((peer) => peer.id)

  test('a route has a name', () => assert.notEqual(create(self).name, ''))

  test('a route without peers names none', () => assert.deepEqual(next(create(self), 5), []))

  test('a route names known peers, each once, and at most as many as asked for', () => {
    const { route, peers } = made(12)
    for (const count of [0, 1, 3, 12, 40]) {
      const named = next(route, count)
      assert.equal(named.length, Math.min(count, reaches(12)))
      assert.equal(new Set(named).size, named.length)
      for (const id of named) assert.ok(peers.some((peer) => peer.id === id))
    }
  })

  test('a route names nobody of those excluded, and everybody else when enough are asked for', () => {
    const { route, peers } = made(6)
    const exclude = peers.slice(0, 4).map((peer) => peer.id)
    for (let round = 0; round < 8; round++) {
      const named = next(route, 6, exclude)
      for (const id of named) assert.ok(!exclude.includes(id))
      assert.equal(named.length, Math.min(2, reaches(6)))
    }
    assert.deepEqual(
      next(
        route,
        6,
        peers.map((peer) => peer.id)
      ),
      []
    )
    assert.deepEqual(next(route, 6, [idOf(99)]).length, reaches(6))
  })

  test('a route never names its own node', () => {
    const { route } = made(2)
    route.online(peerRef(self))
    for (let round = 0; round < 4; round++) assert.ok(!next(route, 5).includes(self))
  })

  test('a route names no peer that went offline, and names it again when it is back', () => {
    const { route, peers } = made(4)
    const [first] = peers
    assert.ok(first)
    next(route, 1)
    route.offline(first)
    route.offline(first)
    for (let round = 0; round < 5; round++) assert.ok(!next(route, 4).includes(first.id))
    route.online(first)
    assert.equal(next(route, 4).includes(first.id), reaches(4) === 4)
  })

  test('a route that hears of a peer twice names it once, by its newest reference', () => {
    const { route } = made(1)
    const newer = peerRef(idOf(0))
    route.online(newer)
    const named = route.next({ key: key(1), count: 5, exclude: new Set() })
    assert.equal(named.length, 1)
    assert.equal(named[0], newer)
  })

  test('a route stands peers coming and going between requests', () => {
    const { route, peers } = made(10)
    for (let round = 0; round < 200; round++) {
      const peer = peers[(round * 7) % 10]
      assert.ok(peer)
      if (round % 3 === 0) route.offline(peer)
      else route.online(peer)
      const named = next(route, 1 + (round % 10))
      assert.equal(new Set(named).size, named.length)
      assert.ok(round % 3 !== 0 || !named.includes(peer.id))
    }
    for (const peer of peers) route.offline(peer)
    assert.deepEqual(next(route, 10), [])
  })

  test('a route answers without a key', () => {
    const { route } = made(5)
    const named = route.next({ key: undefined, count: 2, exclude: new Set() })
    assert.ok(named.length <= 2)
  })
}

function key(byte: number): Uint8Array {
  return new Uint8Array(32).fill(byte)
}

function idOf(index: number): PeerId {
  return peerIdFromBytes(key(index))
}
