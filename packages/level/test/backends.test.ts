/** @module test/backends: another database below the store, by one option: the conformance suite over memory-level, as it is and without synchronous reads, as in a browser. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { MemoryLevel } from 'memory-level'
import { MyDhtError, part, realise, type StorePart } from 'mydht'
import { storeSuite } from 'mydht/testing'
import { level, type Backend, type BackendPart } from 'mydht-level'

/** Databases in memory by their location: each is there again when it is opened again. */
function inMemory(canGetSync: boolean): BackendPart {
  const made = new Map<string, MemoryLevel<string, Uint8Array>>()
  const backend: Backend = {
    async open(location) {
      const database =
        made.get(location) ??
        new MemoryLevel<string, Uint8Array>({ keyEncoding: 'utf8', valueEncoding: 'view', storeEncoding: 'view' })
      if (made.has(location) && database.status === 'open') {
        const message = `${location} is open already: close that one`
        throw new MyDhtError('MYDHT_STORE_LOCKED', message, { details: { folder: location } })
      }
      made.set(location, database)
      await database.open()
      return { level: database, canGetSync, write: (operations) => database.batch(operations) }
    },
  }
  return part(import.meta.url, 'inMemory', undefined, () => backend)
}

for (const canGetSync of [true, false]) {
  const backend = inMemory(canGetSync)
  let count = 0
  const made = (namespace: string, bounds: object): StorePart =>
    level({ folder: 'memory', namespace, backend, ...bounds })
  storeSuite({
    test,
    name: `level over memory-level${canGetSync ? '' : ', without getSync'}`,
    create: (clock, bounds) => realise(made(`suite-${++count}`, bounds))({ clock }),
    reopen: (clock, bounds) => realise(made(`suite-${count}`, bounds))({ clock }),
  })
}

test('where there is no Node nothing of it is imported, and a store without a backend says what to do', async () => {
  const source = (name: string): string => readFileSync(new URL(`../../src/${name}.ts`, import.meta.url), 'utf8')
  const importsOf = (name: string): readonly string[] =>
    [...source(name).matchAll(/^(?:import|export)\b(?! type)[^'"]*? from '([^']+)'/gm)].flatMap(
      ([, from]) => from ?? []
    )
  const reached = new Set<string>()
  const walk = (name: string): void => {
    for (const from of importsOf(name)) {
      // As a bundler for browsers resolves it: see `imports` in package.json.
      const to = from === '#classic' ? './no-classic.ts' : from
      if (reached.has(to)) continue
      reached.add(to)
      if (to.startsWith('./')) walk(to.slice(2, -'.ts'.length))
    }
  }
  walk('index')
  assert.deepEqual(
    [...reached].filter((each) => !each.startsWith('./')),
    ['mydht/stores']
  )
  const { classic } = await import(new URL('../src/no-classic.js', import.meta.url).href)
  assert.throws(
    () => classic(),
    (error) => MyDhtError.is(error, 'MYDHT_BAD_CONFIG')
  )
})
