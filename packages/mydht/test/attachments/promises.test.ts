import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPromises } from '../../src/attachments/index.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('what settles is handled in a later command, in order, rejections too', async () => {
  const handled: unknown[] = []
  let nudges = 0
  const promises = createPromises(() => (nudges++, true))
  promises.watch(Promise.resolve(1), (outcome) => void handled.push(outcome))
  promises.watch(Promise.reject(new Error('no')), (outcome) => void handled.push(outcome.ok))
  assert.equal(promises.pending, 2)
  await turn()
  assert.deepEqual([handled.length, nudges, promises.pending], [0, 1, 0])
  promises.run()
  assert.deepEqual(handled, [{ ok: true, value: 1 }, false])
})

test('a nudge that runs at once, as an idle inline service does, leaves the next one possible', async () => {
  let handled = 0
  const promises = createPromises(() => (promises.run(), true))
  for (let i = 1; i <= 3; i++) {
    promises.watch(Promise.resolve(), () => void handled++)
    await turn()
    assert.equal(handled, i)
  }
})

test('a nudge that finds the queue full loses nothing: the next command runs what has settled', async () => {
  let handled = 0
  let nudges = 0
  const promises = createPromises(() => (nudges++, false))
  promises.watch(Promise.resolve(), () => void handled++)
  await turn()
  promises.watch(Promise.resolve(), () => void handled++)
  await turn()
  assert.equal(nudges, 2)
  promises.run()
  assert.equal(handled, 2)
})

test('after close nothing is handled, not even what comes later in the same run', async () => {
  let handled = 0
  const promises = createPromises(() => true)
  promises.later(() => promises.close())
  promises.later(() => void handled++)
  promises.watch(Promise.resolve(), () => void handled++)
  promises.run()
  await turn()
  promises.run()
  assert.equal(handled, 0)
})
