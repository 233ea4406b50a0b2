/**
 * Values of 100 bytes under keys of 52 letters, in our stores and in bare databases beside them: put in batches of 1000 (durable at the very
 * end), put and durable one by one and a hundred at a time, got at once in random order, and opened again. `ms` of opening is until the first
 * get has its value, `ms all known` until every key has been read: what a store must that knows what dies when. The second opening is measured: the
 * first one sorts what the log holds, and how much that is just then is luck.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ratePerSecond } from '../loop.mjs'
import { seeded } from '../random.mjs'
import { openSubject, storeNames } from '../stores/subjects.mjs'

export const subjects = storeNames

const bytes = 100
const records = 50_000

export function variants({ seconds }) {
  return [
    { operation: 'put', records, atOnce: 1000 },
    { operation: 'durable', atOnce: 1, seconds: seconds / 2 },
    { operation: 'durable', atOnce: 100, seconds: seconds / 2 },
    { operation: 'get', records, seconds: seconds / 2 },
    { operation: 'open', records },
  ]
}

export function warmUp(variant) {
  return variant
}

/** Each run has an empty database of its own. */
export async function open(subject) {
  const folder = mkdtempSync(path.join(tmpdir(), 'mydht-bench-store-'))
  const random = seeded(1)
  const value = new Uint8Array(bytes).fill(7)
  let count = 0
  const fresh = () => openSubject(subject, path.join(folder, String(++count)))
  return {
    async run({ seconds, ...settings }) {
      const { operation, atOnce } = settings
      const store = await fresh()
      const keys = newKeys(operation === 'durable' ? 0 : records, random)
      try {
        if (operation === 'durable') return await durable(store, atOnce, seconds, { ...settings, bytes }, random, value)
        const began = performance.now()
        await store.putAll(keys, value)
        if (operation === 'put')
          return [{ unit: 'puts/s', value: records / secondsSince(began), settings: { ...settings, bytes } }]
        return operation === 'get'
          ? gets(store, shuffled(keys, random), seconds, { ...settings, bytes })
          : await reopened(store, keys[keys.length >> 1], { ...settings, bytes })
      } finally {
        await store.close()
        rmSync(path.join(folder, String(count)), { recursive: true, force: true })
      }
    },
    close: async () => rmSync(folder, { recursive: true, force: true }),
  }
}

async function durable(store, atOnce, seconds, settings, random, value) {
  let [puts, spent] = [0, 0]
  for (const end = performance.now() + seconds * 1000; performance.now() < end; puts += atOnce) {
    const keys = newKeys(atOnce, random)
    const began = performance.now()
    await store.putDurably(keys, value)
    spent += secondsSince(began)
  }
  return [{ unit: 'puts/s', value: puts / spent, settings }]
}

function gets(store, keys, seconds, settings) {
  let at = 0
  const get = () => {
    if (store.get(keys[at])?.length !== bytes) throw new Error(`${keys[at]} is not what was put`)
    at = at + 1 === keys.length ? 0 : at + 1
  }
  return [{ unit: 'gets/s', value: ratePerSecond(get, seconds, 1000), settings }]
}

async function reopened({ reopen, get }, key, settings) {
  if (reopen === undefined) return []
  await reopen.close()
  await reopen.open()
  await reopen.close()
  const began = performance.now()
  await reopen.open()
  if (get(key)?.length !== bytes) throw new Error(`${key} is not there any more`)
  const openMs = secondsSince(began) * 1000
  await reopen.known()
  return [
    { unit: 'ms', value: openMs, settings },
    { unit: 'ms all known', value: secondsSince(began) * 1000, settings },
  ]
}

function newKeys(count, random) {
  const letters = 'abcdefghijklmnopqrstuvwxyz234567'
  return Array.from({ length: count }, () => Array.from({ length: 52 }, () => letters[random(32)]).join(''))
}

function shuffled(keys, random) {
  const mixed = [...keys]
  for (let i = mixed.length - 1; i > 0; i--) {
    const j = random(i + 1)
    ;[mixed[i], mixed[j]] = [mixed[j], mixed[i]]
  }
  return mixed
}

function secondsSince(began) {
  return (performance.now() - began) / 1000
}
