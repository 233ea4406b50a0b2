/** The routing table against a model that knows everybody it ever saw and searches by brute force. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { PeerId } from '../../src/identity/peer-id.ts'
import { seededRandom } from '../../src/random.ts'
import { defaultKademlia, type KademliaLimits } from '../../src/routes/defaults.ts'
import { createKademliaTable, type Contact, type KademliaTable } from '../../src/routes/kademlia-table.ts'
import { compareDistance, keySharing, sharedBits } from '../../src/routes/xor.ts'

const self = seededRandom(0).bytes(32)

/** Contact `index`: nearer to us the higher `bits`, as chance has it where it is 0. */
function contact(index: number, bits = 0, blocks: readonly string[] = []): Contact {
  const random = seededRandom(index + 1)
  const key = bits === 0 ? random.bytes(32) : keySharing(self, bits, random)
  return { id: `peer ${index}` as PeerId, key, record: new Uint8Array(0), blocks }
}

function made(limits: Partial<KademliaLimits> = {}): KademliaTable {
  return createKademliaTable(self, { ...defaultKademlia, ...limits }, 0)
}

const ids = (contacts: readonly Contact[]): readonly PeerId[] => contacts.map(({ id }) => id)
const nearest = (all: Iterable<Contact>, target: Uint8Array): Contact[] =>
  [...all].toSorted((a, b) => compareDistance(target, a.key, b.key))

/** Every bucket holds what belongs there, and no more than it may. */
function checkShape(table: KademliaTable, limits: KademliaLimits): void {
  const buckets = table.buckets()
  const perBlock = new Map<string, number>()
  for (const [index, bucket] of buckets.entries()) {
    assert.ok(bucket.length <= limits.k, `bucket ${index} has ${bucket.length}`)
    const inBucket = new Map<string, number>()
    for (const { key, blocks } of bucket) {
      const bits = sharedBits(self, key)
      assert.ok(index === buckets.length - 1 ? bits >= index : bits === index)
      for (const block of blocks) {
        inBucket.set(block, (inBucket.get(block) ?? 0) + 1)
        perBlock.set(block, (perBlock.get(block) ?? 0) + 1)
      }
    }
    for (const count of inBucket.values()) assert.ok(count <= limits.maxPerBlockInBucket)
  }
  for (const count of perBlock.values()) assert.ok(count <= limits.maxPerBlock)
  assert.equal(new Set(buckets.flat().map(({ id }) => id)).size, table.size)
}

describe('address blocks', () => {
  test('one block gets its share of a bucket and of the table, and no more', () => {
    const table = made({ k: 3 })
    for (let i = 0; i < 8; i++) table.seen(contact(i, 12 + (i % 4)), i)
    const outcomes = [1, 1, 1, 2, 2, 3, 3, 4, 4, 5].map((bits, i) => table.seen(contact(20 + i, bits, ['10/24']), i))
    const kept = ['kept', 'kept']
    assert.deepEqual(outcomes, [...kept, 'refused', ...kept, ...kept, ...kept, 'refused'])
  })

  test('a bucket that has split counts for itself', () => {
    const table = made({ k: 2 })
    for (let i = 0; i < 8; i++) table.seen(contact(i, 1 + (i % 4), []), i)
    assert.equal(table.seen(contact(10, 1, ['b']), 10), 'waiting')
    assert.equal(table.seen(contact(11, 9, ['b']), 11), 'kept')
    assert.equal(table.seen(contact(12, 9, ['b']), 12), 'kept')
    assert.equal(table.seen(contact(13, 9, ['b']), 13), 'refused')
  })

  test('whoever moves into a full block loses his place, and whoever leaves one frees it', () => {
    const table = made({ maxPerBlock: 1 })
    table.seen(contact(1, 1, ['a']), 1)
    table.seen(contact(2, 2, ['b']), 2)
    assert.equal(table.seen(contact(2, 2, ['a']), 3), 'refused')
    assert.equal(table.get(contact(2).id), undefined)
    table.seen(contact(1, 1, ['c']), 4)
    assert.equal(table.seen(contact(2, 2, ['a']), 5), 'kept')
  })

  test('somebody who waits and whose block has filled meanwhile is passed over', () => {
    const table = made({ k: 2, maxPerBlock: 1 })
    for (const [i, bits] of [1, 1, 5, 6].entries()) table.seen(contact(i, bits), i)
    assert.equal(table.seen(contact(4, 1, ['a']), 4), 'waiting')
    table.seen(contact(5, 7, ['a']), 5)
    table.failed(contact(0).id, 6)
    assert.equal(table.get(contact(4).id), undefined)
  })
})

