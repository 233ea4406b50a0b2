/** @module test/apps/kv-keep: which record stays when several come under one key, and what others may have us keep. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createKeeper, type Keeper } from '../../src/apps/kv/keep.ts'
import type { KvOptions } from '../../src/apps/kv/protocol.ts'
import { encodeRecord, keyOfRecord, type KvRecord } from '../../src/apps/kv/records.ts'
import type { ValidRecord } from '../../src/apps/kv/validate.ts'
import { utf8Bytes } from '../../src/bytes.ts'
import { peerIdFromBytes } from '../../src/identity/peer-id.ts'
import { realise } from '../../src/part.ts'
import { memory } from '../../src/stores/memory.ts'
import { virtualClock, type VirtualClock } from '../../src/testing/virtual-clock.ts'

const [peer, other] = [1, 2].map((n) => peerIdFromBytes(new Uint8Array(32).fill(n)))

function make(
  quota?: KvOptions['keepSpread'],
  maxRecords = 100
): { readonly keeper: Keeper; readonly clock: VirtualClock } {
  const clock = virtualClock()
  return { clock, keeper: createKeeper(realise(memory({ maxRecords }))({ clock }), clock, quota) }
}

function valid(clock: VirtualClock, record: KvRecord, ttlMs = 1000): ValidRecord {
  return { key: keyOfRecord(record), record, bytes: encodeRecord(record), expiresAtMs: clock.now() + ttlMs }
}
const open = (sequence: number, text = 'v', name = 'n'): KvRecord => ({
  kind: 'open',
  name,
  value: utf8Bytes(text),
  sequence,
})

test('an older record that comes later replaces nothing', () => {
  const { keeper, clock } = make()
  assert.equal(keeper.keep(valid(clock, open(2))), 'news')
  assert.equal(keeper.keep(valid(clock, open(1), 50_000_000), peer), 'older')
  assert.equal(keeper.keep(valid(clock, open(2)), peer), 'known')
  assert.deepEqual(keeper.held(keyOfRecord(open(0)))?.record, open(2))
})

test('two records of one sequence end the same, whichever comes first', () => {
  const ends = [
    ['a', 'b'],
    ['b', 'a'],
  ].map((order) => {
    const { keeper, clock } = make()
    for (const text of order) keeper.keep(valid(clock, open(1, text)), peer)
    return keeper.held(keyOfRecord(open(1)))?.record
  })
  assert.deepEqual(ends[0], ends[1])
})

test('the same record again is news only if it lives notably longer, so transit alone keeps nothing alive', () => {
  const { keeper, clock } = make()
  keeper.keep(valid(clock, open(1), 1000), peer)
  assert.equal(keeper.keep(valid(clock, open(1), 1500), other), 'known')
  assert.equal(keeper.held(keyOfRecord(open(1)))?.expiresAtMs, clock.now() + 1000)
  assert.equal(keeper.keep(valid(clock, open(1), 100_000), other), 'news')
  assert.equal(keeper.held(keyOfRecord(open(1)))?.expiresAtMs, clock.now() + 100_000)
  // Our own user's wish counts at once.
  assert.equal(keeper.keep(valid(clock, open(1), 100_001)), 'news')
})

test('a quota is per peer and in all, and comes back when records die, are removed or become ours', async () => {
  const { keeper, clock } = make({ maxRecords: 3, maxPerPeer: 2 })
  const named = (name: string): ValidRecord => valid(clock, open(1, 'v', name))
  assert.deepEqual(
    ['a', 'b', 'c'].map((name) => keeper.keep(named(name), peer)),
    ['news', 'news', 'full']
  )
  assert.equal(keeper.keep(valid(clock, open(2, 'v', 'a')), peer), 'news')
  assert.deepEqual(
    ['c', 'd'].map((name) => keeper.keep(named(name), other)),
    ['news', 'full']
  )
  assert.equal(keeper.keep(valid(clock, open(3, 'v', 'a'))), 'news')
  assert.equal(keeper.size().spreadRecords, 2)
  assert.equal(keeper.keep(named('d'), peer), 'news')
  keeper.remove(named('d').key)
  assert.equal(keeper.keep(named('e'), peer), 'news')
  await clock.advance(1000)
  assert.deepEqual([keeper.size().records, keeper.size().spreadRecords], [0, 0])
  assert.deepEqual(
    ['x', 'y', 'z'].map((name) => keeper.keep(named(name), peer)),
    ['news', 'news', 'full']
  )
})

test('our own record stays ours when a peer brings its next version, whatever the quota', () => {
  const { keeper, clock } = make(false)
  keeper.keep(valid(clock, open(1)))
  assert.equal(keeper.keep(valid(clock, open(2)), peer), 'news')
  assert.equal(keeper.keep(valid(clock, open(1, 'v', 'foreign')), peer), 'full')
  assert.equal(keeper.size().spreadRecords, 0)
})

test('a quota per address block counts all its peers together; one that is not known, or private, counts nowhere', async () => {
  const { keeper, clock } = make({ maxPerPeer: 9, maxPerBlock: 2 })
  const named = (name: string, sequence = 1): ValidRecord => valid(clock, open(sequence, 'v', name))
  assert.deepEqual(
    [
      keeper.keep(named('a'), peer, 'block'),
      keeper.keep(named('b'), other, 'block'),
      keeper.keep(named('c'), peer, 'block'),
    ],
    ['news', 'news', 'full']
  )
  assert.equal(keeper.keep(named('a', 2), other, 'block'), 'news', 'a newer version of what it counts for already')
  assert.equal(keeper.keep(named('c'), peer, 'elsewhere'), 'news')
  // The newest wins, and counts where it counted before: it may not move into a full block.
  assert.equal(keeper.keep(named('c', 2), other, 'block'), 'news')
  assert.equal(keeper.held(named('c').key)?.keeping.block, 'elsewhere')
  for (const name of ['d', 'e', 'f']) assert.equal(keeper.keep(named(name), peer), 'news')
  keeper.remove(named('a').key)
  assert.equal(keeper.keep(named('g'), peer, 'block'), 'news')
  await clock.advance(1000)
  assert.equal(keeper.keep(named('h'), peer, 'block'), 'news')
})

test('when all room is taken, cached copies go first, then the oldest of whoever has the most', () => {
  const { keeper, clock } = make({ maxRecords: 4 })
  const put = (n: number, by = peer): string => keeper.keep(valid(clock, open(1, 'v', `n${n}`)), by)
  assert.equal(keeper.cache(valid(clock, open(1, 'v', 'copy')), other ?? 'passing'), 'news')
  assert.deepEqual([put(1), put(2), put(3), put(4)], ['news', 'news', 'news', 'news'])
  assert.equal(keeper.held(keyOfRecord(open(1, 'v', 'copy'))), undefined)
  // He has the most himself.
  assert.equal(put(5), 'full')
  assert.equal(put(6, other), 'news')
  assert.equal(keeper.held(keyOfRecord(open(1, 'v', 'n1'))), undefined)
  assert.equal(put(7, other), 'news')
  // Two each: neither pushes the other out, and a copy pushes out nobody.
  assert.equal(put(8, other), 'full')
  assert.equal(put(9), 'full')
  assert.equal(keeper.cache(valid(clock, open(1, 'v', 'copy')), 'passing'), 'full')
})

test('a block answers for all of its peers', () => {
  const { keeper, clock } = make({ maxRecords: 3 })
  const ids = [10, 11, 12].map((n) => peerIdFromBytes(new Uint8Array(32).fill(n)))
  for (const [i, id] of ids.entries()) keeper.keep(valid(clock, open(1, 'v', `n${i}`)), id, '10/24')
  assert.equal(keeper.keep(valid(clock, open(1, 'v', 'new')), peer, 'b/24'), 'news')
  assert.equal(keeper.held(keyOfRecord(open(1, 'v', 'n0'))), undefined)
})

test('a cached copy does not count as held until somebody has us keep it', () => {
  const { keeper, clock } = make()
  const key = keyOfRecord(open(1))
  keeper.cache(valid(clock, open(1)), 'passing')
  assert.equal(keeper.isCached(key), true)
  assert.equal(keeper.keep(valid(clock, open(1)), peer), 'news')
  assert.equal(keeper.isCached(key), false)
  keeper.keep(valid(clock, open(1, 'mine', 'm')))
  assert.equal(keeper.renew(valid(clock, open(2, 'mine', 'm'))), 'news')
  assert.equal(keeper.size().spreadRecords, 1)
})

test('a copy that passes by leaves alone what is held, unless it is newer: then that is what is held, as long and for whom it was', () => {
  const { keeper, clock } = make()
  keeper.keep(valid(clock, open(2), 5000), peer, 'b/24', { type: 'hold' })
  const { key } = valid(clock, open(2))
  assert.equal(keeper.cache(valid(clock, open(2), 90_000), other ?? 'passing'), 'known')
  assert.equal(keeper.cache(valid(clock, open(1), 90_000), other ?? 'passing'), 'older')
  assert.equal(keeper.held(key)?.expiresAtMs, clock.now() + 5000)
  assert.equal(keeper.cache(valid(clock, open(3), 9000), other ?? 'passing', undefined, 10), 'news')
  assert.deepEqual(keeper.held(key), {
    record: open(3),
    keeping: { by: peer, block: 'b/24', cached: false, care: { type: 'hold' } },
    expiresAtMs: clock.now() + 9000,
  })
})

test('an older version never comes back: not as a copy, not spread, not by a repair, not by our own wish', () => {
  for (const by of [undefined, peer]) {
    const { keeper, clock } = make()
    const old = valid(clock, open(1), 90_000)
    keeper.keep(valid(clock, open(2)), by)
    const replays = [
      keeper.keep(old),
      keeper.keep(old, peer),
      keeper.keep(old, other, undefined, { type: 'hold' }),
      keeper.cache(old, 'passing'),
      keeper.renew(old),
    ]
    assert.deepEqual(new Set(replays), new Set(['older']))
    assert.deepEqual(keeper.held(old.key)?.record, open(2))
    // Nor where the newer one is a copy itself.
    const copies = make()
    copies.keeper.cache(valid(copies.clock, open(2)), 'passing')
    assert.equal(copies.keeper.keep(old, peer), 'older')
    assert.equal(copies.keeper.cache(old, peer ?? 'passing'), 'older')
  }
})

test('what others had us keep makes room for our own program, copies first, and never the other way round', () => {
  const { keeper, clock } = make(undefined, 3)
  keeper.cache(valid(clock, open(1, 'v', 'copy')), 'passing')
  keeper.keep(valid(clock, open(1, 'v', 'theirs')), peer)
  keeper.keep(valid(clock, open(1, 'v', 'mine 0')))
  const names = ['copy', 'theirs', 'mine 0', 'mine 1', 'mine 2', 'mine 3']
  const left = (): string[] => names.filter((name) => keeper.held(keyOfRecord(open(1, 'v', name))))
  assert.equal(keeper.keep(valid(clock, open(1, 'v', 'mine 1'))), 'news')
  assert.deepEqual(left(), ['theirs', 'mine 0', 'mine 1'])
  assert.equal(keeper.keep(valid(clock, open(1, 'v', 'mine 2'))), 'news')
  assert.deepEqual(left(), ['mine 0', 'mine 1', 'mine 2'])
  assert.equal(keeper.keep(valid(clock, open(1, 'v', 'mine 3'))), 'full')
  assert.equal(keeper.keep(valid(clock, open(1, 'v', 'theirs')), peer), 'full')
  assert.deepEqual(left(), ['mine 0', 'mine 1', 'mine 2'])
})

test('bytes of others are bounded too: whoever has the most of them makes room, and nobody in vain', () => {
  const gone: string[] = []
  const clock = virtualClock()
  const keeper = createKeeper(
    realise(memory())({ clock }),
    clock,
    { maxBytes: 3000 },
    { evicted: (key) => void gone.push(key) }
  )
  const put = (name: string, size: number, by = peer): string =>
    keeper.keep(valid(clock, { kind: 'open', name, value: new Uint8Array(size), sequence: 1 }), by)
  assert.deepEqual([put('a', 1000), put('b', 1000)], ['news', 'news'])
  // He has the most himself; one alone may have it all.
  assert.deepEqual([put('c', 1000), put('c', 700)], ['full', 'news'])
  // All of the others would have to go.
  assert.equal(put('too long', 2900, other), 'full')
  assert.deepEqual(gone, [])
  assert.equal(put('d', 1000, other), 'news')
  assert.deepEqual(gone, [keyOfRecord(open(1, 'v', 'a'))])
  assert.ok(keeper.size().spreadBytes <= 3000)
})

test('what we put ourselves is ours from then on, though it was kept for others: no quota ends it', () => {
  const { keeper, clock } = make()
  keeper.keep(valid(clock, open(1), 5000), peer)
  assert.equal(keeper.keep(valid(clock, open(1), 1000)), 'news')
  assert.equal(keeper.size().spreadRecords, 0)
  assert.equal(keeper.held(keyOfRecord(open(1)))?.expiresAtMs, clock.now() + 5000)
})

test('while the disk is behind nobody makes room for anybody', () => {
  const clock = virtualClock()
  const store = realise(memory())({ clock })
  let isBehind = false
  const keeper = createKeeper({ ...store, put: (...args) => (isBehind ? 'busy' : store.put(...args)) }, clock, {
    maxRecords: 2,
  })
  for (const name of ['a', 'b']) keeper.keep(valid(clock, open(1, 'v', name)), peer)
  isBehind = true
  assert.equal(keeper.keep(valid(clock, open(1, 'v', 'c')), other), 'busy')
  assert.equal(keeper.keep(valid(clock, open(1, 'v', 'mine'))), 'busy')
  assert.equal(keeper.size().spreadRecords, 2)
})
