/** @module test/apps/alarm: several deadlines on one wake-up. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAlarm } from '../../src/apps/alarm.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'

test('each part is called at its time, though a new wake-up replaces the one before', async () => {
  const clock = virtualClock()
  const rang: string[] = []
  let timer: { cancel(): void } | undefined
  const alarm = createAlarm(clock, (delayMs) => {
    timer?.cancel()
    timer = clock.after(delayMs, () => alarm.wake())
  })
  const late = (): void => void rang.push(`late ${clock.monotonicMs()}`)
  const early = (): void => {
    rang.push(`early ${clock.monotonicMs()}`)
    if (rang.length < 3) alarm.by(early, 10)
  }
  alarm.by(late, 100)
  alarm.by(early, 30)
  // A later wish of the same part does not put off its earlier one.
  alarm.by(early, 60)
  await clock.advance(1000)
  assert.deepEqual(rang, ['early 30', 'early 40', 'early 50', 'late 100'])
})

test('a wake-up that comes too soon calls nobody and is asked for again', () => {
  const clock = virtualClock()
  const asked: number[] = []
  const alarm = createAlarm(clock, (delayMs) => void asked.push(delayMs))
  alarm.by(() => assert.fail('too soon'), 50)
  alarm.wake()
  assert.deepEqual(asked, [50, 50])
})
