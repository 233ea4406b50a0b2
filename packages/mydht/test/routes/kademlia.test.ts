import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createIdentity } from '../../src/identity/keys.ts'
import type { PeerId } from '../../src/identity/peer-id.ts'
import { peerIdFromBytes } from '../../src/identity/peer-id.ts'
import { peerKey } from '../../src/identity/peer-key.ts'
import { createPeerRecord, encodePeerRecord } from '../../src/identity/peer-record.ts'
import { peerRef } from '../../src/identity/peer-ref.ts'
import { realise } from '../../src/part.ts'
import { seededRandom } from '../../src/random.ts'
import { createKademlia, kademlia, type KademliaOptions } from '../../src/routes/kademlia.ts'
import type { Route } from '../../src/routes/route.ts'
import { compareDistance, sharedBits } from '../../src/routes/xor.ts'
import { routeSuite } from '../../src/testing/route-suite.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'

const idOf = (index: number): PeerId => peerIdFromBytes(seededRandom(index).bytes(32))
const self = idOf(0)
const own = peerKey(self)

function made(options: KademliaOptions = {}) {
  const clock = virtualClock()
  const route = createKademlia(options)({ self, clock, random: seededRandom(1) })
  return { route, clock, nearest: nearestOf(route), upkeep: upkeepOf(route) }
}

function nearestOf({ nearest }: Route): NonNullable<Route['nearest']> {
  assert.ok(nearest)
  return nearest
}

function upkeepOf({ upkeep }: Route): NonNullable<Route['upkeep']> {
  assert.ok(upkeep)
  return upkeep
}

interface Known {
  readonly id: PeerId
  readonly key: Uint8Array
  readonly record: Uint8Array
}

/** Peer `index`, and its record. */
function known(index: number, address = `memory://peer-${index}`): Known {
  const identity = createIdentity(seededRandom(index).bytes(32), 'test')
  const facts = { sequence: 1, expiresAtMs: 2, addresses: [address], clientOnly: false }
  const record = encodePeerRecord(createPeerRecord(identity, facts))
  return { id: identity.id, key: peerKey(identity.id), record }
}

const many = Array.from({ length: 60 }, (_, index) => known(index + 1))

routeSuite({
  test,
  create: (id) => createKademlia({})({ self: id, clock: virtualClock(), random: seededRandom(1) }),
})

test('kademlia() is plain data that makes a kademlia', () => {
  const factory = realise(kademlia({ k: 8 }))
  assert.equal(factory({ self, clock: virtualClock(), random: seededRandom(1) }).name, 'kademlia')
})

describe('who is asked', () => {
  const target = seededRandom(77).bytes(32)
  const byDistance = (peers: readonly Known[]): readonly PeerId[] =>
    peers.toSorted((a, b) => compareDistance(target, a.key, b.key)).map(({ id }) => id)

  test('connected peers are named by their distance to the key', () => {
    const { route } = made()
    for (const { id, record } of many) route.online(peerRef(id), record)
    const next = route.next({ key: target, count: 7, exclude: new Set() })
    assert.deepEqual(
      next.map(({ id }) => id),
      byDistance(many).slice(0, 7)
    )
  })

  test('contacts, connected peers, and those that are both are one list by distance', () => {
    const { route, nearest } = made({ k: 60 })
    for (const [i, { id, record }] of many.entries()) {
      if (i % 3 !== 0) route.reachable?.(id, record)
      if (i % 3 !== 1) route.online(peerRef(id), record)
    }
    const found = nearest({ key: target, count: 30, exclude: new Set() })
    assert.deepEqual(
      found.map(({ id }) => id),
      byDistance(many).slice(0, 30)
    )
    for (const { id, peer, record } of found) {
      const i = many.findIndex((one) => one.id === id)
      assert.equal(peer === undefined, i % 3 === 1)
      assert.deepEqual(record, many[i]?.record)
    }
  })

  test("somebody else's query goes only to peers nearer to the key than we are, connected or not", () => {
    const { route, nearest } = made()
    for (const [i, { id, record }] of many.entries()) {
      if (i % 2 === 0) route.online(peerRef(id), record)
      else route.reachable?.(id, record)
    }
    const request = { key: target, count: 60, exclude: new Set<PeerId>(), nearer: true }
    for (const named of [route.next(request), nearest(request)]) {
      assert.ok(named.length > 0)
      for (const { id } of named) assert.ok(compareDistance(target, peerKey(id), own) < 0)
    }
    const nearestToUs = route.next({ ...request, key: own })
    assert.deepEqual(nearestToUs, [])
  })

  test('in a small network everybody is near', () => {
    const { route } = made()
    const some = many.slice(0, 5)
    for (const { id, record } of some) route.online(peerRef(id), record)
    assert.equal(route.next({ key: own, count: 60, exclude: new Set(), nearer: true }).length, 5)
  })

  test('queries about no key go to connected peers in turn', () => {
    const { route } = made()
    for (const { id } of many.slice(0, 4)) route.online(peerRef(id))
    const next = (): readonly PeerId[] =>
      route.next({ key: undefined, count: 2, exclude: new Set() }).map((peer) => peer.id)
    assert.deepEqual(
      [...next(), ...next()],
      many.slice(0, 4).map(({ id }) => id)
    )
  })
})

