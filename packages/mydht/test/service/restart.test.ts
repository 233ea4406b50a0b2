import assert from 'node:assert/strict'
import { test } from 'node:test'
import { define } from '../../src/service/define.ts'
import type { Service } from '../../src/service/service.ts'
import { restart } from '../../src/service/spawners/restart.ts'
import { world } from './world.ts'

/** Sums up, and writes its own life into a list. */
const sum = define({
  name: 'sum',
  module: import.meta.url,
  sync: true,
  restartable: true,
  create: (life: string[], { clock, self }, saved?: number): Service<number, number, number> => {
    let total = saved ?? 0
    life.push(`create ${total}`)
    return {
      handle: (value, emit) => {
        if (value < 0) throw new Error('negative')
        total += value
        emit(total)
      },
      save: () => total,
      close: () => {
        life.push(`close ${total}`)
        if (total === 13) self(100)
        return total === 3 ? new Promise((resolve) => void clock.after(50, resolve)) : undefined
      },
    }
  },
})

test('each batch has its own instance, which gets what the last one saved', async () => {
  const { parts, clock } = world()
  const life: string[] = []
  const seen: number[] = []
  const handle = restart().spawn(sum, life, parts, { send: (total) => seen.push(total) > 0 })
  handle.send(1)
  handle.send(1)
  await clock.advance(0)
  assert.equal(handle.state, 'suspended')
  handle.send(5)
  await clock.advance(0)
  assert.deepEqual(seen, [1, 2, 7])
  assert.deepEqual(life, ['create 0', 'close 2', 'create 2', 'close 7'])
  assert.equal(handle.stats().restarts, 1)
})

test('a slow close is waited for before the next instance is made', async () => {
  const { parts, clock } = world()
  const life: string[] = []
  const seen: number[] = []
  const handle = restart().spawn(sum, life, parts, { send: (total) => seen.push(total) > 0 })
  handle.send(3)
  await clock.advance(0)
  handle.send(4)
  await clock.advance(49)
  assert.deepEqual(life, ['create 0', 'close 3'])
  await clock.advance(1)
  assert.deepEqual(seen, [3, 7])
})

test('a service closed while its instance is closing gives back what waited', async () => {
  const { parts, clock } = world()
  const handle = restart().spawn(sum, [], parts, { send: () => true })
  handle.send(3)
  await clock.advance(0)
  handle.send(4)
  const closed = handle.close()
  await clock.advance(50)
  assert.deepEqual(await closed, { saved: 3, notSent: [4], failedOn: [], maybeHandled: [], failure: undefined })
})

test('what an instance sends to itself while it is dropped wakes the next one', async () => {
  const { parts, clock } = world()
  const seen: number[] = []
  const handle = restart().spawn(sum, [], parts, { send: (total) => seen.push(total) > 0 })
  handle.send(13)
  await clock.advance(0)
  assert.deepEqual(seen, [13, 113])
  assert.equal(handle.state, 'suspended')
})

test('a failure keeps the state saved before it, never the half-changed one', async () => {
  const { parts, clock } = world()
  const handle = restart().spawn(sum, [], parts, { send: () => true })
  handle.send(2)
  await clock.advance(0)
  handle.send(7)
  handle.send(-1)
  await clock.advance(0)
  const ended = await handle.close()
  assert.equal(ended.failure?.code, 'MYDHT_SERVICE_FAILED')
  assert.equal(ended.saved, 2)
})

test('an instance that cannot be made again fails the service, and waiting calls are told', async () => {
  const { parts, clock } = world()
  const fragile = define({
    name: 'fragile',
    module: import.meta.url,
    sync: true,
    restartable: true,
    create: (_: undefined, _parts, saved?: number): Service<number, number, number> => {
      if (saved !== undefined) throw new Error('cannot read my own state')
      return { handle: (value, emit) => void emit(value), save: () => 1 }
    },
  })
  const handle = restart().spawn(fragile, undefined, parts, { send: () => true })
  handle.send(1)
  await clock.advance(0)
  const call = assert.rejects(handle.call(2), /cannot read my own state/)
  await clock.advance(0)
  await call
  assert.equal(handle.state, 'failed')
})