describe('who stays', () => {
  test('old contacts that live are not pushed out; newcomers wait, and take the place of one that fails', () => {
    const table = made({ k: 3 })
    const far = [0, 1, 2, 3, 4].map((i) => contact(i, 0)).map((one, i) => ({ ...one, key: keyAt(i, 0) }))
    for (let i = 10; i < 13; i++) table.seen(contact(i, 9), 0)
    assert.deepEqual(
      far.map((one, i) => table.seen(one, i)),
      ['kept', 'kept', 'kept', 'waiting', 'waiting']
    )
    table.failed(contact(1).id, 10)
    assert.deepEqual(ids(table.buckets()[0] ?? []), ['peer 0', 'peer 2', 'peer 4'])
    table.failed(contact(0).id, 11)
    assert.deepEqual(ids(table.buckets()[0] ?? []), ['peer 2', 'peer 4', 'peer 3'])
  })

  test('a contact that fails with nobody to replace it stays for a while, is not named, and is forgotten at last', () => {
    const table = made()
    const one = contact(1)
    table.seen(one, 0)
    table.failed(one.id, 1)
    assert.deepEqual(table.closest(self, 5), [])
    assert.equal(table.get(one.id)?.id, one.id)
    table.alive(one.id, 2)
    assert.equal(table.closest(self, 5).length, 1)
    for (let i = 0; i < defaultKademlia.maxFailures; i++) table.failed(one.id, 3 + i)
    assert.equal(table.get(one.id), undefined)
    assert.equal(table.size, 0)
  })

  test('a newcomer of a full bucket takes the place of one that failed before', () => {
    const table = made({ k: 2 })
    for (const [i, bits] of [1, 1, 5, 6].entries()) table.seen(contact(i, bits), i)
    table.failed(contact(0).id, 5)
    assert.equal(table.seen(contact(4, 1), 6), 'kept')
    assert.equal(table.get(contact(0).id), undefined)
  })

  test('our nearest are taken in though their bucket is full', () => {
    const table = made({ k: 2 })
    const [a, b, c] = [0, 1, 2].map((i) => ({ ...contact(i), key: keyAt(i, 0) }))
    assert.ok(a && b && c)
    table.seen(a, 0)
    table.seen(b, 1)
    assert.equal(
      table.seen(c, 2),
      compareDistance(self, c.key, nearest([a, b], self)[1]?.key ?? c.key) < 0 ? 'kept' : 'waiting'
    )
    assert.deepEqual(ids(table.closest(self, 2)), ids(nearest([a, b, c], self).slice(0, 2)))
  })
})

