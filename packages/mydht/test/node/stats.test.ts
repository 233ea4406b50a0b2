/** What a node says of its own cost: per service, of the event loop, of memory. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { kv } from '../../src/apps/kv/kv.ts'
import { touch } from '../../src/apps/touch/touch.ts'
import { systemClock } from '../../src/clock.ts'
import { createNode } from '../../src/node/node.ts'
import { coroutine } from '../../src/service/spawners/coroutine.ts'
import { pool } from '../../src/service/spawners/pool.ts'
import { thread } from '../../src/service/spawners/thread.ts'
import { memory } from '../../src/transports/memory.ts'
import { tcp } from '../../src/transports/tcp.ts'
import { probe, probeLog } from './probe-app.ts'
import { kinds, makeNode, makePair, offline } from './rig.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A node with an app that takes `ms` for every command, on a clock that moves only then. */
async function slowNode(measure: boolean, ms: number) {
  let nowMs = 0
  const clock = { ...systemClock, monotonicMs: () => nowMs }
  const log = probeLog()
  const commands = { ...log.commands, push: () => void (nowMs += ms) }
  return createNode({ transport: memory(), apps: { probe: probe({ ...log, commands }) }, measure, clock })
}

test('a node that does not measure says so, and counts all the same', async () => {
  const node = await slowNode(false, 5)
  try {
    await node.probe.two()
    const { measured, eventLoop, services } = await node.stats()
    assert.deepEqual({ measured, eventLoop }, { measured: false, eventLoop: undefined })
    assert.ok((services['main']?.handled ?? 0) > 0)
    assert.ok((services['probe.global']?.handled ?? 0) > 0)
    for (const { busyMs } of Object.values(services)) assert.equal(busyMs, 0)
  } finally {
    await node.close()
  }
})

test('a service on the stack of another is counted once, as its own', async () => {
  const node = await slowNode(true, 5)
  try {
    await node.probe.two()
    const { measured, services } = await node.stats()
    assert.ok(measured)
    const { busyMs, handled } = services['probe.global'] ?? {}
    assert.ok(handled !== undefined && handled > 0)
    assert.equal(busyMs, 5 * handled)
    for (const [name, { busyMs: others }] of Object.entries(services))
      if (name !== 'probe.global') assert.equal(others, 0, name)
  } finally {
    await node.close()
  }
})

test('what a service did is not forgotten when it ends: the numbers never go back', async (t) => {
  const [a, b] = await makePair(t, kinds.memory())
  await b.touch.touch(a.id)
  const before = (await a.stats()).services
  for (const name of ['read', 'write', 'touch.local']) {
    assert.equal(before[name]?.instances, 1, name)
    assert.ok((before[name]?.handled ?? 0) > 0, name)
  }
  await b.close()
  await a.events.first(offline(b.id))
  while ((await a.stats()).services['read']?.instances !== 0) await turn()
  const after = (await a.stats()).services
  for (const name of ['read', 'write', 'touch.local']) {
    assert.equal(after[name]?.instances, 0, name)
    assert.ok((after[name]?.handled ?? 0) >= (before[name]?.handled ?? Infinity), name)
    assert.equal(after[name]?.queued, 0)
  }
})

test('each service is shown with its spawner, those too that do not run yet', async (t) => {
  const placement = { api: coroutine(), read: coroutine() }
  const node = await createNode({ transport: memory(), apps: { kv: kv(), touch: touch() }, placement })
  t.after(() => node.close())
  const { services } = await node.stats()
  const where = Object.fromEntries(
    Object.entries(services).map(([name, { spawner, instances }]) => [name, `${spawner} ${instances}`])
  )
  assert.deepEqual(where, {
    main: 'inline 1',
    auth: 'inline 1',
    api: 'coroutine 1',
    read: 'coroutine 0',
    write: 'inline 0',
    peerStore: 'inline 1',
    'kv.global': 'inline 1',
    'touch.global': 'inline 1',
  })
})

test('a main loop on a thread of its own speaks of that thread and of what runs on it', async (t) => {
  const placement = { main: thread(), 'touch.global': pool(1) }
  const node = await createNode({ transport: tcp(), apps: { touch: touch() }, placement, measure: true })
  t.after(() => node.close())
  const { services, eventLoop, memory: use } = await node.stats()
  assert.deepEqual(
    ['main', 'auth', 'touch.global'].map((name) => `${services[name]?.spawner} ${services[name]?.instances}`),
    ['thread 1', 'inline 1', 'pool 1']
  )
  assert.ok((services['main']?.busyMs ?? 0) > 0)
  assert.ok((services['auth']?.busyMs ?? 0) > 0)
  assert.ok(eventLoop && use)
})

test('a restart of an app is counted', async (t) => {
  const node = await makeNode(t, kinds.memory()())
  await assert.rejects(node.probe.throw())
  while ((await node.stats()).services['probe.global']?.restarts !== 1) await turn()
})

test('an event loop that was blocked shows it, and memory is there', async (t) => {
  const node = await makeNode(t, kinds.memory()(), { measure: true })
  const untilMs = performance.now() + 40
  while (performance.now() < untilMs);
  while (((await node.stats()).eventLoop?.maxMs ?? 0) < 10) await turn()
  const { eventLoop, memory: use } = await node.stats()
  assert.ok(eventLoop && eventLoop.p50Ms <= eventLoop.p99Ms && eventLoop.p99Ms <= eventLoop.maxMs)
  assert.ok(
    use && use.rssBytes > use.heapTotalBytes && use.heapTotalBytes >= use.heapUsedBytes && use.heapUsedBytes > 0
  )
})

test('where the machine does not say, the node runs and leaves it out', async () => {
  const program = `
    const { createNode } = await import('mydht')
    const { memory } = await import('mydht/transports/memory')
    const node = await createNode({ transport: memory(), measure: true })
    const { measured, eventLoop, memory: use } = await node.stats()
    console.log(JSON.stringify({ measured, eventLoop: eventLoop ?? null, use: use ?? null }))
    await node.close()`
  // From dist/test/node/ to the package, whose own name is known there.
  const cwd = fileURLToPath(new URL('../../../', import.meta.url))
  const args = ['--conditions=browser', '--input-type=module', '--eval', program]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd })
  assert.deepEqual(JSON.parse(stdout), { measured: true, eventLoop: null, use: null })
})
