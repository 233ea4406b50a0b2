import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import type { Handle } from '../../src/service/handle.ts'
import { link } from '../../src/service/remote/direct-link.ts'
import { pool } from '../../src/service/spawners/pool.ts'
import { thread } from '../../src/service/spawners/thread.ts'
import { supervise } from '../../src/service/supervisor.ts'
import { realParts } from './elsewhere.ts'
import { sink, source } from './direct-probe.ts'
import type { SinkCommand, SinkEvent, SourceEvent } from './direct-probe.ts'

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

/** A destination that keeps what came, and a promise for each thing that is waited for. */
function listener(): {
  got: (number | string)[]
  send: (event: SinkEvent) => boolean
  has: (what: number | string) => Promise<void>
} {
  const got: (number | string)[] = []
  const waiting = new Map<number | string, () => void>()
  const send = ({ got: what }: SinkEvent): boolean => {
    got.push(what)
    waiting.get(what)?.()
    return true
  }
  const has = (what: number | string): Promise<void> =>
    got.includes(what) ? Promise.resolve() : new Promise((resolve) => void waiting.set(what, resolve))
  return { got, send, has }
}

test('an owner that passes on later says with inLine when it has: order is kept whenever events change their way', async () => {
  const sinkSide = listener()
  const to = thread().spawn(sink, 0, realParts, sinkSide)
  let ordinary = 0
  /** What the owner has not come to yet. */
  const line: (() => void)[] = []
  const work = (): void => {
    // A little at a time, so that it always lags behind.
    for (const step of line.splice(0, 50)) step()
    if (line.length > 0) systemClock.soon(work)
  }
  const later = (step: () => void): void => {
    if (line.push(step) === 1) systemClock.soon(work)
  }
  const pass = (command: SinkCommand): void => assert.ok(to.send(command))
  const from = thread().spawn(source, { weight: 0 }, realParts, {
    send: (event: SourceEvent) => {
      if (event.type === 'item') ordinary++
      later(() => pass(event.type === 'item' ? event : { type: 'mark', mark: event.sign }))
      return true
    },
  })
  from.send({ type: 'emit', count: 300 })
  link(from, to, 'sink', { inLine: later })
  for (let round = 0; round < 10; round++) {
    from.send({ type: 'emit', count: 1500, sign: `round ${round}` })
    await sinkSide.has(`round ${round}`)
  }
  const items = sinkSide.got.filter((each) => typeof each === 'number')
  assert.deepEqual(items, upTo(15_300))
  assert.ok(ordinary > 300 && (from.stats().direct ?? 0) > 5000, `${ordinary} through the owner`)
  await Promise.all([from.close(), to.close()])
})

test('a supervised service is linked as it is, and again when it was restarted: each item is handled once, in order', async () => {
  const spawner = pool(2)
  const sinkSide = listener()
  let restarts = 0
  let wake = (): void => {}
  const to: Handle<SinkCommand, SinkEvent> = supervise(() => spawner.spawn(sink, 0, realParts, sinkSide), realParts, {
    firstDelayMs: 1,
    maxRestarts: 100,
    onRestarted: () => {
      restarts++
      relink()
      wake()
    },
  })
  const from = spawner.spawn(source, { weight: 0 }, realParts, {
    send: (event: SourceEvent) =>
      to.send(
        event.type === 'item' ? event : event.sign === 'throw' ? { type: 'throw' } : { type: 'mark', mark: event.sign }
      ),
  })
  const relink = (): void => {
    const way = link(from, to, 'sink', {
      // A throw is one command's: what comes back was not handled, and goes the ordinary way now.
      onReturned: ({ notSent, maybeHandled, lost }) => {
        assert.deepEqual([maybeHandled, lost], [[], 0])
        for (const command of notSent) assert.ok(to.send(command))
      },
    })
    assert.ok(way !== undefined)
  }
  relink()
  for (let round = 0; round < 5; round++) {
    const restarted = new Promise<void>((resolve) => (wake = resolve))
    from.send({ type: 'emit', count: 100, sign: `round ${round}` })
    await sinkSide.has(`round ${round}`)
    from.send({ type: 'emit', count: 100, sign: 'throw' })
    from.send({ type: 'emit', count: 100 })
    await restarted
  }
  from.send({ type: 'emit', count: 100, sign: 'end' })
  await sinkSide.has('end')
  assert.equal(restarts, 5)
  assert.deepEqual(
    sinkSide.got.filter((each) => typeof each === 'number'),
    upTo(1600)
  )
  assert.ok((from.stats().direct ?? 0) > 800)
  assert.equal(to.stats().restarts, 5)
  await Promise.all([from.close(), to.close()])
})

test('a target that hangs on what came directly is seen, though its owner sent it nothing', async () => {
  const sinkSide = listener()
  const to = thread({ stuckMs: 300 }).spawn(sink, 0, realParts, sinkSide)
  const from = thread().spawn(source, { weight: 0 }, realParts, {
    send: (event: SourceEvent) => (event.type === 'item' ? to.send(event) : true),
  })
  await to.call({ type: 'mark', mark: 'here' })
  const returned = new Promise<number>((resolve) =>
    link(from, to, 'sink', { onReturned: ({ maybeHandled }) => resolve(maybeHandled.length) })
  )
  // Directly once linked; the last one of them never ends.
  await from.call({ type: 'emit', count: 0, sign: 'linked' })
  from.send({ type: 'emit', count: 10 })
  await sinkSide.has(9)
  from.send({ type: 'hang' })
  const ended = new Promise<void>((resolve) => to.onEnd(() => resolve()))
  assert.equal(await returned, 1)
  await ended
  assert.match(to.failure?.message ?? '', /no sign of life for 300 ms/)
  await Promise.all([from.close(), to.close()])
})
