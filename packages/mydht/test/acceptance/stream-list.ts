/**
 * @module test/acceptance/stream-list
 * The original's stream sizes (BEHAVIOUR §10, tcp-loop and shadow rows) through two whole nodes: byte i of message m is i + m, both ways, in order.
 */
import assert from 'node:assert/strict'
import { test as everyTest } from 'node:test'
import { at, withNetwork, type Combination, type Register } from './network.ts'

/** Length of each message and how many: the original's, then the edges of a record (65 535 bytes with its tag) and a message of several. */
const sizes = [
  [0, 2],
  [1, 3],
  [7, 3],
  [20, 3],
  [120, 2],
  [123, 3],
  [125, 3],
  [240, 20],
  [256, 20],
  [700, 3],
  [13_000, 3],
  [65_500, 2],
  [65_535, 2],
  [65_536, 2],
  [90_000, 3],
] as const

function content(length: number, message: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i + message) & 255)
}

/** Registers the test of streams for one combination. */
export function streamTests(combination: Combination, test: Register = everyTest): void {
  test('messages of every size come back as they went, one after the other and all at once', () =>
    withNetwork(combination, [[2], []], { reachable: false }, async (nodes) => {
      const [one, two] = [at(nodes, 1), at(nodes, 2)]
      for (const [length, count] of sizes) {
        for (let m = 0; m < count; m++) {
          assert.deepEqual(
            new Uint8Array(await one.touch.echo(two.id, content(length, m))),
            content(length, m),
            `${length} bytes`
          )
        }
      }
      const all = sizes.flatMap(([length, count]) => Array.from({ length: count }, (_, m) => content(length, m)))
      const there = Promise.all(all.map((bytes) => one.touch.echo(two.id, bytes)))
      const back = Promise.all(all.map((bytes) => two.touch.echo(one.id, bytes)))
      for (const answers of [await there, await back])
        assert.deepEqual(
          answers.map((bytes) => new Uint8Array(bytes)),
          all
        )
    }))
}
