/** @module A network by distance is cut in two and healed: what was published meanwhile is found, on both sides. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kv, type KvApp } from '../../../src/apps/kv/kv.ts'
import type { Node } from '../../../src/node/node.ts'
import { kademlia } from '../../../src/routes/kademlia.ts'
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
