/** @module test/apps/kv/restart: what a kv service knows again when it starts over a store that outlived it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kv, openKey, type FoundProvider, type KvOptions } from '../../../src/apps/kv/kv.ts'
import { part } from '../../../src/part.ts'
import { createMemoryStore } from '../../../src/stores/memory.ts'
import type { Store, StorePart, StoreParts } from '../../../src/stores/store.ts'
import { appNet, type NetOptions } from '../../helpers/app-harness.ts'

const hour = 3_600_000
const day = 24 * hour

/** A store that is the same each time it is opened. `outlives`: whether it says so. */
function lasting(outlives = true): StorePart {
  let kept: Store | undefined
  return part(import.meta.url, 'lasting', undefined, () => (parts: StoreParts) => {
    kept ??= { ...createMemoryStore({})(parts), outlives, close: async () => {} }
    return kept
  })
}

/** A node 0 over such a store, linked with `others` more. */
function made(others: number, options: KvOptions = {}, more: NetOptions<KvOptions> = {}) {
  const store = lasting()
  const links = [Array.from({ length: others }, (_, i) => i + 1), ...Array.from({ length: others }, () => [])]
  const optionsOf = (index: number): KvOptions | undefined => (index === 0 ? { ...options, store } : options)
  const net = appNet(kv(options), links, { name: 'kv', optionsOf, ...more })
  return { ...net, self: net.node(0).api, store }
}
const listOf = async (found: AsyncIterable<FoundProvider>): Promise<string[]> => {
  const list: string[] = []
  for await (const { provider } of found) list.push(provider)
  return list
}

test('what was removed, withdrawn, or has died meanwhile does not come back', async () => {
  const net = made(1, { replicas: 1 })
  const { key: removed } = await net.self.put('removed')
  const { key: dead } = await net.self.put('dead', { ttlMs: hour })
  await net.self.remove(removed)
  const key = openKey('data')
  await net.self.provide(key)
  await net.self.withdraw(key)
  await net.node(0).stop()
  await net.clock.advance(2 * hour)
  await net.restart(0)
  await net.settle()
  assert.deepEqual(
    [await net.self.get(removed, { hops: 0 }), await net.self.get(dead, { hops: 0 })],
    [undefined, undefined]
  )
  assert.equal((await net.self.stats()).providers.provided, 0)
})

test('quotas of others hold after a start, and our own records are in none of them', async () => {
  const quota = { maxRecords: 5, maxPerPeer: 2, maxPerBlock: 3 }
  const host = (index: number): string => `8.8.8.${index}`
  const net = made(3, { keepSpread: quota }, { host })
  await net.self.put('ours')
  for (const peer of [1, 2]) {
    for (const text of ['a', 'b']) await net.node(peer).api.put(`${text} of ${peer}`, { spread: 1 })
  }
  const before = await net.self.stats()
  assert.deepEqual([before.spreadRecords, before.full], [3, 1])
  await net.restart(0)
  const after = await net.self.stats()
  assert.deepEqual([after.records, after.spreadRecords, after.spreadBytes], [4, 3, before.spreadBytes])
  await net.node(3).api.put('one too many of the block', { spread: 1 })
  assert.deepEqual([(await net.self.stats()).full, (await net.self.stats()).spreadRecords], [1, 3])
})

test('a cached copy is one still: it answers no question for holders, and goes first', async () => {
  const net = made(2, { cachePassing: true, open: true })
  const { key } = await net.node(1).api.putOpen('n', 'v')
  // 2 asks 0, which asks 1: the answer passes through 0.
  assert.equal(await net.node(2).api.getText(key), 'v')
  await net.restart(0)
  assert.equal(await net.self.getText(key, { hops: 0 }), 'v')
  assert.equal(await net.self.getText(key, { hops: 0, quorum: 2 }), undefined)
})

