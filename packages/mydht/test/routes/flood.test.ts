import assert from 'node:assert/strict'
import { test } from 'node:test'
import { peerIdFromBytes } from '../../src/identity/peer-id.ts'
import type { PeerId } from '../../src/identity/peer-id.ts'
import { peerRef } from '../../src/identity/peer-ref.ts'
import { realise } from '../../src/part.ts'
import { seededRandom } from '../../src/random.ts'
import { createFlood, flood } from '../../src/routes/flood.ts'
import { routeSuite } from '../../src/testing/route-suite.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'

const idOf = (index: number): PeerId => peerIdFromBytes(new Uint8Array(32).fill(index))
const create = (self: PeerId) => createFlood()({ self, clock: virtualClock(), random: seededRandom(1) })

routeSuite({ test, create })

function made(count: number) {
  const route = create(idOf(200))
  for (let index = 0; index < count; index++) route.online(peerRef(idOf(index)))
  const next = (wanted: number, exclude: readonly number[] = []) =>
    route
      .next({ key: undefined, count: wanted, exclude: new Set(exclude.map(idOf)) })
      .map((peer) => [...Array(count).keys()].find((index) => idOf(index) === peer.id))
  return { route, next }
}

test('flood() is plain data that makes a flood', () => {
  const factory = realise(flood())
  assert.equal(factory({ self: idOf(1), clock: virtualClock(), random: seededRandom(1) }).name, 'flood')
})

test('peers are taken in turn, in the order of their coming', () => {
  const { next } = made(5)
  assert.deepEqual(
    [next(2), next(2), next(2)],
    [
      [0, 1],
      [2, 3],
      [4, 0],
    ]
  )
})

test('the excluded are passed over, in one turn at most', () => {
  const { next } = made(5)
  assert.deepEqual(next(3, [1, 2]), [0, 3, 4])
  assert.deepEqual(next(5, [0]), [1, 2, 3, 4])
})

test('removing the peer under the cursor, or the last one, loses nobody else', () => {
  const { route, next } = made(4)
  next(1)
  route.offline(peerRef(idOf(1)))
  assert.deepEqual(next(3), [2, 3, 0])
  next(1)
  route.offline(peerRef(idOf(3)))
  assert.deepEqual(next(2), [0, 2])
})

test('a peer that comes back goes to the end', () => {
  const { route, next } = made(3)
  route.offline(peerRef(idOf(0)))
  route.online(peerRef(idOf(0)))
  assert.deepEqual(next(3), [1, 2, 0])
})
