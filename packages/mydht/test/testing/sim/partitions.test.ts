/** @module A network by distance is cut in two and healed: what was published meanwhile is found, on both sides. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kv, type KvApp } from '../../../src/apps/kv/kv.ts'
import type { Node } from '../../../src/node/node.ts'
import { kademlia } from '../../../src/routes/kademlia.ts'
import type { Scenario } from '../../../src/testing/sim/scenario.ts'
import { simulate } from '../../../src/testing/sim/simulate.ts'
import { simulation } from '../../../src/testing/sim/simulation.ts'

test('a partition heals without losing the newest version of anything', async () => {
  await simulation({ seed: 3 }, async (sim) => {
    const apps = { kv: kv({ replicas: 6 }) }
    const limits = { upkeepMs: 2000, keepAliveIdleMs: 10_000, keepAliveDeadMs: 20_000 }
    const hosts = Array.from({ length: 12 }, () => sim.network.addHost())
    const nodes: Node<{ readonly kv: KvApp }>[] = []
    for (const host of hosts) {
      const join = nodes.slice(0, 2).map((node) => node.address)
      nodes.push(await sim.run(sim.createNode({ apps, limits, join, route: kademlia() }, host)))
    }
    await sim.clock.advance(30_000)
    const words = (index: number, version: number): string => `version ${version} of node ${index}`
    for (const [index, node] of nodes.entries()) await sim.run(node.kv.publish('word', words(index, 1)))

    const left = new Set(hosts.slice(0, 6).map(({ host }) => host))
    sim.network.partition((host) => left.has(host))
    await sim.clock.advance(60_000)
    const changed = [0, 1, 2, 9, 10, 11]
    for (const index of changed) await sim.run(nodes[index]?.kv.publish('word', words(index, 2)) ?? assert.fail())
    sim.network.heal()
    await sim.clock.advance(120_000)

    const wrong: string[] = []
    for (const [asker, node] of nodes.entries()) {
      for (const [index, publisher] of nodes.entries()) {
        const found = await sim.run(node.kv.resolve(publisher.id, 'word', { results: 12 }))
        const text = new TextDecoder().decode(found?.value)
        if (text !== words(index, changed.includes(index) ? 2 : 1)) wrong.push(`${asker} got '${text}' of ${index}`)
      }
    }
    assert.deepEqual(wrong, [])
    await sim.run(Promise.all(nodes.map((node) => node.close())))
  })
})

/** Cut for four minutes, in the middle of which every publisher, on whichever side it is, publishes a new version. */
const cut: Scenario = {
  nodes: 12,
  records: 10,
  lookups: 40,
  replicas: 4,
  updates: 1,
  hours: 0.1,
  partitions: [{ atMinutes: 1, minutes: 4 }],
  seed: 3,
}

test('a partition of a scenario lies between its lines in the log, with nodes and updates on both sides', async () => {
  const lines: string[] = []
  const onLine = (line: string): void => void lines.push(line)
  const result = await simulate({ ...cut, settleMs: 0 }, { onLine })
  const at = (pattern: RegExp): number => lines.findIndex((line) => pattern.test(line))
  const drawn = /partition 0 into (\d+) \+ (\d+) nodes/.exec(lines[at(/note partition 0/)] ?? '') ?? assert.fail()
  assert.equal(Number(drawn[1]) + Number(drawn[2]), 12)
  assert.ok(Number(drawn[1]) > 2 && Number(drawn[2]) > 2, drawn[0])
  assert.ok(at(/note partition 0/) < at(/note round 1 of updates/) && at(/note round 1 of updates/) < at(/ heal$/))
  assert.equal(result.updated, 10)
  // Just healed: the other side has not been told of the newest versions yet, and that is not counted as found.
  assert.ok(result.stale.lookups > 0, JSON.stringify(result))
  assert.equal(result.succeeded + result.stale.lookups, 40)
  assert.equal(result.records.found + result.stale.records, 10)
  assert.equal((await simulate({ ...cut, settleMs: 0 })).digest, result.digest)
})

test('once holders have given records on, the newest version of everything is found, whichever side published it', async () => {
  const result = await simulate({ ...cut, recoverMinutes: 80 })
  assert.deepEqual(result.stale, { lookups: 0, records: 0 })
  assert.deepEqual(result.records, { put: 10, found: 10 })
  assert.equal(result.succeeded, 40)
})