describe('looking after the table', () => {
  test('a node that is alone looks for nothing, one that has joined looks for itself first', () => {
    const { route, upkeep } = made()
    assert.deepEqual(upkeep(), { check: [], refresh: [], alone: true })
    route.online(peerRef(idOf(5)))
    assert.deepEqual(upkeep(), { check: [], refresh: [{ key: own, width: undefined }], alone: false })
    assert.deepEqual(upkeep().refresh, [])
    route.offline(peerRef(idOf(5)))
    assert.deepEqual(upkeep().refresh, [])
    route.online(peerRef(idOf(6)))
    assert.deepEqual(upkeep().refresh, [{ key: own, width: undefined }])
  })

  test('after joining it looks into each range that is not half full, one at a time, for a few', () => {
    const { route, upkeep } = made({ k: 4, fillWidth: 3 })
    const far = many.filter(({ key }) => sharedBits(own, key) === 0).slice(0, 1)
    const known = [...far, ...many.filter(({ key }) => sharedBits(own, key) > 1)]
    for (const { id, record } of known) route.reachable?.(id, record)
    assert.deepEqual(upkeep().refresh, [{ key: own, width: undefined }])
    const ranges = new Set<number>()
    for (let [one] = upkeep().refresh; one; [one] = upkeep().refresh) {
      ranges.add(sharedBits(own, one.key))
      assert.equal(one.width, 3)
    }
    assert.ok(ranges.has(0))
    for (const bits of ranges) {
      const inRange = known.filter(({ key }) => sharedBits(own, key) === bits)
      assert.ok(inRange.length < 2)
    }
  })

  test('a range where nobody looked for an hour is looked into', async () => {
    const { route, upkeep, nearest, clock } = made({ k: 2 })
    for (const { id, record } of many.slice(0, 20)) route.reachable?.(id, record)
    while (upkeep().refresh.length > 0);
    await clock.advance(1_800_000)
    const [far] = many.filter(({ key }) => sharedBits(own, key) === 0)
    assert.ok(far)
    nearest({ key: far.key, count: 1, exclude: new Set() })
    await clock.advance(1_800_000)
    const looked: number[] = []
    for (let [one] = upkeep().refresh; one; [one] = upkeep().refresh) looked.push(sharedBits(own, one.key))
    assert.ok(looked.length > 1)
    assert.ok(!looked.includes(0))
  })

  test('who has dialled us is worth a dial unless it is a contact already, a client, or of no use to the table', () => {
    const { route } = made({ k: 2, wantedWaiting: 1 })
    const wants = (one: Known): boolean | undefined => route.wants?.(one.id, one.record)
    const far = many.filter(({ key }) => sharedBits(own, key) === 0)
    const [first, second, third, fourth] = far
    const near = many.filter(({ key }) => sharedBits(own, key) > 2)
    assert.ok(first && second && third && fourth && near.length > 2)
    assert.equal(wants(first), true)
    for (const one of [first, second, ...near]) route.reachable?.(one.id, one.record)
    assert.equal(wants(first), false)
    assert.equal(wants(known(many.indexOf(first) + 1, 'memory://moved')), true)
    assert.equal(wants(third), true)
    route.reachable?.(third.id, third.record)
    assert.equal(wants(fourth), false)
    assert.equal(route.wants?.(fourth.id, new Uint8Array(3)), false)
    assert.equal(route.wants?.(self, fourth.record), false)
    route.unreachable?.(first.id, [`memory://peer-${many.indexOf(first) + 1}`])
    for (let i = 0; i < 3; i++) route.silent?.(fourth.id)
    assert.equal(wants(fourth), false)
  })

  test('it looks for nothing of its own where it is told so', () => {
    const { route, upkeep } = made({ lookups: false })
    route.online(peerRef(idOf(5)))
    assert.deepEqual(upkeep().refresh, [])
  })

  test('contacts long unheard of are to be dialled, a few at a time; those that are connected need not', async () => {
    const { route, upkeep, clock } = made({ staleMs: 1000, checkMs: 100 })
    const some = many.slice(0, 5)
    for (const { id, record } of some) route.reachable?.(id, record)
    const [first] = some
    assert.ok(first)
    route.online(peerRef(first.id), first.record)
    await clock.advance(1000)
    const checked = [upkeep(), upkeep(), upkeep()].flatMap(({ check }) => check.map(({ id }) => id))
    assert.deepEqual(new Set(checked), new Set(some.slice(1).map(({ id }) => id)))
    assert.equal(checked.length, 4)
  })
})

