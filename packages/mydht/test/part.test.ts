import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MyDhtError } from '../src/errors.ts'
import { isPart, load, loadParts, part, realise, type Part } from '../src/part.ts'

interface Box {
  readonly label: string
  readonly inner: readonly Part<string>[]
}

/** Made by the tests' blueprints: what is inside must be loaded when it is made. */
export function createBox({ label, inner }: Box): string {
  return `${label}(${inner.map(realise).join(' ')})`
}

/** No factory. */
export const notAFunction = 1

const box = (label: string, ...inner: Part<string>[]): Part<string> =>
  part<string, unknown>(import.meta.url, 'createBox', { label, inner })
/** As it is on another thread: symbols do not cross. */
const crossed = (data: unknown): unknown => structuredClone(data)

test('a blueprint that names no exported function is refused, wherever it is', async () => {
  for (const name of ['nobody', 'notAFunction']) {
    const bad = { deep: [{ bad: part(import.meta.url, name, {}) }] }
    await assert.rejects(
      loadParts(bad),
      (error) => MyDhtError.is(error, 'MYDHT_BAD_CONFIG') && error.message.includes(`exports no function '${name}'`)
    )
  }
})

test('a blueprint that came from elsewhere cannot be made real before it is loaded', () => {
  assert.throws(
    () => realise(box('a')),
    (error) => MyDhtError.is(error, 'MYDHT_BAD_CONFIG')
  )
})

test('what only looks a little like a blueprint is none', () => {
  for (const value of [undefined, null, 'part', { module: 'm', export: 'e' }, { module: 1, export: 'e', options: {} }])
    assert.equal(isPart(value), false)
  assert.equal(isPart({ module: 'm', export: 'e', options: undefined }), true)
})

test('blueprints are loaded at any depth, in each other too', async () => {
  const data = crossed({ plain: [1, 'two'], deep: { list: [box('outer', box('inner', box('core')))] } })
  const loaded = await loadParts(data)
  assert.ok(typeof loaded === 'object' && loaded !== null && 'deep' in loaded)
  const { deep } = loaded
  assert.ok(typeof deep === 'object' && deep !== null && 'list' in deep && Array.isArray(deep.list))
  const [outer]: unknown[] = deep.list
  assert.ok(isPart(outer))
  assert.equal(realise(outer), 'outer(inner(core()))')
})

test('data without blueprints is given back as it is, and a blueprint that is real here too', async () => {
  const data = { a: [1, { b: new Map() }] }
  assert.equal(await loadParts(data), data)
  const here = part(import.meta.url, 'createBox', { label: 'here', inner: [] }, createBox)
  assert.equal(await load(here), here)
})
