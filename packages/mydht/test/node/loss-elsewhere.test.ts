/** @module test/node/loss-elsewhere: a process that runs a service of a node is killed. Connections stay, whoever waits is told, and the next one goes on. */
import assert from 'node:assert/strict'
import process from 'node:process'
import { test } from 'node:test'
import { kv } from '../../src/apps/kv/kv.ts'
import { touch } from '../../src/apps/touch/touch.ts'
import { MyDhtError } from '../../src/errors.ts'
import type { NodeEvent } from '../../src/node/config.ts'
import { createNode } from '../../src/node/node.ts'
import { process as childProcess } from '../../src/service/spawners/process.ts'
import { tcp } from '../../src/transports/tcp.ts'
import { watched } from './watched.ts'

for (const service of ['auth', 'api', 'peerStore', 'kv.global'] as const) {
  test(`${service}: its process is killed, and the node goes on`, async (t) => {
    const pids: number[] = []
    const events = watched<NodeEvent>()
    const placement = { [service]: childProcess({ onStarted: (pid) => pids.push(pid) }) }
    const one = await createNode({
      transport: tcp(),
      apps: { kv: kv(), touch: touch() },
      // Of a computed name, so that only the run-time check sees it.
      placement: placement as Record<never, never>,
      onEvent: (event) => events.push(event),
    })
    t.after(() => one.close())
    const two = await createNode({ transport: tcp(), apps: { kv: kv(), touch: touch() }, join: [one.address] })
    t.after(() => two.close())
    assert.equal((await two.touch.touch(one.id)).count, 1)
    const [pid] = pids
    assert.ok(pid !== undefined && pids.length === 1)
    process.kill(pid, 'SIGKILL')
    await events.first((event) => event.type === 'service-restarting' && event.service === service)
    // Whatever was asked in the meantime is answered, or told at once that it was lost.
    const asked = await Promise.allSettled([one.kv.publish('a', 'b'), two.touch.touch(one.id)])
    for (const each of asked) if (each.status === 'rejected') assert.ok(MyDhtError.is(each.reason), String(each.reason))
    const three = await createNode({ transport: tcp(), apps: { kv: kv(), touch: touch() }, join: [one.address] })
    t.after(() => three.close())
    await one.kv.publish('name', 'value')
    assert.equal(Buffer.from((await three.kv.resolve(one.id, 'name'))?.value ?? []).toString(), 'value')
    assert.ok((await two.touch.touch(one.id)).count >= 2)
    assert.equal(
      events.all.some(({ type }) => type === 'peer-offline'),
      false
    )
    // Asks the peer store, which nobody may have asked yet.
    await one.peers.known()
    assert.equal(pids.length, 2)
  })
}
