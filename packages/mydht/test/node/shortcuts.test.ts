/** @module test/node/shortcuts: services on other threads speak past the main loop; what they say is counted at both ends, also when one of them dies. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createNode } from '../../src/node/node.ts'
import type { NodeEvent } from '../../src/node/config.ts'
import { coroutine } from '../../src/service/spawners/coroutine.ts'
import { pool } from '../../src/service/spawners/pool.ts'
import { process } from '../../src/service/spawners/process.ts'
import { thread } from '../../src/service/spawners/thread.ts'
import { tcp } from '../../src/transports/tcp.ts'
import { count, type Counted } from './count-app.ts'
import type { Spawner } from '../../src/service/spawner.ts'
import { watched } from './watched.ts'

async function pair(t: TestContext, placement: Parameters<typeof answering>[1]) {
  const one = await answering(t, placement)
  const two = await createNode({ transport: tcp(), apps: { count: count() }, join: [one.address] })
  t.after(() => two.close())
  return { one, two }
}

async function answering(
  t: TestContext,
  placement: { readonly read: Spawner<'crossing'>; readonly 'count.global': Spawner<'crossing'> }
) {
  const events = watched<NodeEvent>()
  const node = await createNode({
    transport: tcp(),
    apps: { count: count() },
    placement: { ...placement, api: thread() },
    onEvent: (event) => events.push(event),
  })
  t.after(() => node.close())
  return Object.assign(node, { events })
}

const once = (answers: Counted['answers']): boolean => answers.every((each) => each.length === 1 && each[0] === 'ok')

test('messages go from a read thread to an app thread past the main loop, each once and in order', async (t) => {
  const { one, two } = await pair(t, { read: thread(), 'count.global': thread() })
  const { answers, counts } = await two.count.ask(one.id, 5000, 64)
  assert.equal(answers.length, 5000)
  assert.ok(once(answers))
  assert.deepEqual(
    counts,
    counts.map((_, i) => i)
  )
  const { services } = await one.stats()
  assert.ok((services['read']?.direct ?? 0) > 0, 'nothing went directly')
  // Its own calls are answered directly too.
  for (let i = 0; i < 20; i++) await one.count.break('never')
  assert.ok(((await one.stats()).services['count.global']?.direct ?? 0) > 0, 'no answer went directly')
})

test('both on one worker of a pool need no channel between', async (t) => {
  const workers = pool(1)
  const { one, two } = await pair(t, { read: workers, 'count.global': workers })
  const { answers } = await two.count.ask(one.id, 2000, 64)
  assert.ok(once(answers))
  assert.ok(((await one.stats()).services['read']?.direct ?? 0) > 0, 'nothing went directly')
})

for (const how of ['throw', 'exit'] as const) {
  test(`an app thread that ends (${how}) loses no message in silence, and the next one is linked again`, async (t) => {
    const { one, two } = await pair(t, { read: thread(), 'count.global': thread() })
    await one.count.break(how)
    const { answers, counts } = await two.count.ask(one.id, 3000, 256)
    // Everybody who asked was told something; of two words one may be a doubt.
    for (const each of answers) {
      assert.ok(each.length === 1 || each.length === 2, String(each))
      assert.ok(each.filter((word) => word === 'ok').length <= 1, String(each))
    }
    await one.events.first((event) => event.type === 'service-restarting' && event.service === 'count.global')
    assert.equal(
      one.events.all.some(({ type }) => type === 'peer-offline'),
      false
    )
    // In order within each incarnation.
    for (const [i, each] of counts.entries()) assert.ok(i === 0 || each === 0 || each === (counts[i - 1] ?? 0) + 1)
    const before = (await one.stats()).services['read']?.direct ?? 0
    assert.ok(once((await two.count.ask(one.id, 500, 16)).answers))
    assert.ok(((await one.stats()).services['read']?.direct ?? 0) > before, 'not linked again')
  })
}

test('where no link can be, everything goes through the main loop', async (t) => {
  const one = await createNode({
    transport: tcp(),
    apps: { count: count() },
    placement: { read: coroutine(), 'count.global': process() },
  })
  t.after(() => one.close())
  const two = await createNode({ transport: tcp(), apps: { count: count() }, join: [one.address] })
  t.after(() => two.close())
  assert.ok(once((await two.count.ask(one.id, 500, 16)).answers))
  assert.equal((await one.stats()).services['read']?.direct, undefined)
})
