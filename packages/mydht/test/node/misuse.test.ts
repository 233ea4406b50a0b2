/** What a program may get wrong must end in an error of its own, and not in a node that dies or says the wrong thing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kv, type Key } from '../../src/apps/kv/kv.ts'
import type { AppCaller, AppCommand } from '../../src/apps/app.ts'
import { MyDhtError } from '../../src/errors.ts'
import { createNode } from '../../src/node/node.ts'
import { memory } from '../../src/transports/memory.ts'
import { memoryNetwork } from '../../src/transports/memory-network.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'

test('keys that are none are refused before they reach the service, as often as they come', async () => {
  const node = await createNode({ transport: memory({ network: memoryNetwork() }), apps: { kv: kv() } })
  try {
    for (let i = 0; i < 10; i++) {
      const wrong = 'abc' as Key
      await assert.rejects(node.kv.get(wrong), { name: 'TypeError', message: /not a key: 'abc'/ })
      await assert.rejects(node.kv.remove(wrong), TypeError)
      await assert.rejects(async () => {
        for await (const _hit of node.kv.find(wrong)) assert.fail('nothing is there')
      }, TypeError)
    }
    const { key } = await node.kv.put('still alive')
    assert.equal(await node.kv.getText(key), 'still alive')
    assert.equal((await node.stats()).services['kv.global']?.restarts, 0)
  } finally {
    await node.close()
  }
})

test('a placement that is no spawner is refused by name', async () => {
  for (const wrong of [1, null, 'coroutine', {}]) {
    await assert.rejects(
      createNode({ transport: memory({ network: memoryNetwork() }), placement: { api: wrong as never } }),
      (error) => MyDhtError.is(error, 'MYDHT_BAD_CONFIG') && error.message.includes("'api'")
    )
  }
})

test('a node that closed itself says why to every later call', async () => {
  const clock = virtualClock()
  const failing = {
    options: {},
    global: {
      name: 'failing',
      module: import.meta.url,
      sync: true as const,
      create: () => ({
        handle(command: AppCommand<string>) {
          if (command.type === 'call') throw new Error('broken on purpose')
        },
      }),
    },
    api: (caller: AppCaller<string, never>) => ({ go: () => caller.call('go') }),
  }
  const starting = createNode({ transport: memory({ network: memoryNetwork() }), apps: { failing }, clock })
  await clock.advance(0)
  const node = await starting
  let last: unknown
  for (let i = 0; i < 12 && !MyDhtError.is(last, 'MYDHT_CLOSED'); i++) {
    const called = node.failing.go().catch((error: unknown) => {
      last = error
    })
    await clock.advance(11_000)
    await called
  }
  assert.ok(MyDhtError.is(last, 'MYDHT_CLOSED'))
  assert.match(last.message, /failing\.global.*broken on purpose/)
})
