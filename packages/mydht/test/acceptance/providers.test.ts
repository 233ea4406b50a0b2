/** Provider records between whole nodes, over memory and TCP, with both routes, in all four modes; with kv on a thread; and files that are fetched by them. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { files } from '../../src/apps/files/files.ts'
import { createNode } from '../../src/node/node.ts'
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

for (const [name, transports] of [
  ['memory', combinations.find(({ name: one }) => one === 'memory, noise, binary')?.transports],
  ['tcp', combinations.find(({ name: one }) => one === 'tcp, noise, binary')?.transports],
] as const) {
  test(`${name}: a file is fetched from a provider that only the asked peer knows, and from another when that one is gone`, async (t) => {
    const transport = transports?.()
    assert.ok(transport)
    const folder = await mkdtemp(path.join(os.tmpdir(), 'mydht-providers-'))
    t.after(() => rm(folder, { recursive: true, force: true }))
    await writeFile(path.join(folder, 'song'), 'la la la')
    const start = (share: readonly string[] = []) =>
      createNode({ transport: transport(), apps: { files: files({ into: path.join(folder, 'into'), share }) } })
    const nodes = [await start(), await start(), await start([path.join(folder, 'song')]), await start()]
    t.after(() => Promise.all(nodes.map((node) => node.close())))
    const [asker, knows, one, two] = nodes
    assert.ok(asker && knows && one && two)
    const told = async (count: number): Promise<void> => {
      while ((await knows.files.stats()).providers.kept < count) await turn()
    }
    // One of them was alone when it began to share.
    await one.files.share([])
    await one.connect(knows.address)
    await told(1)
    await two.connect(knows.address)
    await two.files.share([path.join(folder, 'song')])
    await told(2)
    await asker.connect(knows.address)
    const [{ id } = assert.fail('nothing is shared')] = await one.files.list()
    await one.close()
    const fetched = await asker.files.fetch(id, { hops: 1 })
    assert.equal(fetched.from, two.id)
    assert.equal(await readFile(fetched.path, 'utf8'), 'la la la')
  })
}
