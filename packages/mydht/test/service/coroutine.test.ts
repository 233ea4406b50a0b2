import assert from 'node:assert/strict'
import { test } from 'node:test'
import { define } from '../../src/service/define.ts'
import type { Service } from '../../src/service/service.ts'
import { coroutine } from '../../src/service/spawners/coroutine.ts'
import { world } from './world.ts'

/** A service that never runs out of work: each command sends itself the next. */
const busy = define({
  name: 'busy',
  module: import.meta.url,
  sync: true,
  create: (name: string, { self }): Service<number, string> => ({
    handle: (left, emit) => {
      emit(name)
      if (left > 0) self(left - 1)
    },
  }),
})

/** As `busy`, but each command settles a promise first. */
const busyAsync = define({
  name: 'busy-async',
  module: import.meta.url,
  create: (name: string, { self }): Service<number, string> => ({
    handle: async (left, emit) => {
      await Promise.resolve()
      emit(name)
      if (left > 0) self(left - 1)
    },
  }),
})

for (const definition of [busy, busyAsync]) {
  test(`two ${definition.name} services and a timer all get turns`, async () => {
    const { parts, clock } = world()
    const seen: string[] = []
    const destination = { send: (name: string) => seen.push(name) > 0 }
    const spawner = coroutine({ turnCommands: 4 })
    spawner.spawn(definition, 'a', parts, destination).send(19)
    spawner.spawn(definition, 'b', parts, destination).send(19)
    clock.after(0, () => seen.push('|'))
    await clock.advance(0)
    const runs: readonly string[] = seen.join('').match(/a+|b+|\|/g) ?? []
    assert.equal(Math.max(...runs.map((run) => run.length)), 4)
    assert.ok(runs.indexOf('|') >= 0 && runs.indexOf('|') < 5, seen.join(''))
    assert.equal(seen.length, 41)
  })
}

test('a turn ends when its milliseconds are spent, however few commands it had', async () => {
  const { parts, clock } = world()
  let nowMs = 0
  const slow = define({
    name: 'slow',
    module: import.meta.url,
    create: (): Service<number, number> => ({
      handle: (ms, emit) => {
        nowMs += ms
        emit(ms)
      },
    }),
  })
  const turns: number[][] = [[]]
  const ticking = {
    ...parts,
    clock: {
      ...clock,
      monotonicMs: () => nowMs,
      soon: (run: () => void) =>
        clock.soon(() => {
          turns.push([])
          run()
        }),
    },
  }
  const handle = coroutine({ turnMs: 10 }).spawn(slow, undefined, ticking, {
    send: (ms) => (turns.at(-1)?.push(ms) ?? 0) > 0,
  })
  for (const ms of [4, 4, 4, 30, 1, 9, 1]) handle.send(ms)
  await clock.advance(0)
  assert.deepEqual(turns.slice(1), [[4, 4, 4], [30], [1, 9], [1]])
  assert.equal(handle.stats().lagMs, 0, 'the first command of the batch was the sample')
})

test('a synchronous handle costs no turn of its own: a whole batch is handled in one', async () => {
  const { parts, clock } = world()
  let asked = 0
  const counting = { ...parts, clock: { ...clock, soon: (run: () => void) => (asked++, clock.soon(run)) } }
  const handle = coroutine().spawn(busy, 'a', counting, { send: () => true })
  for (let i = 0; i < 200; i++) handle.send(0)
  await clock.advance(0)
  assert.equal(asked, 1)
  assert.equal(handle.stats().handled, 200)
})

test('lagMs tells how long the oldest command of a batch has waited', async () => {
  const { parts, clock } = world()
  const waits = define({
    name: 'waits',
    module: import.meta.url,
    create: (_: undefined, parts_): Service<number, number> => ({
      handle: (ms) => new Promise((resolve) => void parts_.clock.after(ms, resolve)),
    }),
  })
  const handle = coroutine().spawn(waits, undefined, parts, { send: () => true })
  handle.send(30)
  await clock.advance(10)
  handle.send(1)
  await clock.advance(40)
  assert.equal(handle.stats().lagMs, 20)
})

test('a failure of an asynchronous handle that comes after its service failed changes nothing', async () => {
  const { parts, clock } = world()
  const late = define({
    name: 'late',
    module: import.meta.url,
    create: (): Service<number, number> => ({
      handle: async (count, emit) => {
        for (let i = 0; i < count; i++) emit(i)
        await Promise.resolve()
        throw new Error('too late to matter')
      },
    }),
  })
  const handle = coroutine({ outboxLimit: 1 }).spawn(late, undefined, parts, {
    send: () => false,
    drained: () => new Promise(() => {}),
  })
  handle.send(3)
  await clock.advance(0)
  assert.equal(handle.failure?.code, 'MYDHT_SERVICE_OVERFLOW')
})
