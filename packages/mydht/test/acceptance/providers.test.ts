/** Provider records between whole nodes, over memory and TCP, with both routes, in all four modes; and with kv on a thread. */
import { describe, test } from 'node:test'
import { kademlia } from '../../src/routes/kademlia.ts'
import { thread } from '../../src/service/spawners/thread.ts'
import { combinations } from './network.ts'
import { providerTests } from './provider-list.ts'
import { passingModes, type NamedMode } from './query-list.ts'

const modes: readonly NamedMode[] = [...passingModes, ['iterative', 'iterative']]

for (const combination of combinations) {
  if (combination.name !== 'memory, noise, binary' && combination.name !== 'tcp, noise, binary') continue
  describe(`flood, ${combination.name}`, () => providerTests(combination, test, modes))
  describe(`kademlia, ${combination.name}`, () =>
    providerTests({ ...combination, config: { route: kademlia({ lookups: false }) } }, test, modes))
}

const [first] = combinations.filter(({ name }) => name === 'tcp, noise, json')
if (first) {
  describe('kv on a thread', () => providerTests({ ...first, placement: () => ({ 'kv.global': thread() }) }))
}