describe('who is worth a dial', () => {
  test('whoever would be kept, or would be one of the few that wait, and nobody else', () => {
    const limits: KademliaLimits = { ...defaultKademlia, k: 4, wantedWaiting: 2, maxPerBlock: 5 }
    fc.assert(
      fc.property(
        fc.array(fc.record({ index: fc.nat(200), bits: fc.nat(9), block: fc.nat(6), fails: fc.boolean() }), {
          maxLength: 120,
        }),
        (steps) => {
          const table = createKademliaTable(self, limits, 0)
          for (const [at, { index, bits, block, fails }] of steps.entries()) {
            const one = contact(index * 10 + bits, bits, block < 3 ? [`${block}/24`] : [])
            if (table.get(one.id) === undefined) {
              const wanted = table.wants(one)
              if (table.seen(one, at) === 'kept') assert.equal(wanted, true)
            }
            if (fails) table.failed(one.id, at)
          }
        }
      )
    )
  })

  test('a full bucket wants a few who wait, not more', () => {
    const table = made({ k: 2, wantedWaiting: 2 })
    for (const [i, bits] of [1, 1, 5, 6].entries()) table.seen(contact(i, bits), i)
    const [third, fourth, fifth] = [contact(4, 1), contact(5, 1), contact(6, 1)]
    for (const one of [third, fourth]) {
      assert.equal(table.wants(one), true)
      assert.equal(table.seen(one, 10), 'waiting')
    }
    assert.equal(table.wants(fifth), false)
    table.failed(contact(0).id, 11)
    assert.equal(table.wants(fifth), true)
  })
})

describe('looking after it', () => {
  test('who is long unheard of is named for a check, once per interval, later after each failure', () => {
    const table = made({ staleMs: 1000, checkMs: 100 })
    const one = contact(1)
    table.seen(one, 0)
    assert.deepEqual(table.toCheck(999, 5), [])
    assert.deepEqual(ids(table.toCheck(1000, 5)), [one.id])
    assert.deepEqual(table.toCheck(1050, 5), [])
    table.failed(one.id, 1100)
    assert.deepEqual(table.toCheck(1299, 5), [])
    assert.deepEqual(ids(table.toCheck(1300, 5)), [one.id])
    table.seen(one, 1310)
    assert.deepEqual(table.toCheck(2309, 5), [])
  })

  test('who gets a place after a long wait is looked after at once', () => {
    const table = made({ k: 2, staleMs: 1000, farStaleMs: 1000, checkMs: 100 })
    for (const [i, bits] of [1, 1, 5, 6].entries()) table.seen(contact(i, bits), i)
    assert.equal(table.seen(contact(4, 1), 10), 'waiting')
    for (const i of [1, 2, 3]) table.alive(contact(i).id, 5000)
    table.failed(contact(0).id, 5000)
    assert.ok(table.get(contact(4).id))
    assert.deepEqual(ids(table.toCheck(5001, 9)), ['peer 4'])
  })

  test('far contacts may go unheard of for longer than our nearest k', () => {
    const table = made({ k: 2, staleMs: 1000, farStaleMs: 5000, checkMs: 100 })
    for (const [i, bits] of [1, 1, 5, 6].entries()) table.seen(contact(i, bits), 0)
    assert.deepEqual(new Set(ids(table.toCheck(1000, 9))), new Set(['peer 2', 'peer 3']))
    assert.deepEqual(table.toCheck(1050, 9), [])
    for (const i of [2, 3]) table.seen(contact(i, 3 + i), 1060)
    assert.deepEqual(table.toCheck(2000, 9), [])
    assert.deepEqual(new Set(ids(table.toCheck(5000, 9))), new Set(['peer 0', 'peer 1', 'peer 2', 'peer 3']))
  })

  test('the one longest unheard of is checked sooner when somebody wants its place, once for each', () => {
    const table = made({ k: 2, contestedMs: 500, checkMs: 100, staleMs: 10_000 })
    for (const [i, bits] of [1, 1, 5, 6].entries()) table.seen(contact(i, bits), i)
    assert.deepEqual(table.toCheck(600, 5), [])
    table.seen(contact(4, 1), 601)
    assert.deepEqual(table.toCheck(602, 0), [])
    assert.deepEqual(ids(table.toCheck(602, 5)), ['peer 0'])
    assert.deepEqual(table.toCheck(702, 5), [])
    table.alive(contact(0).id, 703)
    table.seen(contact(5, 1), 704)
    assert.deepEqual(ids(table.toCheck(705, 5)), ['peer 1'])
    assert.deepEqual(table.toCheck(900, 5), [])
  })

  test('a bucket is named for a refresh when nobody has looked for anything in it for long', () => {
    const table = made({ k: 1, refreshMs: 1000 })
    for (let i = 1; i < 4; i++) table.seen(contact(i, i), 0)
    const last = table.buckets().length - 1
    table.touched(keySharing(self, 0, seededRandom(5)), 500)
    assert.deepEqual(
      table.toRefresh(1000),
      Array.from({ length: last }, (_, i) => i + 1)
    )
    assert.deepEqual(table.toRefresh(1400), [])
    assert.deepEqual(table.toRefresh(1500), [0])
  })
})

