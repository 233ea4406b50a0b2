/** Records outlive their holders: looked after by those who hold them, by their publisher, and when the neighbourhood changes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHolders, nobody, type HolderCounts, type Holders, type Placing } from '../../src/apps/kv/holders.ts'
import { createKeeper } from '../../src/apps/kv/keep.ts'
import { encodeRecord, keyOfRecord, type KvRecord } from '../../src/apps/kv/records.ts'
import { createUpkeep } from '../../src/apps/kv/upkeep.ts'
import { keyToBytes, type Key } from '../../src/apps/kv/key.ts'
import { createAlarm } from '../../src/apps/alarm.ts'
import { utf8Bytes } from '../../src/bytes.ts'
import { peerKey } from '../../src/identity/peer-key.ts'
import { peerRef, type PeerRef } from '../../src/identity/peer-ref.ts'
import { realise } from '../../src/part.ts'
import { seededRandom } from '../../src/random.ts'
import { compareDistance } from '../../src/routes/xor.ts'
import { memory } from '../../src/stores/memory.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'
import { someone } from '../helpers/search-net.ts'

const hour = 3_600_000
const day = 24 * hour

/** The upkeep of node `self` among `neighbours`, with what it does. */
function made(
  neighbours: readonly number[] = [1, 2, 3],
  self = 0,
  copies = 3,
  canPublish: 'yes' | 'not now' | 'not ours' = 'yes'
) {
  const clock = virtualClock()
  const keeper = createKeeper(realise(memory())({ clock, log: () => {} }), clock, undefined)
  const placed: { readonly key: Key; readonly atMs: number }[] = []
  const given: { readonly peer: PeerRef; readonly carried: Uint8Array }[] = []
  const republished: { readonly key: Key; readonly ttlMs: number; readonly atMs: number }[] = []
  const open: ((counts: HolderCounts) => void)[] = []
  const holders: Holders = {
    ...createHolders({
      random: seededRandom(1),
      paths: undefined,
      app: 'kv',
      clock,
      carried: (key) => keeper.carried(key),
      ask: () => {},
      send: () => {},
      wake: () => {},
    }),
    place({ key }: Placing, done) {
      placed.push({ key, atMs: clock.monotonicMs() })
      open.push(done)
    },
    give(peers, request) {
      assert.equal(request.type, 'keep')
      for (const peer of peers) if (request.type === 'keep') given.push({ peer, carried: request.carried })
    },
  }
  let wake: { cancel(): void } | undefined
  const alarm = createAlarm(clock, (delayMs) => {
    wake?.cancel()
    wake = clock.after(delayMs, () => alarm.wake())
  })
  const upkeep = createUpkeep({
    self: someone(self).id,
    clock,
    random: seededRandom(3),
    alarm,
    keeper,
    holders,
    copies,
    replicateMs: hour,
    republishMs: day / 2,
    nearest: (key, count, except, take) =>
      take(
        neighbours
          .map((index) => someone(index))
          .filter(({ id }) => !except.includes(id))
          .toSorted((a, b) => compareDistance(key, a.key, b.key))
          .slice(0, count)
          .map(({ record }) => record)
      ),
    republish(key, care) {
      republished.push({ key, ttlMs: care.ttlMs, atMs: clock.monotonicMs() })
      if (canPublish === 'yes') upkeep.published(key, care)
      return canPublish !== 'not ours'
    },
  })
  const keep = (text: string, ttlMs = day): Key => {
    const record: KvRecord = { kind: 'immutable', value: utf8Bytes(text) }
    const key = keyOfRecord(record)
    keeper.keep({ key, record, bytes: encodeRecord(record), expiresAtMs: clock.now() + ttlMs }, someone(99).id)
    return key
  }
  const ended = (acknowledged = 1): void => {
    for (const done of open.splice(0)) done({ ...nobody(), acknowledged })
  }
  return { clock, keeper, upkeep, placed, given, republished, keep, ended }
}

test('a record that is gone, removed or only cached is not looked after', async () => {
  const { clock, keeper, upkeep, placed, keep } = made()
  const dead = keep('dead', hour / 2)
  const removed = keep('removed')
  const forgotten = keep('forgotten')
  for (const key of [dead, removed, forgotten]) upkeep.held(key)
  keeper.remove(removed)
  upkeep.forget(forgotten)
  await clock.advance(3 * hour)
  assert.deepEqual(placed, [])
})

test('a holder gives a record to the nearest once an hour, unless somebody else did', async () => {
  const { clock, upkeep, placed, keep, ended } = made()
  const [one, other] = [keep('one'), keep('other')]
  upkeep.held(one)
  upkeep.held(other)
  await clock.advance(hour - 1)
  upkeep.held(other)
  assert.deepEqual(placed, [])
  await clock.advance(hour / 4 + 2000)
  assert.deepEqual(
    placed.map(({ key }) => key),
    [one]
  )
  ended()
  await clock.advance(hour)
  ended()
  assert.deepEqual(new Set(placed.map(({ key }) => key)), new Set([one, other]))
})

test('only so many searches are under way at once, and what waited follows', async () => {
  const { clock, upkeep, placed, keep, ended } = made()
  for (let i = 0; i < 10; i++) upkeep.held(keep(`record ${i}`))
  await clock.advance(1.5 * hour)
  assert.equal(placed.length, 4)
  ended()
  await clock.advance(2000)
  assert.equal(placed.length, 8)
})

