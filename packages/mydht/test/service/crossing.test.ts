import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MyDhtError } from '../../src/errors.ts'
import type { Ended, Handle } from '../../src/service/handle.ts'
import { sharedMemory } from '../../src/service/shared-memory.ts'
import type { Spawner, SpawnParts } from '../../src/service/spawner.ts'
import { coroutine } from '../../src/service/spawners/coroutine.ts'
import { pool } from '../../src/service/spawners/pool.ts'
import { process } from '../../src/service/spawners/process.ts'
import { thread } from '../../src/service/spawners/thread.ts'
import { realParts } from './elsewhere.ts'
import { greeting, guest, type GuestCommand, type GuestEvent, type GuestInit } from './guest.ts'
import { worker } from './remote-probe.ts'

const deaf = { send: () => true }
const init: GuestInit = { greetings: { list: [] }, module: new URL('./guest.js', import.meta.url).href }
const kinds: readonly (() => Spawner)[] = [() => thread(), () => pool(2), () => process()]

async function threadsOf(handles: readonly Handle<GuestCommand, GuestEvent>[]): Promise<(number | undefined)[]> {
  const events = await Promise.all(handles.map((handle) => handle.call({ type: 'peek', name: '', depth: 0 })))
  return events.map((event) => (event.type === 'peeked' ? event.thread : undefined))
}

for (const make of kinds) {
  const { kind } = make()

  test(`${kind}: an init that cannot be encoded is thrown at once and starts no worker`, () => {
    const broken = { ...worker.crossing.init, encode: () => assert.fail('no bytes for this') }
    const started = (): number =>
      globalThis.process.getActiveResourcesInfo().filter((name) => /MessagePort|ProcessWrap/.test(name)).length
    const before = started()
    const definition = { ...worker, crossing: { ...worker.crossing, init: broken } }
    assert.throws(() => make().spawn(definition, 0, realParts, deaf), /no bytes for this/)
    assert.equal(started(), before)
  })

  test(`${kind}: a service that cannot get ready fails its handle, and what was sent comes back`, async () => {
    const handle = make().spawn(guest, { ...init, module: 'nowhere' }, realParts, deaf)
    handle.send({ type: 'tell' })
    const ended = await new Promise<Ended<GuestCommand>>((resolve) => handle.onEnd(resolve))
    assert.match(ended.failure?.message ?? '', /told not to get ready/)
    assert.deepEqual(ended.notSent, [{ type: 'tell' }])
    await handle.close()
  })

  test(`${kind}: blueprints in the init are loaded at any depth, then the service gets ready, then commands come`, async () => {
    const list = [greeting('hello'), greeting('good', greeting('morning'))]
    const handle = make().spawn(guest, { ...init, greetings: { list } }, realParts, deaf)
    const told = await handle.call({ type: 'tell' })
    assert.deepEqual(told, { type: 'told', greetings: ['hello', 'good morning'], prepared: '2 of true' })
    await handle.close()
  })
}

/** Memory with a number in it. */
function memoryOf(value: number): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(4)
  new Int32Array(memory)[0] = value
  return memory
}

test('memory is known by name wherever a service of its owner runs, threads of its threads too, until the service ends', async () => {
  const parts: SpawnParts = { ...realParts, memory: { table: memoryOf(41) } }
  for (const [make, depth] of [
    [() => coroutine(), 0],
    [() => thread(), 0],
    [() => pool(1), 0],
    [() => thread(), 1],
    [() => pool(1), 2],
  ] as const) {
    const handle = make().spawn(guest, init, parts, deaf)
    const event = await handle.call({ type: 'peek', name: 'table', depth })
    assert.ok(event.type === 'peeked')
    assert.equal(event.value, 41, `${make().kind} ${depth}`)
    assert.notEqual(sharedMemory('table'), undefined, 'its owner knows it as well')
    await handle.close()
    assert.equal(sharedMemory('table'), undefined)
  }
})

test('memory that a pool’s worker knew goes with the service that brought it, not before', async () => {
  const workers = pool(1)
  const idle = workers.spawn(guest, init, realParts, deaf)
  const parts: SpawnParts = { ...realParts, memory: { table: memoryOf(5) } }
  const both = [workers.spawn(guest, init, parts, deaf), workers.spawn(guest, init, parts, deaf)]
  const peek = async (): Promise<unknown> => {
    const event = await idle.call({ type: 'peek', name: 'table', depth: 0 })
    return event.type === 'peeked' ? event.value : undefined
  }
  await Promise.all(both.map((handle) => handle.call({ type: 'tell' })))
  const values: unknown[] = [await peek()]
  for (const handle of both) {
    await handle.close()
    values.push(await peek())
  }
  assert.deepEqual(values, [5, 5, undefined])
  await idle.close()
})

test('a process shares no memory: the name is unknown there', async () => {
  const handle = process().spawn(guest, init, { ...realParts, memory: { table: memoryOf(1) } }, deaf)
  const event = await handle.call({ type: 'peek', name: 'table', depth: 0 })
  assert.ok(event.type === 'peeked')
  assert.equal(event.value, undefined)
  await handle.close()
})

test('a pool keeps a group on one worker as long as one of it lives, others go where the fewest are', async () => {
  const workers = pool(2)
  const grouped = Array.from({ length: 4 }, () => workers.spawn(guest, init, { ...realParts, group: 'one' }, deaf))
  const others = Array.from({ length: 4 }, () => workers.spawn(guest, init, realParts, deaf))
  const [first, ...rest] = await threadsOf(grouped)
  assert.deepEqual(rest, [first, first, first])
  const elsewhere = await threadsOf(others)
  assert.ok(elsewhere.every((each) => each !== first))
  await Promise.all(grouped.map((handle) => handle.close()))
  const again = workers.spawn(guest, init, { ...realParts, group: 'one' }, deaf)
  const late = workers.spawn(guest, init, { ...realParts, group: 'one' }, deaf)
  const [where, with_] = await threadsOf([again, late])
  assert.equal(where, with_)
  assert.ok(where !== elsewhere[0], 'the group is free to go to a worker with less to do')
  await Promise.all([...others, again, late].map((handle) => handle.close()))
})

test('a group whose worker has died goes to another', async () => {
  const workers = pool(2)
  const parts = { ...realParts, group: 'doomed' }
  const doomed = workers.spawn(worker, 0, parts, deaf)
  await assert.rejects(doomed.call({ type: 'exit' }), (error) => MyDhtError.is(error, 'MYDHT_SERVICE_FAILED'))
  const next = workers.spawn(worker, 0, parts, deaf)
  assert.deepEqual(await next.call({ type: 'count', seq: 1 }), { type: 'counted', seq: 1, sum: 1 })
  await Promise.all([doomed.close(), next.close()])
})
