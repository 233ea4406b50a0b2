import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MyDhtError } from '../../src/errors.ts'
import type { Destination, Ended, Handle } from '../../src/service/handle.ts'
import type { Spawner } from '../../src/service/spawner.ts'
import { pool } from '../../src/service/spawners/pool.ts'
import { process as childProcess } from '../../src/service/spawners/process.ts'
import { thread } from '../../src/service/spawners/thread.ts'
import { supervise } from '../../src/service/supervisor.ts'
import { realParts } from './elsewhere.ts'
import { worker, type Command, type Event } from './remote-probe.ts'

type Held = Handle<Command, Event, number>
const count = (seq: number): Command => ({ type: 'count', seq })
const deaf = { send: () => true }
const failed = (error: unknown): boolean => MyDhtError.is(error, 'MYDHT_SERVICE_FAILED')
const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const small = { resourceLimits: { maxOldGenerationSizeMb: 16 } }
const watched = { stuckMs: 300 }

type Counted = Extract<Event, { readonly type: 'counted' }>

/** A destination that says when the event of command `seq` came; `seen` gets each. */
function eventOf(
  seq: number,
  seen: (event: Counted) => void
): { destination: Destination<Event>; came: Promise<Counted> } {
  let resolve: (event: Counted) => void = () => {}
  const came = new Promise<Counted>((settle) => (resolve = settle))
  const send = (event: Event): boolean => {
    if (event.type !== 'counted') return true
    seen(event)
    if (event.seq === seq) resolve(event)
    return true
  }
  return { destination: { send }, came }
}

/** Every way to lose a worker, by kind: what is sent, and what the failure says. */
const ways: readonly {
  readonly how: string
  readonly make: () => Spawner
  readonly command: Command
  readonly said: RegExp
}[] = [
  { how: 'thread: an exit', make: () => thread(), command: { type: 'exit' }, said: /exit code 7/ },
  { how: 'pool: an exit', make: () => pool(1), command: { type: 'exit' }, said: /exit code 7/ },
  { how: 'process: an exit', make: () => childProcess(), command: { type: 'exit' }, said: /exit code 7/ },
  { how: 'thread: no memory', make: () => thread(small), command: { type: 'hoard' }, said: /memory/ },
  { how: 'pool: no memory', make: () => pool(1, small), command: { type: 'hoard' }, said: /memory/ },
  { how: 'thread: no way back', make: () => thread(watched), command: { type: 'spin' }, said: /no sign of life/ },
  { how: 'pool: no way back', make: () => pool(1, watched), command: { type: 'spin' }, said: /no sign of life/ },
  {
    how: 'process: no way back',
    make: () => childProcess(watched),
    command: { type: 'spin' },
    said: /no sign of life/,
  },
  { how: 'thread: a throw', make: () => thread(), command: { type: 'throw' }, said: /told to throw/ },
  { how: 'pool: a throw', make: () => pool(1), command: { type: 'throw' }, said: /told to throw/ },
  { how: 'process: a throw', make: () => childProcess(), command: { type: 'throw' }, said: /told to throw/ },
]
for (const { how, make, command, said } of ways) {
  test(`${how} fails calls at once, reports what was under way, and the supervised service goes on with the rest`, async () => {
    const spawner = make()
    const came: number[] = []
    let ends: Ended<Command, number> | undefined
    const fifth = eventOf(5, (event) => came.push(event.seq))
    const { destination } = fifth
    const handle = supervise((saved?: number) => spawner.spawn(worker, 100, realParts, destination, saved), realParts, {
      firstDelayMs: 1,
      onFailure: (ended) => (ends = ended),
    })
    await handle.call(count(0), { timeoutMs: 60_000 })
    const sent = [1, 2, 3]
    handle.send(command)
    for (const seq of sent) handle.send(count(seq))
    // A call behind them meets the same end, and does not wait for its time.
    await assert.rejects(handle.call(count(4), { timeoutMs: 60_000 }), failed)
    assert.match(ends?.failure?.message ?? '', said)
    handle.send(count(5))
    await fifth.came
    const reported = (ends?.maybeHandled ?? []).flatMap((each) => (each.type === 'count' ? [each.seq] : []))
    assert.deepEqual(
      [...came, ...reported].toSorted((a, b) => a - b),
      [...sent, 5],
      'each arrives once or is told to be lost perhaps'
    )
    assert.deepEqual(
      came,
      came.toSorted((a, b) => a - b),
      'in the order sent'
    )
    assert.equal(handle.stats().restarts, 1)
    assert.equal((await handle.close()).failure, undefined)
  })
}

test('a crash of a worker takes the services on it, not those on the others, and the next ones find a new worker', async () => {
  const two = pool(2, small)
  const handles = Array.from({ length: 6 }, () => two.spawn(worker, 0, realParts, deaf))
  const place = async (handle: Held): Promise<number> => {
    const event = await handle.call({ type: 'where' }, { timeoutMs: 60_000 })
    return event.type === 'where' ? event.thread : 0
  }
  const places = await Promise.all(handles.map(place))
  const gone = handles.filter((_, i) => places[i] === places[0])
  const ends = gone.map((handle) => new Promise<Ended<Command, number>>((resolve) => handle.onEnd(resolve)))
  handles[0]?.send({ type: 'hoard' })
  for (const { failure } of await Promise.all(ends)) assert.match(failure?.message ?? '', /memory/)
  assert.deepEqual(
    handles.map(({ state }) => state),
    places.map((each) => (each === places[0] ? 'failed' : 'running'))
  )
  const next = two.spawn(worker, 0, realParts, deaf)
  assert.ok(!places.includes(await place(next)))
  await Promise.all([...handles, next].map((handle) => handle.close()))
})

test('a service that does not come back is seen in lagMs, its own and that of those behind it on the same worker', async () => {
  const one = pool(1, { closeTimeoutMs: 20 })
  const stuck = one.spawn(worker, 0, realParts, deaf)
  const behind = one.spawn(worker, 0, realParts, deaf)
  await Promise.all([stuck, behind].map((handle) => handle.call({ type: 'where' }, { timeoutMs: 60_000 })))
  stuck.send({ type: 'spin' })
  await soon()
  behind.send(count(1))
  while (stuck.stats().lagMs <= 50 || behind.stats().lagMs <= 50) await soon()
  const ended = await Promise.all([stuck.close(), behind.close()])
  for (const { failure } of ended) assert.equal(failure?.code, 'MYDHT_TIMEOUT')
  assert.ok(stuck.stats().lagMs > 50, 'it is still known after the end')
})

test('after a crash a service goes on from what it was given to go on from, not from what it had become', async () => {
  const spawner = thread()
  const first = spawner.spawn(worker, 0, realParts, deaf)
  for (let seq = 0; seq < 5; seq++) first.send(count(seq))
  const { saved } = await first.close()
  assert.equal(saved, 5)
  let given: (number | undefined)[] = []
  const sixth = eventOf(6, () => {})
  const handle = supervise(
    (before?: number) => {
      given = [...given, before]
      return spawner.spawn(worker, 0, realParts, sixth.destination, before ?? saved)
    },
    realParts,
    { firstDelayMs: 1 }
  )
  await handle.call(count(5))
  await assert.rejects(handle.call({ type: 'exit' }), failed)
  handle.send(count(6))
  assert.deepEqual(await sixth.came, { type: 'counted', seq: 6, sum: 6 })
  assert.deepEqual(given, [undefined, 5])
  await handle.close()
})
