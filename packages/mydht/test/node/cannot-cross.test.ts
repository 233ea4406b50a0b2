/** @module test/node/cannot-cross — a value that no bytes can be made of fails the call that brought it, and nothing else. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createNode } from '../../src/node/node.ts'
import type { Spawner } from '../../src/service/spawner.ts'
import { thread } from '../../src/service/spawners/thread.ts'
import { tcp } from '../../src/transports/tcp.ts'
import { odd } from './odd-app.ts'

const placements: Readonly<Record<string, Readonly<Record<string, Spawner>>>> = {
  'api elsewhere': { api: thread() },
  'the app elsewhere': { 'odd.global': thread() },
  'main elsewhere': { main: thread() },
}

for (const [name, placement] of Object.entries(placements)) {
  test(`${name}: a call with a function in it rejects, and the node goes on`, async (t) => {
    const node = await createNode({ transport: tcp(), apps: { odd: odd() }, placement })
    t.after(() => node.close())
    await assert.rejects(
      node.odd.ask({ reply: () => 1 }),
      (thrown) => thrown instanceof Error && /'.*reply' is the function reply/.test(thrown.message)
    )
    assert.deepEqual(await node.odd.ask({ reply: { a: [1, new Map()] } }), { a: [1, new Map()] })
  })

  test(`${name}: a reply with a function in it fails its call, and the node goes on`, async (t) => {
    const node = await createNode({ transport: tcp(), apps: { odd: odd() }, placement })
    t.after(() => node.close())
    await assert.rejects(node.odd.ask({ reply: 1, function: true }), { code: 'MYDHT_SERVICE_FAILED' })
    assert.equal(await node.odd.ask({ reply: 2 }), 2)
  })
}
