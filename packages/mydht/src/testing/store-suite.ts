/**
 * @module testing/store-suite
 * What every store must keep, as tests for any runner. Not here: speed, and what a disk does in a power cut.
 */
import assert from 'node:assert/strict'
import type { Clock } from '../clock.ts'
import { MyDhtError } from '../errors.ts'
import type { Store } from '../stores/store.ts'
import { virtualClock } from './virtual-clock.ts'

/** What the suite runs with. */
export interface StoreSuiteOptions {
  /** `test` of node:test, or anything that takes a name and a function. */
  readonly test: (name: string, run: () => Promise<void>) => unknown
  readonly name: string
  /** A fresh, empty store with these bounds, on this clock. `maxBytes` counts at least the bytes of live records. */
  readonly create: (
    clock: Clock,
    bounds: { readonly maxRecords: number; readonly maxBytes: number }
  ) => Store | Promise<Store>
  /** For a store that outlives its process: opens the one again that `create` made last, which is closed, with the same bounds. */
  readonly reopen?: StoreSuiteOptions['create'] | undefined
}

/** Runs the suite: absence, copies, replacement, expiry, bounds, walks, life, and what is left of it after a new start. */
export function storeSuite({ test, name, create, reopen }: StoreSuiteOptions): void {
  const bounds = { maxRecords: 4, maxBytes: 10_000 }
  const check = (
    what: string,
    run: (store: Store, clock: ReturnType<typeof virtualClock>) => void | Promise<void>
  ): void => {
    test(`${name}: ${what}`, async () => {
      const clock = virtualClock()
      const store = await create(clock, bounds)
      try {
        await run(store, clock)
      } finally {
        await store.close()
      }
    })
  }

  check('what was never put is undefined, and deleting it gives false', (store) => {
    assert.equal(store.get('a'), undefined)
    assert.equal(store.delete('a'), false)
    assert.deepEqual(store.size(), { records: 0, bytes: 0 })
  })

  check('gives back what was put, with its end, and keeps a copy', (store, clock) => {
    const bytes = Uint8Array.of(1, 2, 3)
    const end = clock.now() + 1000
    assert.equal(store.put('a', bytes, end), 'stored')
    bytes.fill(9)
    const kept = store.get('a')
    assert.deepEqual(kept && { bytes: [...kept.bytes], expiresAtMs: kept.expiresAtMs }, {
      bytes: [1, 2, 3],
      expiresAtMs: end,
    })
  })

  check('keeps empty records and the longest key', (store) => {
    assert.equal(store.put('k'.repeat(64), new Uint8Array(0), Infinity), 'stored')
    assert.equal(store.get('k'.repeat(64))?.bytes.length, 0)
  })

  check('refuses a longer key and an end that is no number with a TypeError', (store) => {
    assert.throws(() => store.put('k'.repeat(65), new Uint8Array(1), Infinity), TypeError)
    assert.throws(() => store.put('k', new Uint8Array(1), Number.NaN), TypeError)
    assert.equal(store.size().records, 0)
  })

  check('a second put replaces record and end', async (store, clock) => {
    store.put('a', Uint8Array.of(1), clock.now() + 10)
    store.put('a', Uint8Array.of(2), clock.now() + 100)
    assert.equal(store.size().records, 1)
    await clock.advance(50)
    assert.deepEqual([...(store.get('a')?.bytes ?? [])], [2])
  })

  check('an earlier end replaces a later one too', async (store, clock) => {
    store.put('a', Uint8Array.of(1), clock.now() + 100)
    store.put('a', Uint8Array.of(2), clock.now() + 10)
    await clock.advance(10)
    assert.equal(store.get('a'), undefined)
  })

  check('a record is there until its end and gone at it, in get, delete, walk and size', async (store, clock) => {
    for (const key of ['a', 'b']) store.put(key, Uint8Array.of(1), clock.now() + 100)
    store.put('c', Uint8Array.of(1), Infinity)
    await clock.advance(99)
    assert.ok(store.get('a'))
    await clock.advance(1)
    assert.equal(store.get('a'), undefined)
    assert.equal(store.delete('b'), false)
    assert.deepEqual(
      [...store.entries()].map(([key]) => key),
      ['c']
    )
    assert.equal(store.size().records, 1)
  })

  check('delete removes, once', (store) => {
    store.put('a', Uint8Array.of(1), Infinity)
    assert.equal(store.delete('a'), true)
    assert.equal(store.delete('a'), false)
    assert.equal(store.get('a'), undefined)
  })

  check('a record too many is full and changes nothing; a replacement is none too many', (store) => {
    for (const key of ['a', 'b', 'c', 'd']) assert.equal(store.put(key, Uint8Array.of(1), Infinity), 'stored')
    assert.equal(store.put('e', Uint8Array.of(1), Infinity), 'full')
    assert.equal(store.get('e'), undefined)
    assert.equal(store.put('a', Uint8Array.of(2), Infinity), 'stored')
    assert.equal(store.delete('b'), true)
    assert.equal(store.put('e', Uint8Array.of(1), Infinity), 'stored')
  })

  check('bytes too many are full and leave the record before in place', (store) => {
    assert.equal(store.put('a', new Uint8Array(9000), Infinity), 'stored')
    assert.equal(store.put('b', new Uint8Array(2000), Infinity), 'full')
    assert.equal(store.put('a', new Uint8Array(11_000), Infinity), 'full')
    assert.equal(store.get('a')?.bytes.length, 9000)
    assert.equal(store.put('a', new Uint8Array(10), Infinity), 'stored')
    assert.equal(store.put('b', new Uint8Array(9000), Infinity), 'stored')
  })

  check('what has expired makes room', async (store, clock) => {
    for (const key of ['a', 'b', 'c', 'd']) store.put(key, new Uint8Array(2000), clock.now() + 10)
    assert.equal(store.put('e', new Uint8Array(2000), Infinity), 'full')
    await clock.advance(10)
    assert.equal(store.put('e', new Uint8Array(9000), Infinity), 'stored')
  })

  check('a walk may be left early, and the store changed meanwhile: each record comes once', (store) => {
    for (const key of ['a', 'b', 'c']) store.put(key, Uint8Array.of(1), Infinity)
    for (const [key] of store.entries()) {
      assert.ok(key)
      break
    }
    const seen: string[] = []
    for (const [key] of store.entries()) {
      seen.push(key)
      store.delete(key)
      if (seen.length < 10) store.put(key, Uint8Array.of(2), Infinity)
    }
    assert.deepEqual(seen.toSorted(), ['a', 'b', 'c'])
  })

  check('flush settles; closing twice is no mistake; afterwards every call throws MYDHT_CLOSED', async (store) => {
    store.put('a', Uint8Array.of(1), Infinity)
    await store.flush()
    await store.close()
    await store.close()
    const closed = (error: unknown): boolean => MyDhtError.is(error, 'MYDHT_CLOSED')
    assert.throws(() => store.get('a'), closed)
    assert.throws(() => store.put('a', Uint8Array.of(1), Infinity), closed)
    assert.throws(() => store.delete('a'), closed)
    assert.throws(() => [...store.entries()], closed)
    assert.throws(() => store.size(), closed)
    await assert.rejects(async () => store.flush(), closed)
  })

  if (!reopen) return
  const checkAgain = (
    what: string,
    before: (store: Store, clock: Clock) => void,
    after: (store: Store, clock: Clock) => void
  ): void => {
    test(`${name}, opened again: ${what}`, async () => {
      const clock = virtualClock()
      const first = await create(clock, bounds)
      before(first, clock)
      await first.close()
      await clock.advance(1000)
      const again = await reopen(clock, bounds)
      try {
        await again.loaded
        after(again, clock)
      } finally {
        await again.close()
      }
    })
  }

  checkAgain(
    'has what was put, replaced and deleted as it was, without a flush before close',
    (store) => {
      for (const key of ['a', 'b', 'c']) store.put(key, Uint8Array.of(1), Infinity)
      store.put('a', Uint8Array.of(2, 2), Infinity)
      store.delete('b')
    },
    (store) => {
      const walked = new Map([...store.entries()].map(([key, { bytes }]) => [key, [...bytes]]))
      assert.deepEqual(
        walked,
        new Map([
          ['a', [2, 2]],
          ['c', [1]],
        ])
      )
      assert.equal(store.size().records, 2)
      assert.equal(store.get('b'), undefined)
    }
  )

  checkAgain(
    'what died meanwhile is gone and makes room, what lives on ends when it would have',
    (store, clock) => {
      for (const key of ['a', 'b', 'c']) store.put(key, new Uint8Array(3000), clock.now() + 1000)
      store.put('d', Uint8Array.of(1), clock.now() + 1001)
    },
    (store, clock) => {
      assert.equal(store.get('a'), undefined)
      assert.equal(store.get('d')?.expiresAtMs, clock.now() + 1)
      assert.equal(store.put('e', new Uint8Array(9000), Infinity), 'stored')
      assert.equal(store.size().records, 2)
    }
  )

  checkAgain(
    'its bounds count what it had',
    (store) => {
      for (const key of ['a', 'b', 'c', 'd']) store.put(key, Uint8Array.of(1), Infinity)
    },
    (store) => {
      assert.equal(store.put('e', Uint8Array.of(1), Infinity), 'full')
      assert.equal(store.put('a', Uint8Array.of(2), Infinity), 'stored')
    }
  )
}
