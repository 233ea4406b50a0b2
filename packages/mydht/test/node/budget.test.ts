/** A query's budget is what it costs a network at the most, however thickly the network is connected. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { immutableKey } from '../../src/apps/kv/kv.ts'
import type { QueryMode } from '../../src/queries/query.ts'
import { kinds, makeNode, reachable, type TestNode } from './rig.ts'

const modes: readonly QueryMode[] = ['proxied', 'direct', { type: 'mixed', proxiedHops: 2 }]

test('ten nodes, all connected: fan-out 5 and 5 hops cost no more than the budget, for what is nowhere and for what is there', async (t) => {
  const transport = kinds.memory()
  const nodes: TestNode[] = []
  for (let i = 0; i < 10; i++) {
    const node = await makeNode(t, transport())
    await Promise.all(nodes.map((other) => node.connect(other.address)))
    await Promise.all(
      nodes.flatMap((other) => [node.events.first(reachable(other.id)), other.events.first(reachable(node.id))])
    )
    nodes.push(node)
  }
  const [asker] = nodes
  const holder = nodes[9]
  assert.ok(asker && holder)
  const sent = async (): Promise<number> => {
    let sum = 0
    for (const node of nodes) sum += (await node.kv.stats()).engine.sent
    return sum
  }
  const pending = async (): Promise<number> => {
    let sum = 0
    for (const node of nodes) sum += (await node.kv.stats()).engine.pending
    return sum
  }
  const { key } = await holder.kv.put('held by the tenth')
  const nowhere = immutableKey(new TextEncoder().encode('held by nobody'))
  for (const mode of modes) {
    for (const budget of [1, 7, 40, 200]) {
      const before = await sent()
      assert.equal(await asker.kv.get(nowhere, { mode, hops: 5, fanOut: 5, budget }), undefined)
      const cost = (await sent()) - before
      assert.ok(cost >= 1 && cost <= budget, `${JSON.stringify(mode)}: ${cost} messages with a budget of ${budget}`)
    }
    const before = await sent()
    assert.equal(
      await asker.kv.getText(key, { mode, hops: 5, fanOut: 5, budget: 200 }),
      'held by the tenth',
      JSON.stringify(mode)
    )
    assert.ok((await sent()) - before <= 200)
  }
  // Nothing is left behind anywhere.
  while ((await pending()) > 0) await new Promise((resolve) => setImmediate(resolve))
})
