/** What apps have signed by the auth service. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kv } from '../../src/apps/kv/kv.ts'
import { createNode } from '../../src/node/node.ts'
import { coroutine } from '../../src/service/spawners/coroutine.ts'
import { memory, memoryNetwork } from '../../src/transports/memory.ts'

test('records that are published at once are all signed, however few commands wait at the auth service', async (t) => {
  const node = await createNode({
    transport: memory({ network: memoryNetwork() }),
    apps: { kv: kv() },
    placement: { auth: coroutine({ queueLimit: 2 }) },
  })
  t.after(() => node.close())
  const names = Array.from({ length: 40 }, (_, i) => `name ${i}`)
  await Promise.all(names.map((name) => node.kv.publish(name, `value of ${name}`)))
  for (const name of names) {
    const hit = await node.kv.resolve(node.id, name)
    assert.equal(new TextDecoder().decode(hit?.value), `value of ${name}`)
  }
})
