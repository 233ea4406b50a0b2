/**
 * @module testing/route-suite
 * What every route must do, as tests that run against any implementation. The runner is passed in. Not here: which peers are best.
 */
import assert from 'node:assert/strict'
import { peerIdFromBytes } from '../identity/peer-id.ts'
import type { PeerId } from '../identity/peer-id.ts'
import { peerRef } from '../identity/peer-ref.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import { createIdentity } from '../identity/keys.ts'
import { createPeerRecord, encodePeerRecord } from '../identity/peer-record.ts'
import type { NearestRequest, Route, RouteContact } from '../routes/route.ts'

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

  if (create(self).nearest) contactSuite({ test, create })

  test('a route answers without a key', () => {
    const { route } = made(5)
    const named = route.next({ key: undefined, count: 2, exclude: new Set([idOf(0)]) }).map(({ id }) => id)
    assert.equal(new Set(named).size, Math.min(2, reaches(4)))
    assert.equal(named.length, new Set(named).size)
    assert.ok(!named.includes(idOf(0)))
  })
}

/** What a route with contacts must do as well. */
function contactSuite({ test, create }: RouteSuiteOptions): void {
  const self = idOf(200)
  const proven = Array.from({ length: 6 }, (_, index) => proof(index))
  const made = (): Route => {
    const route = create(self)
    for (const { id, record } of proven) route.reachable?.(id, record)
    return route
  }
  const near = (route: Route, request: Partial<NearestRequest> = {}): readonly RouteContact[] => {
    const named = route.nearest?.({ key: key(3), count: 20, exclude: new Set(), ...request })
    assert.ok(named, 'a route that keeps contacts names them')
    return named
  }

  test('a contact that proved itself is named with its record though it is not connected, and is no connected peer', () => {
    const route = made()
    const named = near(route)
    assert.deepEqual(new Set(named.map(({ id }) => id)), new Set(proven.map(({ id }) => id)))
    for (const { peer, record } of named) assert.ok(peer === undefined && record !== undefined)
    assert.deepEqual(route.next({ key: key(3), count: 20, exclude: new Set() }), [])
  })

  test('a contact that is connected is named with its reference, until it is offline', () => {
    const route = made()
    const [first] = proven
    assert.ok(first)
    const peer = peerRef(first.id)
    route.online(peer, first.record)
    assert.equal(near(route).find(({ id }) => id === first.id)?.peer, peer)
    route.offline(peer)
    assert.equal(near(route).find(({ id }) => id === first.id)?.peer, undefined)
  })

  test('a peer that is merely connected can be asked and is not named among the proven', () => {
    const route = made()
    const stranger = proof(50)
    route.online(peerRef(stranger.id), stranger.record)
    assert.ok(near(route).some(({ id, peer }) => id === stranger.id && peer !== undefined))
    assert.ok(!near(route, { proven: true }).some(({ id }) => id === stranger.id))
    route.reachable?.(stranger.id, stranger.record)
    assert.ok(near(route, { proven: true }).some(({ id }) => id === stranger.id))
  })

  test('contacts are named each once, best first, at most as many as asked for, none of those excluded, never ourselves', () => {
    const route = made()
    for (const { id, record } of proven.slice(0, 3)) route.online(peerRef(id), record)
    route.reachable?.(self, proof(7).record)
    for (const count of [0, 1, 4, 20]) {
      const named = near(route, { count }).map(({ id }) => id)
      assert.deepEqual(
        named,
        near(route)
          .map(({ id }) => id)
          .slice(0, count)
      )
      assert.equal(new Set(named).size, named.length)
    }
    const exclude = new Set(proven.slice(0, 4).map(({ id }) => id))
    assert.equal(near(route, { exclude }).length, 2)
    assert.ok(!near(route).some(({ id }) => id === self))
  })

  test('a contact that cannot be reached is not named, and is named again once it proves itself', () => {
    const route = made()
    const [first] = proven
    assert.ok(first)
    route.unreachable?.(first.id, ['memory://where-it-was'])
    assert.ok(
      near(route).some(({ id }) => id === first.id),
      'an old record says nothing about where it is now'
    )
    route.unreachable?.(first.id, ['memory://where-it-was', ...first.addresses])
    assert.ok(!near(route).some(({ id }) => id === first.id))
    route.reachable?.(first.id, first.record)
    assert.ok(near(route).some(({ id }) => id === first.id))
  })

  test('clients enter no table and are not asked', () => {
    const route = made()
    const client = proof(60, true)
    route.reachable?.(client.id, client.record)
    route.online(peerRef(client.id), client.record)
    assert.ok(!near(route).some(({ id }) => id === client.id))
  })

  test('rubbish for a record is ignored', () => {
    const route = made()
    route.reachable?.(idOf(99), new Uint8Array(70))
    assert.equal(near(route).length, proven.length)
  })
}

/** The end of the records: a route may look at it. 2100-01-01. */
const farAwayMs = 4_102_444_800_000

/** A peer and its signed record. */
function proof(
  index: number,
  clientOnly = false
): { readonly id: PeerId; readonly record: Uint8Array; readonly addresses: readonly string[] } {
  const identity = createIdentity(key(index + 1), 'suite')
  const facts = { sequence: 1, expiresAtMs: farAwayMs, addresses: [`memory://peer-${index}`], clientOnly }
  return { id: identity.id, record: encodePeerRecord(createPeerRecord(identity, facts)), addresses: facts.addresses }
}

function key(byte: number): Uint8Array {
  return new Uint8Array(32).fill(byte)
}

function idOf(index: number): PeerId {
  return peerIdFromBytes(key(index))
}