test('a publisher goes on giving its records a new life, with as many copies as it was told; what it kept for itself stays where it is', async () => {
  const net = made(2, { replicas: 2, open: true })
  const { key: put } = await net.self.put('put', { ttlMs: day })
  const { key: published, sequence } = await net.self.publish('name', 'published', { ttlMs: day })
  const { key: one } = await net.self.put('for one', { ttlMs: day, replicas: 1 })
  const { key: mine } = await net.self.put('mine', { ttlMs: day, replicas: 0 })
  await net.clock.advance(6 * hour)
  await net.restart(0)
  await net.clock.advance(14 * hour)
  await net.settle()
  // Twenty hours old, and living for longer than four more.
  const lives = async (at: number, key: typeof put): Promise<number | undefined> => {
    for await (const { expiresAtMs } of net.node(at).api.find(key, { hops: 0 })) return expiresAtMs - net.clock.now()
    return undefined
  }
  for (const at of [0, 1, 2]) {
    for (const key of [put, published]) assert.ok(((await lives(at, key)) ?? 0) > 12 * hour, `${key} at ${at}`)
  }
  const resolved = await net.node(1).api.resolve(net.node(0).peer.id, 'name', { hops: 0 })
  assert.ok(resolved && resolved.sequence > sequence)
  assert.equal([await lives(1, one), await lives(2, one)].filter((life) => life !== undefined).length, 1)
  assert.deepEqual([await lives(1, mine), await lives(2, mine)], [undefined, undefined])
  assert.ok(((await lives(0, mine)) ?? Infinity) <= 4 * hour)
})

test('a holder gives what it holds to the nearest again, though it was started within the hour', async () => {
  const net = made(2, { replicas: 2, open: true })
  net.cut(0, 2)
  const { key } = await net.node(1).api.putOpen('n', 'held')
  assert.equal(await net.node(0).api.getText(key, { hops: 0 }), 'held')
  net.cut(0, 1)
  await net.node(1).stop()
  await net.restart(0)
  net.join(0, 2)
  await net.clock.advance(1.5 * hour)
  await net.settle()
  assert.equal(await net.node(2).api.getText(key, { hops: 0 }), 'held')
})

test('another network finds nothing of this one in the store', async () => {
  const net = made(0)
  const { key } = await net.self.put('ours')
  await net.self.provide(openKey('data'))
  const other = appNet(kv({ store: net.store }), [[]], { name: 'kv', network: () => 'another' })
  await other.settle()
  assert.equal(await other.node(0).api.get(key, { hops: 0 }), undefined)
  assert.equal((await other.node(0).api.stats()).providers.provided, 0)
})

test('what we provide goes out again by itself, with its note, and can be withdrawn as if we had never been away', async () => {
  const net = made(1)
  const key = openKey('data')
  await net.self.provide(key, { note: 'here' })
  await net.node(0).stop()
  // Longer than the record lives.
  await net.clock.advance(4 * hour)
  assert.deepEqual(await listOf(net.node(1).api.providers(key, { hops: 0 })), [])
  await net.restart(0)
  await net.clock.advance(2000)
  assert.deepEqual(await listOf(net.node(1).api.providers(key, { hops: 0 })), [net.node(0).peer.id])
  // Away again, and withdrawn before anything went out.
  await net.restart(0)
  await net.self.withdraw(key)
  await net.settle()
  assert.deepEqual(await listOf(net.node(1).api.providers(key, { hops: 0 })), [])
  await net.restart(0)
  assert.equal((await net.self.stats()).providers.provided, 0)
})

test('who was away for more than a day must say again what it provides', async () => {
  const net = made(1)
  await net.self.provide(openKey('data'))
  await net.node(0).stop()
  await net.clock.advance(day + 4 * hour)
  await net.restart(0)
  assert.equal((await net.self.stats()).providers.provided, 0)
})

test('provider records of others are known again, in their quotas, until they die', async () => {
  const net = made(2, { providers: { maxPerPeer: 1 } })
  const [key, other] = [openKey('data'), openKey('other')]
  await net.node(1).api.provide(key)
  await net.node(1).stop()
  await net.restart(0)
  assert.deepEqual(await listOf(net.self.providers(key, { hops: 0 })), [net.node(1).peer.id])
  assert.equal((await net.self.stats()).providers.kept, 1)
  await net.node(2).api.provide(other)
  await net.node(2).stop()
  assert.deepEqual(await listOf(net.self.providers(other, { hops: 0 })), [net.node(2).peer.id])
  await net.clock.advance(3 * hour)
  await net.restart(0)
  assert.deepEqual([(await net.self.stats()).providers.kept, (await net.self.stats()).records], [0, 0])
})

test('a store that does not outlive us keeps no provider records a second time', async () => {
  const store = lasting(false)
  const net = appNet(kv({ store }), [[1], []], { name: 'kv' })
  await net.node(0).api.provide(openKey('data'))
  await net.settle()
  assert.equal((await net.node(0).api.stats()).records, 0)
})
