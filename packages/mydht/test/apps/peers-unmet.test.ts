/** @module test/apps/peers-unmet: peers of an earlier run wait in an order of chance, whatever their ids are. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createUnmet } from '../../src/apps/peers/unmet.ts'
import { peerIdFromBytes, type PeerId } from '../../src/identity/peer-id.ts'
import { seededRandom } from '../../src/random.ts'

const ids = (count: number): readonly PeerId[] =>
  Array.from({ length: count }, (_, i) => peerIdFromBytes(new Uint8Array(32).fill(i + 1)))

test('who was never added, and who is added twice, is there once or not at all', () => {
  const unmet = createUnmet(seededRandom(1))
  const [a, b] = ids(2)
  assert.ok(a && b)
  unmet.delete(a)
  assert.deepEqual([...unmet.ids()], [])
  unmet.add(a)
  unmet.add(a)
  assert.deepEqual([...unmet.ids()], [a])
  assert.deepEqual([unmet.has(a), unmet.has(b)], [true, false])
})

test('against a model, whatever is added and taken away', () => {
  const random = seededRandom(2)
  const unmet = createUnmet(random)
  const model = new Set<PeerId>()
  const all = ids(40)
  for (let step = 0; step < 2000; step++) {
    const id = all[random.below(all.length)]
    assert.ok(id)
    if (random.below(2) === 0) {
      unmet.add(id)
      model.add(id)
    } else {
      unmet.delete(id)
      model.delete(id)
    }
    assert.deepEqual([...unmet.ids()].toSorted(), [...model].toSorted())
  }
})

test('who comes first is chance: of four each is the first about as often', () => {
  const random = seededRandom(3)
  const first = new Map<PeerId | undefined, number>()
  for (let round = 0; round < 4000; round++) {
    const unmet = createUnmet(random)
    for (const id of ids(4)) unmet.add(id)
    const [one] = unmet.ids()
    first.set(one, (first.get(one) ?? 0) + 1)
  }
  // Five standard deviations.
  for (const id of ids(4)) assert.ok(Math.abs((first.get(id) ?? 0) - 1000) < 140, `${first.get(id)}`)
})