test('connected peers of one address block are not all that is near a key, however many they are', () => {
  const { route, nearest } = made({ maxPerBlock: 3 })
  const crowd = Array.from({ length: 30 }, (_, index) => known(index + 1, `tcp://50.1.2.${index + 1}:1`))
  const others = Array.from({ length: 20 }, (_, index) => known(index + 101, `tcp://60.${index + 1}.3.4:1`))
  for (const { id, record } of [...crowd, ...others]) route.online(peerRef(id), record)
  const found = nearest({ key: own, count: 20, exclude: new Set() }).map(({ id }) => id)
  assert.equal(found.length, 20)
  assert.ok(found.filter((id) => crowd.some((one) => one.id === id)).length <= 3)
})

test('a crowd that claims to be in private networks counts where its links end', () => {
  const { route, nearest } = made({ maxPerBlock: 3 })
  const crowd = Array.from({ length: 30 }, (_, index) => known(index + 1, `tcp://10.0.${index}.1:1`))
  const others = Array.from({ length: 20 }, (_, index) => known(index + 101, `tcp://60.${index + 1}.3.4:1`))
  for (const { id, record } of crowd) route.online(peerRef(id), record, '50.1.2.3')
  for (const [index, { id, record }] of others.entries()) route.online(peerRef(id), record, `60.${index + 1}.3.4`)
  const found = nearest({ key: own, count: 20, exclude: new Set() }).map(({ id }) => id)
  assert.equal(found.length, 20)
  assert.ok(found.filter((id) => crowd.some((one) => one.id === id)).length <= 3)
})

test('address blocks have their share of the table', () => {
  const { route, nearest } = made()
  for (let i = 1; i <= 6; i++) {
    const { id, record } = known(i, `tcp://8.8.8.${i}:4001`)
    route.reachable?.(id, record)
  }
  for (let i = 7; i <= 12; i++) {
    const { id, record } = known(i, `tcp://192.168.0.${i}:4001`)
    route.reachable?.(id, record)
  }
  assert.equal(nearest({ key: own, count: 20, exclude: new Set() }).length, 8)
})

test('who is asked and says nothing three times is neither asked nor named for a while, whatever it proves', async () => {
  const { route, nearest, clock } = made({ quietMs: 1000 })
  const [one, other] = many
  assert.ok(one && other)
  const ids = (): readonly string[] => nearest({ key: own, count: 20, exclude: new Set() }).map(({ id }) => id)
  for (const { id, record } of [one, other]) {
    route.reachable?.(id, record)
    route.online(peerRef(id), record)
  }
  route.silent?.(one.id)
  route.silent?.(one.id)
  assert.equal(ids().length, 2)
  route.silent?.(one.id)
  route.reachable?.(one.id, one.record)
  assert.deepEqual(ids(), [other.id])
  assert.equal(route.next({ key: own, count: 5, exclude: new Set() }).length, 1)
  // Silences that lie far apart are bad luck.
  route.silent?.(other.id)
  route.silent?.(other.id)
  await clock.advance(1000)
  route.silent?.(other.id)
  assert.equal(ids().length, 2)
  route.reachable?.(one.id, one.record)
  assert.equal(nearest({ key: own, count: 20, exclude: new Set(), proven: true }).length, 2)
})
