/**
 * @module test/acceptance/query-list
 * The original's query tests (BEHAVIOUR §10) over their adjacency lists, in every mode, as a list that any combination of parts and places must pass.
 */
import assert from 'node:assert/strict'
import { test as everyTest } from 'node:test'
import { MyDhtError } from '../../src/errors.ts'
import type { QueryMode } from '../../src/queries/query.ts'
import { at, withNetwork, type Combination, type Register } from './network.ts'

/** A mode and its name. */
export type NamedMode = readonly [name: string, mode: QueryMode]

/** The modes that hand a query from peer to peer. */
export const passingModes: readonly NamedMode[] = [
  ['direct', 'direct'],
  ['proxied', 'proxied'],
  ...[0, 1, 2, 3].map((n) => [`mixed(${n})`, { type: 'mixed', proxiedHops: n }] as const),
]

/** As the original's test rules: hops grow by so many with each step of priority. */
const hopsAt = (priority: number, factor = 3): number => factor * priority
const history = { keep: 'hops', limit: 3 } as const

const line4 = [[2], [3], [4], []]
const line6 = [[2], [3], [4], [5], [6], []]
const meshed = [[5, 6, 2, 7, 8], [3, 5, 6, 7], [5, 6, 7, 8, 4], [], [], [], [], []]
const noResult = [[2, 3, 4], [3, 5], [1], [4], [1], []].map((links, i) => links.filter((j) => j !== i + 1))
const loop = [[2], [2, 3], [3, 4], [4]].map((links, i) => links.filter((j) => j !== i + 1))
const value4 = [[], [1, 3], [], [3]]

/** Registers the tests of queries for one combination. */
export function queryTests(
  combination: Combination,
  test: Register = everyTest,
  modes: readonly NamedMode[] = passingModes
): void {
  test('the last of four peers in a line is found from the first, in every mode', () =>
    withNetwork(combination, line4, {}, async (nodes) => {
      for (const [name, mode] of modes) {
        const found = await at(nodes, 1).peers.find(at(nodes, 4).id, { mode, hops: hopsAt(1), history, local: false })
        assert.equal(found?.id, at(nodes, 4).id, name)
      }
    }))

  for (const [name, mode] of modes) {
    // A net of its own for each mode: `direct` answers open new connections.
    test(`${name}: the last of six peers in a line is found with the hops of priority 2 and not with those of 1`, () =>
      withNetwork(combination, line6, {}, async (nodes) => {
        const near = await at(nodes, 1).peers.find(at(nodes, 6).id, { mode, hops: hopsAt(1), history })
        assert.equal(near, undefined)
        const far = await at(nodes, 1).peers.find(at(nodes, 6).id, { mode, hops: hopsAt(2), history })
        assert.equal(far?.id, at(nodes, 6).id)
      }))
  }

  test('a peer among eight in a thick net is found with a fan-out of five', () =>
    withNetwork(combination, meshed, {}, async (nodes) => {
      for (const [name, mode] of modes) {
        const found = await at(nodes, 1).peers.find(at(nodes, 4).id, { mode, hops: hopsAt(1), fanOut: 5, history })
        assert.equal(found?.id, at(nodes, 4).id, name)
      }
    }))

  test('a peer that nobody is connected to is not found, and the search ends by itself', () =>
    withNetwork(combination, noResult, {}, async (nodes) => {
      for (const [name, mode] of modes) {
        const found = await at(nodes, 1).peers.find(at(nodes, 6).id, { mode, hops: hopsAt(1), history })
        assert.equal(found, undefined, name)
      }
    }))

  test('links of a peer to itself are refused, and the net with them left out is searched', () =>
    withNetwork(combination, loop, {}, async (nodes) => {
      await assert.rejects(at(nodes, 2).connect(at(nodes, 2).address), (error) => MyDhtError.is(error, 'MYDHT_SELF'))
      for (const [name, mode] of modes) {
        const found = await at(nodes, 1).peers.find(at(nodes, 4).id, { mode, hops: hopsAt(1), history })
        assert.equal(found?.id, at(nodes, 4).id, name)
      }
    }))

  test('a value stored at the fourth peer is found by the first, in every mode', () =>
    withNetwork(combination, value4, {}, async (nodes) => {
      const { key } = await at(nodes, 4).kv.put('kept at four')
      for (const [name, mode] of modes) {
        const options = { mode, hops: hopsAt(1), history: { keep: 'peers', limit: 7 } } as const
        assert.equal(await at(nodes, 1).kv.getText(key, options), 'kept at four', name)
      }
    }))

  test('more than one result comes back, from different holders, and fewer than wanted end the search too', () =>
    withNetwork(combination, meshed, {}, async (nodes) => {
      const { key } = await at(nodes, 5).kv.put('held by three')
      for (const holder of [6, 8]) await at(nodes, holder).kv.put('held by three')
      for (const [name, mode] of modes) {
        for (const [wanted, got] of [
          [2, 2],
          [3, 3],
          [5, 3],
        ] as const) {
          const holders = new Set<string>()
          for await (const hit of at(nodes, 1).kv.find(key, { results: wanted, mode, hops: 3, fanOut: 5, history })) {
            holders.add(String(hit.from))
          }
          assert.equal(holders.size, got, `${name}: ${wanted} wanted`)
        }
      }
    }))
}
