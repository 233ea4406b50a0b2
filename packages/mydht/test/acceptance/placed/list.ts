/**
 * @module test/acceptance/placed/list
 * The whole acceptance list under one placement. Each placement has a file of its own, so that they run side by side and none waits for another.
 */
import { describe, test } from 'node:test'
import { binary } from '../../../src/encodings/binary.ts'
import { noise } from '../../../src/shadows/noise.ts'
import { tcp } from '../../../src/transports/tcp.ts'
import type { Combination, Register } from '../network.ts'
import { queryTests } from '../query-list.ts'
import { storeTests } from '../store-list.ts'
import { streamTests } from '../stream-list.ts'
import { placements } from './placements.ts'

/** Registers the list for the placement of this name. */
export function acceptanceList(name: keyof typeof placements, register: Register = test): void {
  const placement = placements[name]
  const combination: Combination = { name, placement, transports: () => () => tcp(), shadow: noise, encoding: binary }
  describe(`placed: ${name}`, () => {
    queryTests(combination, register)
    streamTests(combination, register)
    storeTests(combination, register)
  })
}
