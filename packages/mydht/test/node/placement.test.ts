/** Where services run is one line, and the node is the same. Wrong lines are told by the compiler and at the start. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kv } from '../../src/apps/kv/kv.ts'
import { touch } from '../../src/apps/touch/touch.ts'
import { MyDhtError } from '../../src/errors.ts'
import { createNode } from '../../src/node/node.ts'
import { coroutine } from '../../src/service/spawners/coroutine.ts'
import { inline } from '../../src/service/spawners/inline.ts'
import { restart } from '../../src/service/spawners/restart.ts'
import type { Need, RefKind, Spawner } from '../../src/service/spawner.ts'
import { kinds } from './rig.ts'

const badConfig = (pattern: RegExp) => (error: unknown) =>
  MyDhtError.is(error, 'MYDHT_BAD_CONFIG') && pattern.test(error.message)

const placements = {
  'nothing placed': {},
  'everything a coroutine': {
    main: coroutine(),
    read: coroutine(),
    write: coroutine({ outboxLimit: 4 }),
    api: coroutine(),
    auth: coroutine(),
    peerStore: coroutine(),
    'kv.global': coroutine(),
    'touch.global': coroutine(),
    'touch.local': coroutine(),
  },
  'only main a coroutine': { main: coroutine() },
  'all but main coroutines': {
    read: coroutine(),
    write: coroutine({ outboxLimit: 4 }),
    auth: coroutine(),
    'kv.global': coroutine(),
  },
  'api restarted every turn': { api: restart() },
  'everything inline by name': { main: inline(), auth: inline(), api: inline() },
} as const

for (const kind of ['memory', 'tcp', 'one-way memory'] as const) {
  for (const [name, placement] of Object.entries(placements)) {
    test(`${kind}, ${name}: nodes talk, ask across a hop, and close`, async () => {
      const transport = kinds[kind]()
      const make = () => createNode({ transport: transport(), apps: { kv: kv(), touch: touch() }, placement })
      const [a, b, c] = [await make(), await make(), await make()]
      await b.connect(a.address)
      await c.connect(b.address)
      const counts = await Promise.all(Array.from({ length: 50 }, () => c.touch.touch(b.id)))
      assert.deepEqual(
        counts.map(({ count }) => count),
        Array.from({ length: 50 }, (_, i) => i + 1)
      )
      const value = 'x'.repeat(50_000)
      const { key } = await a.kv.put(value)
      assert.equal(await c.kv.getText(key, { hops: 3 }), value)
      const big = new Uint8Array(100_000).map((_, i) => i)
      assert.deepEqual(
        await Promise.all(Array.from({ length: 20 }, () => b.touch.echo(a.id, big))),
        Array.from({ length: 20 }, () => big)
      )
      await Promise.all([a.close(), b.close(), c.close()])
    })
  }
}

test('a placement that names an unknown service is refused', async () => {
  const transport = kinds.memory()()
  const placement = { 'kv.globl': inline() }
  // @ts-expect-error -- the compiler says so too
  await assert.rejects(createNode({ transport, apps: { kv: kv() }, placement }), badConfig(/kv\.globl/))
})

test("a placement whose service lacks what the spawner needs is refused at the start, the framework's own services too", async () => {
  for (const service of ['kv.global', 'read', 'write', 'auth', 'main'] as const) {
    const transport = kinds.memory()()
    const placement: Record<string, Spawner<Need, RefKind>> = { [service]: restart() as never }
    const started = createNode({ transport, apps: { kv: kv() }, placement: placement as never })
    await assert.rejects(started, badConfig(/restart/), service)
  }
})

test('the compiler refuses it where the types are known', () => {
  const transport = kinds.memory()()
  const wrong = () =>
    createNode({
      transport,
      apps: { kv: kv() },
      placement: {
        // @ts-expect-error -- kv's global service cannot be saved and restarted
        'kv.global': restart(),
      },
    })
  const wrongToo = () =>
    createNode({
      transport,
      placement: {
        // @ts-expect-error -- only `api` of the framework's own services can
        auth: restart(),
        api: restart(),
        main: inline(),
        read: coroutine(),
      },
    })
  const right = () => createNode({ transport, apps: { kv: kv() }, placement: { 'kv.global': coroutine() } })
  assert.deepEqual([typeof wrong, typeof wrongToo, typeof right], ['function', 'function', 'function'])
})