describe('against the model', () => {
  type Step = readonly [action: 'seen' | 'failed' | 'alive' | 'remove', index: number]
  const step: fc.Arbitrary<Step> = fc.tuple(
    fc.constantFrom('seen', 'seen', 'seen', 'seen', 'failed', 'alive', 'remove'),
    fc.nat(99)
  )
  const bitsOf = (index: number): number => (index % 3 === 0 ? index % 12 : 0)
  const blocksOf = (index: number): readonly string[] => (index % 4 === 0 ? [`block ${index % 5}`] : [])
  const at = (index: number): Contact => contact(index, bitsOf(index), blocksOf(index))

  test('whatever happens, buckets keep their shape and the nearest are those that a full search finds', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), fc.constantFrom(1, 2, 4, 20), fc.nat(), (steps, k, seed) => {
        const limits = { ...defaultKademlia, k, maxPerBlockInBucket: 2, maxPerBlock: 3, maxWaiting: 3 }
        const table = createKademliaTable(self, limits, 0)
        const failing = new Set<PeerId>()
        for (const [now, [action, index]] of steps.entries()) {
          const one = at(index)
          if (action === 'seen') table.seen(one, now)
          else table[action](one.id, now)
          if (action === 'failed') failing.add(one.id)
          else if (action !== 'remove') failing.delete(one.id)
          assert.ok(action !== 'remove' || table.get(one.id) === undefined)
        }
        checkShape(table, limits)
        const target = seededRandom(seed).bytes(32)
        const live = table
          .buckets()
          .flat()
          .filter(({ id }) => !failing.has(id))
        for (const count of [0, 1, k, 200])
          assert.deepEqual(ids(table.closest(target, count)), ids(nearest(live, target).slice(0, count)))
        const odd = (one: Contact): boolean => one.key[31] !== undefined && one.key[31] % 2 === 1
        assert.deepEqual(ids(table.closest(target, 5, odd)), ids(nearest(live.filter(odd), target).slice(0, 5)))
      }),
      { numRuns: 300 }
    )
  })

  test('while nobody fails: no range knows fewer than k of those it saw, and our nearest k are always known', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(299), { maxLength: 300 }), fc.constantFrom(1, 2, 5, 20), (order, k) => {
        const table = made({ k })
        const seen = new Map<PeerId, Contact>()
        for (const [now, index] of order.entries()) {
          const one = contact(index, bitsOf(index))
          table.seen(one, now)
          seen.set(one.id, one)
        }
        for (const [bits, bucket] of table.buckets().entries()) {
          if (bits === table.buckets().length - 1) continue
          const inRange = [...seen.values()].filter(({ key }) => sharedBits(self, key) === bits)
          assert.equal(bucket.length, Math.min(k, inRange.length))
        }
        assert.deepEqual(ids(table.closest(self, k)), ids(nearest(seen.values(), self).slice(0, k)))
      }),
      { numRuns: 200 }
    )
  })
})

/** A key by chance that shares just `bits` bits with us. */
function keyAt(seed: number, bits: number): Uint8Array {
  return keySharing(self, bits, seededRandom(1000 + seed))
}
