/**
 * @module test/acceptance/provider-list
 * Data that stays where it is, between whole nodes: several providers of one key across hops, in every mode; one that goes away; one that withdraws.
 */
import assert from 'node:assert/strict'
import { test as everyTest } from 'node:test'
import { openKey } from '../../src/apps/kv/kv.ts'
import { utf8Text } from '../../src/bytes.ts'
import { at, withNetwork, type Combination, type Register, type TestNode } from './network.ts'
import { passingModes, type NamedMode } from './query-list.ts'

const line = [[2], [3], [4], [5], []]
const key = openKey('a thing that stays where it is')

/** Who is found to provide the key, and what they say. */
async function found(
  node: TestNode,
  options: Parameters<TestNode['kv']['providers']>[1] = {}
): Promise<ReadonlyMap<string, string | undefined>> {
  const list = new Map<string, string | undefined>()
  for await (const { provider, note } of node.kv.providers(key, options)) list.set(provider, utf8Text(note))
  return list
}

/** Registers the tests of provider records for one combination. */
export function providerTests(
  combination: Combination,
  test: Register = everyTest,
  modes: readonly NamedMode[] = passingModes
): void {
  test('three providers of a key are found from four hops away, in every mode, and no key has providers that nobody named', () =>
    withNetwork(combination, line, {}, async (nodes) => {
      for (const n of [3, 4, 5]) await at(nodes, n).kv.provide(key, { note: `node ${n}`, spread: 0 })
      const expected = new Map([3, 4, 5].map((n) => [at(nodes, n).id, `node ${n}`]))
      for (const [name, mode] of modes)
        assert.deepEqual(await found(at(nodes, 1), { mode, hops: 4, results: 3 }), expected, name)
      for await (const one of at(nodes, 1).kv.providers(openKey('other'))) assert.fail(one.provider)
    }))

  test('a provider that went away is found through those who were told, and another one beside it', () =>
    withNetwork(combination, line, { reachable: false }, async (nodes) => {
      const gone = at(nodes, 4)
      assert.deepEqual((await gone.kv.provide(key, { note: 'gone' })).spread, { hops: 1, sent: 2 })
      await at(nodes, 2).kv.provide(key, { note: 'here' })
      // A later message on the same connection tells that the record was handled.
      await gone.touch.touch(at(nodes, 3).id)
      await gone.close()
      const expected = new Map([
        [gone.id, 'gone'],
        [at(nodes, 2).id, 'here'],
      ])
      assert.deepEqual(await found(at(nodes, 1), { hops: 2, results: 2 }), expected)
    }))

  test('a key that is withdrawn is provided by nobody any more', () =>
    withNetwork(combination, [[2], [3], []], { reachable: false }, async (nodes) => {
      const provider = at(nodes, 3)
      await provider.kv.provide(key, { spread: 1 })
      await provider.touch.touch(at(nodes, 2).id)
      assert.equal((await found(at(nodes, 2), { hops: 0 })).size, 1)
      assert.equal(await provider.kv.withdraw(key), true)
      await provider.touch.touch(at(nodes, 2).id)
      assert.equal((await found(at(nodes, 1), { hops: 2 })).size, 0)
    }))
}
