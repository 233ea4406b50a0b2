/** @module test/apps/providers/table: which provider records stay, and what others may have us keep. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProviderRecord } from '../../../src/apps/providers/provider-record.ts'
import { createProviderTable, type KeptProvider, type TableLimits } from '../../../src/apps/providers/table.ts'
import { peerIdFromBytes, type PeerId } from '../../../src/identity/peer-id.ts'
import { seededRandom } from '../../../src/random.ts'
import { virtualClock } from '../../../src/testing/virtual-clock.ts'

const peer = (n: number): PeerId => peerIdFromBytes(new Uint8Array(32).fill(n))
const [keyA, keyB] = [peer(200), peer(201)]

function make(limits: Partial<TableLimits> = {}) {
  const clock = virtualClock()
  const all = { maxRecords: 100, maxPerKey: 100, maxPerPeer: 100, maxPerBlock: 100, ...limits }
  const table = createProviderTable(clock, seededRandom(1), all)
  const entry = (
    provider: number,
    change: Partial<ProviderRecord> = {},
    kept: Partial<KeptProvider> = {}
  ): KeptProvider => ({
    record: {
      key: keyA,
      provider: peer(provider),
      peerRecord: new Uint8Array(0),
      sequence: 1,
      expiresAtMs: clock.now() + 1000,
      withdrawn: false,
      note: new Uint8Array(0),
      signature: new Uint8Array(64),
      ...change,
    },
    expiresAtMs: clock.now() + 1000,
    by: peer(100),
    block: undefined,
    ...kept,
  })
  const of = (key = keyA, limit = 100): string[] => table.of(key, limit).map(({ record }) => record.provider)
  return { clock, table, entry, of }
}

test('an old record replaces nothing, the same one is no news and lives no longer, a newer one replaces', () => {
  const { table, entry, clock } = make()
  assert.equal(table.keep(entry(1, { sequence: 2 })), 'news')
  assert.equal(table.keep(entry(1, { sequence: 1 }, { expiresAtMs: clock.now() + 9000 })), 'older')
  assert.equal(table.keep(entry(1, { sequence: 2 }, { expiresAtMs: clock.now() + 9000 })), 'known')
  assert.equal(table.get(keyA, peer(1))?.expiresAtMs, clock.now() + 1000)
  assert.equal(table.keep(entry(1, { sequence: 3 })), 'news')
  assert.deepEqual(table.size(), { records: 1, others: 1 })
})

test('what is dead is gone, and is not taken in again', async () => {
  const { table, entry, clock, of } = make()
  const one = entry(1)
  table.keep(one)
  await clock.advance(1000)
  assert.deepEqual(of(), [])
  assert.equal(table.keep(one), 'older')
  assert.deepEqual(table.size(), { records: 0, others: 0 })
})

test('a withdrawn provider is not given, and its old record does not bring it back while that could live', () => {
  const { table, entry, of } = make()
  table.keep(entry(1))
  assert.equal(table.keep(entry(1, { sequence: 2, withdrawn: true })), 'news')
  assert.equal(table.keep(entry(1)), 'older')
  assert.deepEqual(of(), [])
})

test('one key takes so many providers and no more; keys do not take from each other', () => {
  const { table, entry, of } = make({ maxPerKey: 2 })
  for (const n of [1, 2]) assert.equal(table.keep(entry(n)), 'news')
  assert.equal(table.keep(entry(3)), 'full')
  assert.equal(table.keep(entry(1, { sequence: 2 })), 'news')
  assert.equal(table.keep(entry(3, { key: keyB })), 'news')
  assert.deepEqual([of().length, of(keyB)], [2, [peer(3)]])
})

test('a full key makes room for somebody of a block that has fewer, at the cost of the block that has most', () => {
  const { table, entry, of } = make({ maxPerKey: 4 })
  for (const n of [1, 2, 3]) table.keep(entry(n, {}, { block: 'crowd' }))
  table.keep(entry(4, {}, { block: 'lone' }))
  assert.equal(table.keep(entry(5, {}, { block: 'crowd' })), 'full')
  assert.equal(table.keep(entry(6)), 'full')
  assert.equal(table.keep(entry(7, {}, { block: 'other' })), 'news')
  assert.deepEqual(new Set(of()), new Set([2, 3, 4, 7].map(peer)))
  // Now two and one and one: nobody has so many that another may take from them.
  assert.equal(table.keep(entry(8, {}, { block: 'lone' })), 'full')
})

test('a full key makes room where somebody withdrew, but a withdrawal pushes nobody out', () => {
  const { table, entry, of } = make({ maxPerKey: 2 })
  table.keep(entry(1))
  table.keep(entry(2))
  assert.equal(table.keep(entry(3, { withdrawn: true }, { block: 'b' })), 'full')
  table.keep(entry(2, { sequence: 2, withdrawn: true }))
  assert.equal(table.keep(entry(4)), 'news')
  assert.deepEqual(new Set(of()), new Set([1, 4].map(peer)))
})

test('what one peer, one address block, and all together may have us keep is bounded', async () => {
  const { table, entry, clock } = make({ maxRecords: 4, maxPerPeer: 2, maxPerBlock: 3 })
  assert.equal(table.keep(entry(1, {}, { by: peer(50), block: 'b' })), 'news')
  assert.equal(table.keep(entry(2, {}, { by: peer(50), block: 'b' })), 'news')
  assert.equal(table.keep(entry(3, {}, { by: peer(50), block: 'b' })), 'full')
  assert.equal(table.keep(entry(3, {}, { by: peer(51), block: 'b' })), 'news')
  assert.equal(table.keep(entry(4, {}, { by: peer(52), block: 'b' })), 'full')
  assert.equal(table.keep(entry(4, {}, { by: peer(52) })), 'news')
  assert.equal(table.keep(entry(5, {}, { by: peer(53) })), 'full')
  // What dies makes room in all three counts.
  await clock.advance(1000)
  assert.equal(table.keep(entry(5, {}, { by: peer(50), block: 'b' })), 'news')
})

test('our own records count in no quota and are pushed out by nobody', () => {
  const { table, entry, of } = make({ maxRecords: 1, maxPerKey: 1 })
  table.keep(entry(9, {}, { by: undefined }))
  assert.equal(table.keep(entry(1, {}, { block: 'b' })), 'full')
  assert.equal(table.keep(entry(1, { key: keyB })), 'news')
  table.keep(entry(9, { key: keyB }, { by: undefined }))
  assert.deepEqual(of(), [peer(9)])
  assert.deepEqual(table.size(), { records: 3, others: 1 })
})

test('of many providers a limited answer names some, and in time all', () => {
  const { table, entry, of } = make()
  for (let n = 1; n <= 20; n++) table.keep(entry(n))
  const seen = new Set<string>()
  for (let i = 0; i < 100; i++) {
    const some = of(keyA, 3)
    assert.equal(new Set(some).size, 3)
    for (const one of some) seen.add(one)
  }
  assert.equal(seen.size, 20)
})
