/** The original's chained summing services (BEHAVIOUR §10, `userpoll`), wherever each of them runs. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Handle } from '../../src/service/handle.ts'
import type { Spawner } from '../../src/service/spawner.ts'
import { coroutine } from '../../src/service/spawners/coroutine.ts'
import { inline } from '../../src/service/spawners/inline.ts'
import { pool } from '../../src/service/spawners/pool.ts'
import { process } from '../../src/service/spawners/process.ts'
import { restart } from '../../src/service/spawners/restart.ts'
import { thread } from '../../src/service/spawners/thread.ts'
import { supervise } from '../../src/service/supervisor.ts'
import { adder } from './adder.ts'
import { realParts } from './elsewhere.ts'

const spawners: readonly Spawner[] = [inline(), coroutine(), restart(), thread(), pool(2), process()]

/** What comes at the end of a chain, and the promise of the first so many. */
function sink() {
  const seen: number[] = []
  const waiting: { readonly count: number; readonly resolve: () => void }[] = []
  return {
    seen,
    send(value: number): boolean {
      seen.push(value)
      for (const { count, resolve } of waiting) if (seen.length >= count) resolve()
      return true
    },
    first: (count: number): Promise<void> =>
      new Promise((resolve) => {
        waiting.push({ count, resolve })
        if (seen.length >= count) resolve()
      }),
  }
}

type Held = Handle<number, number, number>

/** Sends 1, 2 and 3 to the first, waits for what comes of them, closes from the first to the last, and gives what each had summed. */
async function poll(handles: readonly Held[], end: ReturnType<typeof sink>) {
  for (const value of [1, 2, 3]) assert.ok(handles[0]?.send(value))
  await end.first(3)
  const sums: (number | undefined)[] = []
  for (const handle of handles) {
    const { saved, notSent, maybeHandled, failure } = await handle.close()
    assert.deepEqual({ notSent, maybeHandled, failure }, { notSent: [], maybeHandled: [], failure: undefined })
    sums.push(saved)
  }
  return { seen: end.seen, sums }
}

for (const first of spawners) {
  test(`alone with limit 4 on ${first.kind}: 1, 2, 3 gives 1, 2, 0`, async () => {
    const end = sink()
    const { seen, sums } = await poll([first.spawn(adder, 4, realParts, end)], end)
    assert.deepEqual({ seen, sums }, { seen: [1, 2, 0], sums: [6] })
  })

  for (const second of spawners) {
    test(`chained, limit 8 on ${first.kind} into limit 4 on ${second.kind}: 1, 2, 3 gives 1, 2, 0`, async () => {
      const end = sink()
      const last = second.spawn(adder, 4, realParts, end)
      const { seen, sums } = await poll([first.spawn(adder, 8, realParts, last), last], end)
      assert.deepEqual({ seen, sums }, { seen: [1, 2, 0], sums: [6, 6] })
    })
  }
}

test('chained through every spawner, the first limit that is reached makes the 0, and the services behind it see it', async () => {
  const end = sink()
  const handles: Held[] = []
  for (const spawner of spawners.toReversed())
    handles.unshift(spawner.spawn(adder, handles.length === 3 ? 4 : 100, realParts, handles[0] ?? end))
  const { seen, sums } = await poll(handles, end)
  assert.deepEqual({ seen, sums }, { seen: [1, 2, 0], sums: [6, 6, 6, 3, 3, 3] })
})

for (const spawner of spawners) {
  test(`a sum that was saved on ${spawner.kind} goes on elsewhere`, async () => {
    const end = sink()
    const { sums } = await poll([spawner.spawn(adder, 100, realParts, end)], end)
    for (const next of [inline(), pool(1)] satisfies readonly Spawner[]) {
      const handle = next.spawn(adder, 7, realParts, sink(), sums[0])
      assert.equal(await handle.call(1), 0)
      assert.equal((await handle.close()).saved, 7)
    }
  })
}

test('a supervised chain goes on behind a service that was killed: each value arrives once, or is told to be lost perhaps', async (t) => {
  const end = sink()
  const pids: number[] = []
  const lost: number[] = []
  const children = process({ onStarted: (pid) => pids.push(pid) })
  const far = 1_000_000
  const last = supervise((saved?: number) => children.spawn(adder, far, realParts, end, saved), realParts, {
    firstDelayMs: 1,
    onFailure: ({ maybeHandled }) => lost.push(...maybeHandled),
  })
  const handle = thread().spawn(adder, far, realParts, last)
  t.after(() => Promise.all([handle.close(), last.close()]))
  handle.send(1)
  await end.first(1)
  globalThis.process.kill(pids[0] ?? 0, 'SIGKILL')
  for (let value = 2; value <= 200; value++) assert.ok(handle.send(value))
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  while (last.stats().restarts < 1) await turn()
  assert.ok(handle.send(201))
  while (!end.seen.includes(201)) await turn()
  assert.equal(new Set([...end.seen, ...lost]).size, 201)
  assert.deepEqual(
    end.seen,
    [...new Set(end.seen)].toSorted((one, other) => one - other),
    'in order, none twice'
  )
})
