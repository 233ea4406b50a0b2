/** @module test/exports — Every subpath of `mydht` can be imported as its users import it. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

// From examples/dist/test/ to the package.
const manifest: unknown = JSON.parse(
  readFileSync(new URL('../../../packages/mydht/package.json', import.meta.url), 'utf8')
)
const exported = typeof manifest === 'object' && manifest !== null && 'exports' in manifest ? manifest.exports : {}
const subpaths = Object.keys(exported ?? {})

async function namesOf(specifier: string): Promise<readonly string[]> {
  const found: Readonly<Record<string, unknown>> = await import(specifier)
  return Object.keys(found)
}

test('there are subpaths', () => assert.ok(subpaths.length > 15))

for (const subpath of subpaths) {
  test(`mydht${subpath.slice(1)} can be imported, and has names but no default`, async () => {
    const names = await namesOf(`mydht${subpath.slice(1)}`)
    assert.ok(names.length > 0)
    assert.ok(!names.includes('default'))
  })
}

test('what is not exported cannot be reached', async () => {
  await assert.rejects(namesOf('mydht/dist/src/node/node.js'), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' })
})

test('mydht/testing has a suite for every plug-in point', async () => {
  const suites = (await namesOf('mydht/testing')).filter((name) => name.endsWith('Suite'))
  const points = ['crossing', 'crypto', 'encoding', 'route', 'shadow', 'spawner', 'store', 'transport']
  assert.deepEqual(
    suites,
    points.map((point) => `${point}Suite`)
  )
})