test('what we published is given a new life in time, and is ours to look after however often others bring it', async () => {
  const { clock, upkeep, placed, republished, keep } = made()
  const [short, long] = [keep('short', 2 * hour), keep('long', 40 * day)]
  upkeep.published(short, { type: 'publish', ttlMs: 2 * hour, copies: 3 })
  upkeep.published(long, { type: 'publish', ttlMs: 40 * day, copies: 3 })
  upkeep.held(short)
  await clock.advance(1.3 * hour)
  assert.deepEqual(
    republished.map(({ key, ttlMs }) => [key, ttlMs]),
    [[short, 2 * hour]]
  )
  await clock.advance(15 * hour)
  assert.deepEqual(republished[1] && [republished[1].key, republished[1].ttlMs], [long, 40 * day])
  assert.deepEqual(placed, [])
})

test('a newcomer among the nearest is given what it should hold, by the nearest that holds it', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const newcomer = someone(100 + seed)
    const members = [0, 1, 2, 3, 4, 5]
    const keys: Key[] = []
    const given = new Map<Key, number[]>()
    for (const self of members) {
      const node = made(
        members.filter((index) => index !== self),
        self,
        3
      )
      for (let i = 0; i < 20; i++) keys[i] = node.keep(`record ${i}`)
      for (const key of keys) node.upkeep.held(key)
      node.upkeep.met(peerRef(newcomer.id))
      node.upkeep.met(peerRef(newcomer.id))
      for (const { carried } of node.given) {
        const key = keys.find((one) => Buffer.from(carried).equals(Buffer.from(node.keeper.carried(one) ?? [])))
        assert.ok(key)
        given.set(key, [...(given.get(key) ?? []), self])
      }
    }
    for (const key of keys) {
      const target = keyToBytes(key)
      const byDistance = (indexes: readonly number[]): number[] =>
        indexes.toSorted((a, b) => compareDistance(target, someone(a).key, someone(b).key))
      const [nearest] = byDistance(members)
      const nearerThanIt = members.filter(
        (index) => compareDistance(target, someone(index).key, peerKey(newcomer.id)) < 0
      ).length
      const givers = given.get(key) ?? []
      // Each gives what it is the nearest to, as far as its three nearest neighbours tell.
      if (nearerThanIt >= 3 + 2) assert.deepEqual(givers, [])
      if (nearerThanIt < 3) assert.ok(givers.includes(nearest ?? -1))
    }
  }
})

test('a new life that could not be given is tried again well before the old one ends; a record that is not ours to write is held', async () => {
  const care = { type: 'publish', ttlMs: 8 * hour, copies: 3 } as const
  const later = made([1, 2, 3], 0, 3, 'not now')
  later.upkeep.published(later.keep('ours', 8 * hour), care)
  await later.clock.advance(7 * hour)
  assert.ok(later.republished.length >= 3, `${later.republished.length} tries`)

  const never = made([1, 2, 3], 0, 3, 'not ours')
  const key = never.keep('of another identity')
  never.upkeep.published(key, care)
  await never.clock.advance(6 * hour)
  assert.equal(never.republished.length, 1)
  assert.deepEqual(never.placed[0]?.key, key)
})

test('what nobody acknowledged is given again sooner', async () => {
  const { clock, upkeep, placed, keep, ended } = made()
  upkeep.held(keep('alone'))
  await clock.advance(1.25 * hour + 2000)
  assert.equal(placed.length, 1)
  ended(0)
  await clock.advance(hour / 8 + hour / 32 + 2000)
  assert.equal(placed.length, 2)
  ended(1)
  await clock.advance(hour / 2)
  assert.equal(placed.length, 2)
})

test('of more than can be given within the hour, what has waited longest comes first, so that none waits for ever', async () => {
  const { clock, upkeep, placed, keep, ended } = made()
  const keys = Array.from({ length: 60 }, (_, i) => keep(`record ${i}`, 3 * day))
  for (const key of keys) upkeep.held(key)
  // One search at a time is over each two minutes: thirty an hour.
  for (let i = 0; i < 40; i++) {
    await clock.advance(10 * 60_000)
    ended()
  }
  assert.equal(new Set(placed.map(({ key }) => key)).size, keys.length)
})

test('records that live for seconds leave nothing to do behind them, and hold up nobody', async () => {
  const { clock, upkeep, placed, keep, keeper } = made()
  const key = keep('for long')
  upkeep.held(key, clock.now() + day)
  for (let i = 0; i < 2000; i++) upkeep.held(keep(`brief ${i}`, 1000), clock.now() + 1000)
  await clock.advance(1.25 * hour + 20_000)
  assert.deepEqual(
    placed.map((one) => one.key),
    [key]
  )
  assert.equal(keeper.size().records, 1)
})

test('an earlier run’s publications go on where they were, what it held comes within the hour, each at a time of its own', async () => {
  const { clock, upkeep, placed, republished, keep, ended } = made()
  const care = { type: 'publish', ttlMs: day, copies: 3 } as const
  const [fresh, overdue] = [keep('fresh', 20 * hour), keep('overdue', 2 * hour)]
  upkeep.recalled(fresh, care, clock.now() + 20 * hour)
  upkeep.recalled(overdue, care, clock.now() + 2 * hour)
  for (let i = 0; i < 8; i++) {
    const key = keep(`held ${i}`)
    upkeep.recalled(key, { type: 'hold' }, clock.now() + day)
  }
  for (let i = 0; i < 13; i++) {
    await clock.advance(5 * 60_000)
    ended()
  }
  assert.equal(placed.length >= 8, true)
  assert.ok(new Set(placed.map(({ atMs }) => atMs)).size > 4)
  assert.deepEqual(
    republished.map(({ key }) => key),
    [overdue]
  )
  for (let i = 0; i < 48; i++) {
    await clock.advance(hour / 6)
    ended()
  }
  assert.ok(republished.some(({ key }) => key === fresh))
})
