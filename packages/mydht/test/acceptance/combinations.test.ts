/** The acceptance list over every transport, shadow and encoding. Under several placements: `placements.test.ts`. */
import { describe } from 'node:test'
import { combinations } from './network.ts'
import { queryTests } from './query-list.ts'
import { storeTests } from './store-list.ts'
import { streamTests } from './stream-list.ts'

/** Where what is kept is tested too. */
const usual = new Set(['memory, noise, binary', 'tcp, noise, binary'])

for (const combination of combinations) {
  describe(combination.name, () => {
    queryTests(combination)
    streamTests(combination)
    if (usual.has(combination.name)) storeTests(combination)
  })
}
