/** @module test/node/closing-elsewhere: a node whose services run in threads and processes is closed when all of them have ended. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { touch } from '../../src/apps/touch/touch.ts'
import { createNode } from '../../src/node/node.ts'
import { pool } from '../../src/service/spawners/pool.ts'
import { process } from '../../src/service/spawners/process.ts'
import { thread } from '../../src/service/spawners/thread.ts'
import type { Spawner } from '../../src/service/spawner.ts'
import { tcp } from '../../src/transports/tcp.ts'

/** A spawner that counts what it spawned and what of it has ended, worker and all. */
function counting(
  inner: Spawner<'crossing', 'copied' | 'shared'>,
  count: { spawned: number; ended: number }
): Spawner<'crossing', 'copied'> {
  return {
    kind: inner.kind,
    channel: inner.channel,
    needs: inner.needs,
    carries: ['copied'],
    blueprint: inner.blueprint as Spawner<'crossing', 'copied'>['blueprint'],
    spawn: (...given) => {
      const handle = inner.spawn(...given)
      count.spawned++
      return {
        send: (command) => handle.send(command),
        call: (command, options) => handle.call(command, options),
        drained: (signal) => handle.drained(signal),
        get state() {
          return handle.state
        },
        get failure() {
          return handle.failure
        },
        stats: () => handle.stats(),
        onEnd: (listener) => handle.onEnd(listener),
        async close() {
          const ended = await handle.close()
          count.ended++
          return ended
        },
      }
    },
  }
}

for (const [name, make] of [
  ['threads', () => thread()],
  ['a pool', () => pool(2)],
  ['processes', () => process()],
] as const) {
  test(`with ${name}: close() settles after every service, those of connections too`, async (t) => {
    const count = { spawned: 0, ended: 0 }
    const placed = counting(make(), count)
    const places = ['auth', 'api', 'peerStore', 'read', 'write', 'touch.global', 'touch.local'] as const
    const placement = Object.fromEntries(places.map((place) => [place, placed])) as Record<
      (typeof places)[number],
      typeof placed
    >
    const node = await createNode({ transport: tcp(), apps: { touch: touch() }, placement })
    const other = await createNode({ transport: tcp(), apps: { touch: touch() }, join: [node.address] })
    t.after(() => other.close())
    await other.touch.touch(node.id)
    assert.ok(count.spawned >= places.length, String(count.spawned))
    assert.equal(count.ended, 0)
    await node.close()
    assert.equal(count.ended, count.spawned)
  })
}
