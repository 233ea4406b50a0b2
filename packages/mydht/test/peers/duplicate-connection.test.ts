import assert from 'node:assert/strict'
import { test } from 'node:test'
import { peerIdFromBytes } from '../../src/identity/peer-id.ts'
import { isAnew, linkToDrain, type ProvenConnection } from '../../src/peers/duplicate-connection.ts'
import { seededRandom } from '../../src/random.ts'

const low = peerIdFromBytes(new Uint8Array(32).fill(1))
const high = peerIdFromBytes(new Uint8Array(32).fill(2))
const at = (link: number, outgoing: boolean, startedAtMs: number, provenAtMs: number): ProvenConnection => ({
  link,
  outgoing,
  startedAtMs,
  provenAtMs,
})

test('of two dials of the same side the newest stays, even when they overlapped', () => {
  for (const outgoing of [true, false]) {
    assert.equal(linkToDrain(low, high, at(1, outgoing, 0, 30), at(2, outgoing, 10, 20)), 1)
    assert.equal(linkToDrain(low, high, at(2, outgoing, 10, 20), at(1, outgoing, 0, 30)), 1)
  }
})

test('of two opposite dials that overlapped the lower PeerId stays, whichever end asks', () => {
  assert.equal(linkToDrain(low, high, at(1, true, 0, 20), at(2, false, 10, 30)), 2)
  assert.equal(linkToDrain(high, low, at(1, true, 0, 20), at(2, false, 10, 30)), 1)
})

test('of two opposite dials one after the other the newest stays: the other end may have restarted', () => {
  for (const [self, peer] of [
    [low, high],
    [high, low],
  ] as const) {
    assert.equal(linkToDrain(self, peer, at(1, true, 0, 20), at(2, false, 500, 520)), 1)
    assert.equal(linkToDrain(self, peer, at(1, false, 0, 20), at(2, true, 500, 520)), 1)
  }
})

test('only a dial from the other end, later than a round trip after the older connection, is a new beginning', () => {
  const older = at(1, true, 0, 20)
  assert.equal(isAnew(older, at(2, false, 500, 520)), true)
  assert.equal(isAnew(at(1, false, 0, 20), at(2, false, 500, 520)), true)
  // It began before the other end can have known of the older one: both dialled at once, as slow as either was.
  assert.equal(isAnew(older, at(2, false, 35, 60)), false)
  assert.equal(isAnew(older, at(2, true, 500, 520)), false)
  // What began before the older one is no answer to it.
  assert.equal(isAnew(at(2, true, 500, 520), at(1, false, 0, 900)), false)
})

/** Two ends with clocks of their own; gives for each the connections as it saw them. Delays are those of the ways a→b and b→a. */
function seen(
  dialA: number,
  dialB: number,
  toB: number,
  toA: number,
  skew: number
): { readonly a: ProvenConnection[]; readonly b: ProvenConnection[] } {
  // A dials connection 1: message 1 travels, message 2 back, message 3.
  const one = { start: dialA, arrive: dialA + toB, back: dialA + toB + toA, end: dialA + 2 * toB + toA }
  const two = { start: dialB, arrive: dialB + toA, back: dialB + toA + toB, end: dialB + 2 * toA + toB }
  return {
    a: [at(1, true, one.start, one.back), at(2, false, two.arrive, two.end)],
    b: [at(1, false, one.arrive + skew, one.end + skew), at(2, true, two.start + skew, two.back + skew)],
  }
}

test('both ends drain the same connection, for 20000 random dials, delays and clocks', () => {
  const random = seededRandom(3)
  for (let i = 0; i < 20_000; i++) {
    const view = seen(
      1_000 + random.below(400),
      1_000 + random.below(400),
      1 + random.below(60),
      1 + random.below(60),
      random.below(9_999)
    )
    const [a1, a2] = view.a
    const [b1, b2] = view.b
    if (!a1 || !a2 || !b1 || !b2) throw new Error('no connections')
    for (const [idA, idB] of [
      [low, high],
      [high, low],
    ] as const) {
      assert.equal(linkToDrain(idA, idB, a1, a2), linkToDrain(idB, idA, b1, b2), JSON.stringify(view))
    }
  }
})
