/** The acceptance list with the route `kademlia`, in all four modes; and the mode `iterative` with the route `flood`. */
import { describe, test } from 'node:test'
import { kademlia } from '../../src/routes/kademlia.ts'
import { combinations } from './network.ts'
import { passingModes, queryTests, type NamedMode } from './query-list.ts'
import { storeTests } from './store-list.ts'
import { streamTests } from './stream-list.ts'

const iterative: readonly NamedMode[] = [['iterative', 'iterative']]

for (const combination of combinations) {
  if (combination.name !== 'memory, noise, binary' && combination.name !== 'tcp, noise, binary') continue
  describe(`kademlia, ${combination.name}`, () => {
    // Searches of its own would connect nodes that the lists keep apart.
    const byDistance = { ...combination, config: { route: kademlia({ lookups: false }) } }
    queryTests(byDistance, test, [...passingModes, ...iterative])
    storeTests(byDistance)
    streamTests(byDistance)
  })
  describe(`flood, ${combination.name}`, () => queryTests(combination, test, iterative))
}
