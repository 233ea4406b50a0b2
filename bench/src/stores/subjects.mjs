/**
 * Stores and bare databases behind one small face, for the workload `store`. Each keeps text keys and 100 bytes:
 * `putAll(keys, value)` in batches of 1000 and durable at its end, `putDurably(keys, value)` together and durable, `get(key)` at once,
 * `reopen()` (closed first, not counted) gives what `known()` settles when all keys have been read, `close()`.
 */
import { realise, systemClock } from 'mydht'
import { level } from 'mydht-level'
import { memory } from 'mydht/stores/memory'

const batch = 1000
const day = 24 * 60 * 60 * 1000

/** Names of the subjects, in the order in which they take turns. */
export const storeNames = ['memory', 'level', 'classic-level', 'lmdb']

/** Opens a subject in an empty folder. */
export function openSubject(name, folder) {
  switch (name) {
    case 'memory':
      return ours(() => realise(memory({ maxRecords: 1e6 }))({ clock: systemClock }), false)
    case 'level':
      return ours(() => realise(level({ folder, maxRecords: 1e6 }))({ clock: systemClock }), true)
    case 'classic-level':
      return classic(folder)
    case 'lmdb':
      return lmdb(folder)
  }
}

async function ours(make, isOnDisk) {
  let store = await make()
  const put = (key, value) => {
    if (store.put(key, value, Date.now() + day) !== 'stored') throw new Error(`full at ${store.size().records} records`)
  }
  return {
    async putAll(keys, value) {
      for (let i = 0; i < keys.length; i += batch) {
        for (const key of keys.slice(i, i + batch)) put(key, value)
        // A turn ends: what it put is written while the next one puts.
        await new Promise(setImmediate)
      }
      await store.flush()
    },
    async putDurably(keys, value) {
      for (const key of keys) put(key, value)
      await store.flush()
    },
    get: (key) => store.get(key)?.bytes,
    reopen: isOnDisk
      ? {
          close: () => store.close(),
          open: async () => void (store = await make()),
          known: async () => store.loaded,
        }
      : undefined,
    close: () => store.close(),
  }
}

async function classic(folder) {
  const { ClassicLevel } = await import('classic-level')
  const make = () => new ClassicLevel(folder, { keyEncoding: 'utf8', valueEncoding: 'view' })
  let db = make()
  await db.open()
  const operations = (keys, value) => keys.map((key) => ({ type: 'put', key, value }))
  return {
    async putAll(keys, value) {
      for (let i = 0; i < keys.length; i += batch)
        await db.batch(operations(keys.slice(i, i + batch), value), { sync: i + batch >= keys.length })
    },
    putDurably: (keys, value) => db.batch(operations(keys, value), { sync: true }),
    get: (key) => db.getSync(key),
    reopen: {
      close: () => db.close(),
      open: () => (db = make()).open(),
      async known() {
        let count = 0
        const iterator = db.iterator()
        for (let page; (page = await iterator.nextv(batch)).length > 0;) count += page.length
        await iterator.close()
        return count
      },
    },
    close: () => db.close(),
  }
}

async function lmdb(folder) {
  const { open } = await import('lmdb')
  const make = () => open({ path: folder, encoding: 'binary', keyEncoding: 'utf8' })
  let db = make()
  return {
    async putAll(keys, value) {
      for (let i = 0; i < keys.length; i += batch) {
        let last
        for (const key of keys.slice(i, i + batch)) last = db.put(key, value)
        await last
      }
      await db.flushed
    },
    async putDurably(keys, value) {
      let last
      for (const key of keys) last = db.put(key, value)
      await last
      await db.flushed
    },
    get: (key) => db.getBinary(key),
    reopen: {
      close: () => db.close(),
      open: async () => void (db = make()),
      async known() {
        let count = 0
        for (const { value } of db.getRange()) count += value.length > 0 ? 1 : 0
        return count
      },
    },
    close: () => db.close(),
  }
}
