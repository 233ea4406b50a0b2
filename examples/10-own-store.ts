/**
 * A plug-in of your own: a store in a Map that makes room by nothing but refusing. It passes the published conformance suite, with the
 * smallest possible test runner (`test` of node:test fits as well), and then keeps the values of a node.
 *
 * Run: node examples/dist/10-own-store.js
 * Prints:
 *   conformance: all passed
 *   kept in our own store
 */
import { createNode, MyDhtError, part, type StoreFactory, type StorePart, type StoredRecord } from 'mydht'
import { kv } from 'mydht/apps/kv'
import { storeSuite } from 'mydht/testing'
import { memory } from 'mydht/transports/memory'

interface SmallOptions {
  readonly maxRecords: number
  readonly maxBytes: number
}

/** What a configuration calls: a blueprint, so that it can be made real wherever the app runs. */
function small(options: SmallOptions): StorePart {
  return part(import.meta.url, 'createSmall', options, createSmall)
}

/** Makes it real. */
export function createSmall({ maxRecords, maxBytes }: SmallOptions): StoreFactory {
  return ({ clock }) => {
    let records: Map<string, StoredRecord> | undefined = new Map()
    const live = (): Map<string, StoredRecord> => {
      if (!records) throw new MyDhtError('MYDHT_CLOSED', 'this store is closed: make a new one')
      for (const [key, record] of records) if (record.expiresAtMs <= clock.now()) records.delete(key)
      return records
    }
    const bytesIn = (): number => [...live()].reduce((sum, [key, { bytes }]) => sum + key.length + bytes.length, 0)
    return {
      get: (key) => live().get(key),
      put(key, bytes, expiresAtMs) {
        if (key.length > 64 || Number.isNaN(expiresAtMs))
          throw new TypeError('a key has at most 64 letters, an end is a number')
        const before = live().get(key)
        const fewer = before ? key.length + before.bytes.length : 0
        if (bytesIn() - fewer + key.length + bytes.length > maxBytes || (!before && live().size >= maxRecords))
          return 'full'
        live().set(key, { bytes: bytes.slice(), expiresAtMs })
        return 'stored'
      },
      delete: (key) => live().delete(key),
      entries: () => [...live()],
      size: () => ({ records: live().size, bytes: bytesIn() }),
      async flush() {
        live()
      },
      async close() {
        records = undefined
      },
    }
  }
}

const runs: Promise<void>[] = []
storeSuite({
  name: 'small',
  test: (_name, run) => runs.push(run()),
  create: (clock, bounds) => createSmall(bounds)({ clock }),
})
await Promise.all(runs)
console.log('conformance:', runs.length > 10 ? 'all passed' : 'hardly anything was tested')

const store = small({ maxRecords: 100, maxBytes: 1_000_000 })
await using node = await createNode({ transport: memory(), apps: { kv: kv({ store }) } })
const { key } = await node.kv.put('kept in our own store')
console.log(await node.kv.getText(key))
