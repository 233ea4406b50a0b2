import assert from 'node:assert/strict'
import { test } from 'node:test'
import { define } from '../../src/service/define.ts'
import type { Service } from '../../src/service/service.ts'
import type { Spawner } from '../../src/service/spawner.ts'
import { coroutine } from '../../src/service/spawners/coroutine.ts'
import { inline } from '../../src/service/spawners/inline.ts'
import { restart } from '../../src/service/spawners/restart.ts'
import { world } from './world.ts'

/** The summing service of the original's `userpoll` test: echoes each increment, and 0 from the one on that reaches the limit. */
const adder = define({
  name: 'adder',
  module: import.meta.url,
  sync: true,
  restartable: true,
  create: (limit: number, _parts, saved?: number): Service<number, number, number> => {
    let sum = saved ?? 0
    return {
      handle: (increment, emit) => {
        sum += increment
        emit(sum < limit ? increment : 0)
      },
      save: () => sum,
    }
  },
})

const spawners: readonly Spawner<'sync' | 'restartable'>[] = [inline(), coroutine(), restart()]

for (const first of spawners) {
  test(`alone with limit 4 on ${first.kind}: 1, 2, 3 gives 1, 2, 0`, async () => {
    const { clock, parts } = world()
    const seen: number[] = []
    const handle = first.spawn(adder, 4, parts, { send: (value) => seen.push(value) > 0 })
    for (const value of [1, 2, 3]) handle.send(value)
    await clock.advance(0)
    assert.deepEqual(seen, [1, 2, 0])
  })

  for (const second of spawners) {
    test(`chained, limit 8 on ${first.kind} into limit 4 on ${second.kind}: 1, 2, 3 gives 1, 2, 0`, async () => {
      const { clock, parts } = world()
      const seen: number[] = []
      const last = second.spawn(adder, 4, parts, { send: (value) => seen.push(value) > 0 })
      const handle = first.spawn(adder, 8, parts, last)
      for (const value of [1, 2, 3]) {
        handle.send(value)
        await clock.advance(0)
      }
      assert.deepEqual(seen, [1, 2, 0])
      assert.equal((await handle.close()).saved, 6)
      assert.equal((await last.close()).saved, 6)
    })
  }
}
