import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loopWindowMs } from '../../src/node/defaults.ts'
import { loopMonitor } from '../../src/node/loop-monitor.ts'
import type { LoopWatch } from '../../src/node/machine/machine.ts'

/** A loop whose delays the test says, and every watch of it. */
function world() {
  let nowMs = 0
  const watches: { maxMs: number; running: boolean }[] = []
  const watch = (): LoopWatch => {
    const own = { maxMs: 0, running: true }
    watches.push(own)
    return {
      read: () => ({ p50Ms: 0, p99Ms: own.maxMs, maxMs: own.maxMs }),
      reset: () => void (own.maxMs = 0),
      stop: () => void (own.running = false),
    }
  }
  return {
    watches,
    watch,
    nowMs: () => nowMs,
    pass: (ms: number) => void (nowMs += ms),
    delay: (ms: number) => watches.forEach((one) => (one.maxMs = Math.max(one.maxMs, ms))),
  }
}

test('a machine without a watch has no monitor', () => {
  assert.equal(
    loopMonitor(
      () => undefined,
      () => 0
    ),
    undefined
  )
})

test('a delay is seen at once and for a whole window, and forgotten after two', () => {
  const { watch, nowMs, pass, delay } = world()
  const monitor = loopMonitor(watch, nowMs)
  assert.ok(monitor)
  for (let i = 0; i < 4; i++) {
    pass(loopWindowMs - 1)
    monitor.turn()
    pass(1)
    monitor.turn()
  }
  delay(70)
  assert.equal(monitor.read().maxMs, 70)
  pass(loopWindowMs)
  monitor.turn()
  assert.equal(monitor.read().maxMs, 70)
  pass(loopWindowMs)
  monitor.turn()
  assert.equal(monitor.read().maxMs, 0)
  assert.equal(monitor.read().overMs, loopWindowMs)
})

test('it reads the longer of its two watches, and stops both', () => {
  const { watch, watches, nowMs, pass } = world()
  const monitor = loopMonitor(watch, nowMs)
  assert.ok(monitor)
  pass(loopWindowMs + 300)
  monitor.turn()
  pass(200)
  assert.equal(monitor.read().overMs, loopWindowMs + 500)
  monitor.stop()
  assert.deepEqual(
    watches.map(({ running }) => running),
    [false, false]
  )
})
