/** `stuckMs`: a worker that gives no sign of life is ended, one that only this thread did not listen to is not. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Ended } from '../../src/service/handle.ts'
import type { Spawner } from '../../src/service/spawner.ts'
import { pool } from '../../src/service/spawners/pool.ts'
import { process as childProcess } from '../../src/service/spawners/process.ts'
import { thread } from '../../src/service/spawners/thread.ts'
import { realParts } from './elsewhere.ts'
import { worker, type Command } from './remote-probe.ts'

/** No machine is so busy that a worker with nothing to do does not answer for so long; the tests run at the same time. */
const stuckMs = 2000
const deaf = { send: () => true }
const kinds: readonly Spawner[] = [thread({ stuckMs }), pool(1, { stuckMs }), childProcess({ stuckMs })]

describe('a worker that does not answer any more is ended after stuckMs', { concurrency: true }, () => {
  for (const spawner of kinds) {
    test(spawner.kind, async () => {
      const handle = spawner.spawn(worker, 0, realParts, deaf)
      await handle.call({ type: 'where' })
      handle.send({ type: 'spin' })
      const { failure, maybeHandled } = await new Promise<Ended<Command, number>>((resolve) => handle.onEnd(resolve))
      assert.match(failure?.message ?? '', /no sign of life for 2000 ms/)
      if (spawner.kind !== 'process') assert.match(failure?.message ?? '', /began a command of service 'worker-probe'/)
      assert.deepEqual(maybeHandled, [{ type: 'spin' }])
      await handle.close()
    })
  }
})

test('the time that this thread itself was busy is not held against the worker', async () => {
  const handle = thread({ stuckMs: 1000 }).spawn(worker, 0, realParts, deaf)
  await handle.call({ type: 'where' })
  const answer = handle.call({ type: 'count', seq: 1 })
  // The command leaves at the end of this turn; then this thread stands still, and the answer waits.
  await new Promise((resolve) => setImmediate(resolve))
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1100)
  assert.deepEqual(await answer, { type: 'counted', seq: 1, sum: 1 })
  assert.deepEqual(await handle.call({ type: 'count', seq: 2 }), { type: 'counted', seq: 2, sum: 2 })
  assert.equal((await handle.close()).failure, undefined)
})
