/** @module test/life: what a store on disk still knows when it is opened again, and what it costs to write. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MyDhtError } from 'mydht'
import { virtualClock } from 'mydht/testing'
import type { Database } from 'mydht-level'
import { changed, freshFolder, keysOf, open } from './folder.ts'

const failed = (error: unknown): boolean => MyDhtError.is(error, 'MYDHT_STORE_FAILED')

test('a disk that refuses: flush says so, everything stays readable, and the next flush brings it to disk', async () => {
  const folder = freshFolder()
  let refuses = true
  const backend = changed((database) => ({
    ...database,
    write: (operations, durable) =>
      refuses ? Promise.reject(new Error('no space left')) : database.write(operations, durable),
  }))
  const store = await open({ folder, backend })
  store.put('a', Uint8Array.of(1), Infinity)
  await assert.rejects(store.flush(), failed)
  store.put('b', Uint8Array.of(2), Infinity)
  assert.deepEqual([...(store.get('a')?.bytes ?? [])], [1])
  await assert.rejects(store.flush(), failed)
  refuses = false
  await store.flush()
  await store.close()
  const again = await open({ folder })
  assert.deepEqual([...(again.get('a')?.bytes ?? []), ...(again.get('b')?.bytes ?? [])], [1, 2])
  await again.close()
})

test('what was deleted or replaced while the disk refused is not undone by its second try', async () => {
  const folder = freshFolder()
  let refuse: (() => void) | undefined
  const backend = changed((database) => ({
    ...database,
    write: (operations, durable) =>
      refuse === undefined
        ? new Promise((_resolve, reject) => (refuse = () => reject(new Error('once'))))
        : database.write(operations, durable),
  }))
  const store = await open({ folder, backend })
  for (const key of ['a', 'b', 'c']) store.put(key, Uint8Array.of(1), Infinity)
  const first = store.flush()
  await Promise.resolve()
  store.delete('a')
  store.put('b', Uint8Array.of(2), Infinity)
  refuse?.()
  await assert.rejects(first, failed)
  await store.close()
  const again = await open({ folder })
  await again.loaded
  assert.deepEqual([again.get('a'), again.get('b')?.bytes[0], again.get('c')?.bytes[0]], [undefined, 2, 1])
  await again.close()
})

test('more than may wait for the disk makes the store busy, until the disk has it', async () => {
  const store = await open({ folder: freshFolder(), maxUnwrittenBytes: 1000 })
  assert.equal(store.put('a', new Uint8Array(600), Infinity), 'stored')
  assert.equal(store.put('b', new Uint8Array(600), Infinity), 'busy')
  await store.flush()
  assert.equal(store.put('b', new Uint8Array(600), Infinity), 'stored')
  await store.close()
})

test('puts of one turn are one batch, and flushes of one turn are one durable one', async () => {
  const batches: { readonly puts: number; readonly durable: boolean }[] = []
  const counting = (database: Database): Database => ({
    ...database,
    write(operations, durable) {
      batches.push({ puts: operations.length - 1, durable })
      return database.write(operations, durable)
    },
  })
  const clock = virtualClock()
  const store = await open({ folder: freshFolder(), backend: changed(counting) }, clock)
  for (const key of keysOf(100)) store.put(key, Uint8Array.of(1), Infinity)
  await clock.advance(0)
  await store.flush()
  for (const key of keysOf(10)) store.put(key, Uint8Array.of(2), Infinity)
  await Promise.all([store.flush(), store.flush(), store.flush()])
  await store.flush()
  assert.deepEqual(batches, [
    { puts: 100, durable: false },
    { puts: 0, durable: true },
    { puts: 10, durable: true },
  ])
  await store.close()
})

test('records, ends and counts outlive the process; what died meanwhile is gone without being asked for', async () => {
  const folder = freshFolder()
  const clock = virtualClock()
  const store = await open({ folder }, clock)
  const keys = keysOf(3000)
  for (const [i, key] of keys.entries()) store.put(key, Uint8Array.of(i & 255), clock.now() + (i < 1000 ? 100 : 10_000))
  store.put(keys[0] ?? '', Uint8Array.of(7, 7), Infinity)
  store.delete(keys[2999] ?? '')
  const before = store.size()
  await store.close()

  await clock.advance(100)
  const again = await open({ folder }, clock)
  await again.loaded
  assert.equal(before.records, 2999)
  assert.equal(again.size().records, 2000)
  assert.deepEqual([...(again.get(keys[0] ?? '')?.bytes ?? [])], [7, 7])
  assert.equal(again.get(keys[1] ?? ''), undefined)
  assert.equal(again.get(keys[1500] ?? '')?.expiresAtMs, clock.now() + 9900)
  assert.equal(again.get(keys[2999] ?? ''), undefined)
  assert.equal([...again.entries()].length, 2000)
  await again.close()
})

test('a store that still reads its index gives, replaces, deletes and counts as one that has read it', async () => {
  const folder = freshFolder()
  const keys = keysOf(5000)
  const store = await open({ folder })
  for (const key of keys) store.put(key, Uint8Array.of(1), Infinity)
  await store.close()

  const again = await open({ folder })
  let isLoaded = false
  const loaded = again.loaded?.then(() => (isLoaded = true))
  const last = keys.slice(-3)
  const [one = '', two = '', three = ''] = last
  assert.equal(again.get(one)?.bytes[0], 1)
  assert.equal(again.put(one, Uint8Array.of(2), Infinity), 'stored')
  assert.equal(again.delete(two), true)
  assert.equal(again.delete(two), false)
  assert.equal(again.put(three, Uint8Array.of(3, 3), Infinity), 'stored')
  assert.equal(again.put('new', Uint8Array.of(4), Infinity), 'stored')
  const bytes = 4998 * 53 + 53 + 54 - 53 + 4
  assert.deepEqual(again.size(), { records: 5000, bytes })
  assert.equal(isLoaded, false)
  await again.flush()
  await loaded
  assert.deepEqual(again.size(), { records: 5000, bytes })
  assert.deepEqual([again.get(one)?.bytes[0], again.get(two), again.get(three)?.bytes[0]], [2, undefined, 3])
  assert.equal([...again.entries()].length, 5000)
  await again.close()
  const third = await open({ folder })
  await third.loaded
  assert.deepEqual(third.size(), { records: 5000, bytes })
  await third.close()
})

test('a database that cannot be read at once is kept in memory too: another backend needs nothing but its own file', async () => {
  const folder = freshFolder()
  const backend = changed((database) => ({ ...database, canGetSync: false }))
  const store = await open({ folder, backend })
  for (const key of keysOf(2500)) store.put(key, Uint8Array.of(5), Infinity)
  await store.close()
  const again = await open({ folder, backend })
  assert.equal(again.size().records, 2500)
  assert.equal([...again.entries()].filter(([, { bytes }]) => bytes[0] === 5).length, 2500)
  await again.close()
})

test('what is put just before close is there afterwards', async () => {
  const folder = freshFolder()
  const store = await open({ folder })
  store.put('a', Uint8Array.of(1), Infinity)
  await store.close()
  const again = await open({ folder })
  assert.ok(again.get('a'))
  await again.close()
})

test('a store closes while it still reads its index, and leaves everything', async () => {
  const folder = freshFolder()
  const store = await open({ folder })
  for (const key of keysOf(5000)) store.put(key, Uint8Array.of(1), Infinity)
  await store.close()
  const brief = await open({ folder })
  brief.put('b', Uint8Array.of(1), Infinity)
  await brief.close()
  const again = await open({ folder })
  await again.loaded
  assert.equal(again.size().records, 5001)
  await again.close()
})
