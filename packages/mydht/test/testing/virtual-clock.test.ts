import assert from 'node:assert/strict'
import { test } from 'node:test'
import { virtualClock } from '../../src/testing/virtual-clock.ts'

test('a clock that is moved while it moves rejects with a TypeError', async () => {
  const clock = virtualClock()
  const first = clock.advance(1)
  await assert.rejects(clock.advance(1), TypeError)
  await first
})

test('a negative, infinite or NaN time is a TypeError', async () => {
  const clock = virtualClock()
  await assert.rejects(clock.advance(-1), TypeError)
  await assert.rejects(clock.advance(Infinity), TypeError)
  assert.throws(() => clock.after(Number.NaN, () => {}), TypeError)
})

test('what a callback throws rejects the move, and the clock goes on afterwards', async () => {
  const clock = virtualClock()
  const seen: string[] = []
  clock.after(1, () => {
    throw new Error('broken')
  })
  clock.after(2, () => seen.push('later'))
  await assert.rejects(clock.advance(5), /broken/)
  await clock.advance(5)
  assert.deepEqual(seen, ['later'])
})

test('something that sets itself for ever stops runUntilIdle with an error', async () => {
  const clock = virtualClock()
  const again = (): void => clock.soon(again)
  again()
  await assert.rejects(clock.runUntilIdle({ maxSteps: 50 }), /not idle after 50/)
})

test('until rejects when nothing is left that could settle the promise, and after maxMs', async () => {
  const clock = virtualClock()
  await assert.rejects(clock.until(new Promise(() => {})), /nothing is left to run/)
  const again = (): void => void clock.after(1000, again)
  again()
  await assert.rejects(clock.until(new Promise(() => {}), { maxMs: 5000 }), /5000 ms have passed/)
  assert.equal(clock.monotonicMs(), 5000)
})

test('until gives what the promise gives, rejects with what it rejects with, and stops the clock there', async () => {
  const clock = virtualClock()
  const at = (ms: number): Promise<number> => new Promise((resolve) => clock.after(ms, () => resolve(ms)))
  clock.after(51, () => assert.fail('ran past the promise'))
  assert.equal(await clock.until(at(50)), 50)
  assert.equal(clock.monotonicMs(), 50)
  await assert.rejects(clock.until(Promise.reject(new RangeError('no'))), RangeError)
  assert.equal(clock.monotonicMs(), 50)
})

test('time stands still until it is moved, and both readings move together', async () => {
  const clock = virtualClock({ startMs: 1000 })
  assert.equal(clock.now(), 1000)
  await clock.advance(250)
  assert.equal(clock.now(), 1250)
  assert.equal(clock.monotonicMs(), 250)
})

test('timers run by due time, then by order of setting, each at its own instant', async () => {
  const clock = virtualClock()
  const seen: string[] = []
  for (const [name, at] of [
    ['c', 30],
    ['a', 10],
    ['d', 30],
    ['b', 20],
  ] as const) {
    clock.after(at, () => seen.push(`${name}@${clock.monotonicMs()}`))
  }
  await clock.advance(29)
  assert.deepEqual(seen, ['a@10', 'b@20'])
  assert.equal(clock.waiting, 2)
  assert.equal(await clock.runUntilIdle(), 1)
  assert.deepEqual(seen, ['a@10', 'b@20', 'c@30', 'd@30'])
})

test('cancelled timers never run and leave nothing behind', async () => {
  const clock = virtualClock()
  const seen: number[] = []
  const timers = Array.from({ length: 200 }, (_, i) => clock.after((i * 37) % 101, () => seen.push((i * 37) % 101)))
  timers.forEach((timer, i) => {
    if (i % 3 !== 0) timer.cancel()
    if (i % 6 === 1) timer.cancel()
  })
  assert.equal(clock.waiting, 67)
  await clock.runUntilIdle()
  assert.equal(seen.length, 67)
  assert.deepEqual(
    seen,
    seen.toSorted((a, b) => a - b)
  )
})

test('promise jobs run before soon, and soon before the clock moves on', async () => {
  const clock = virtualClock()
  const seen: string[] = []
  clock.after(1, () => seen.push('timer'))
  clock.soon(() => {
    seen.push('soon')
    void Promise.resolve()
      .then(() => {})
      .then(() => seen.push('job'))
    clock.soon(() => seen.push('soon of soon'))
  })
  await clock.advance(1)
  assert.deepEqual(seen, ['soon', 'job', 'soon of soon', 'timer'])
})

test('a busy soon does not starve a timer of the same instant', async () => {
  const clock = virtualClock()
  let turns = 0
  let due = false
  const spin = (): void => {
    turns++
    if (!due && turns < 100) clock.soon(spin)
  }
  clock.soon(spin)
  clock.after(0, () => {
    due = true
  })
  await clock.advance(0)
  assert.equal(due, true)
  assert.ok(turns < 5, `${turns} turns before the timer`)
})
