import assert from 'node:assert/strict'
import { spawn as spawnChild } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { MyDhtError } from '../../src/errors.ts'
import type { Log } from '../../src/log.ts'
import type { Ended, Handle } from '../../src/service/handle.ts'
import type { Spawner } from '../../src/service/spawner.ts'
import { pool } from '../../src/service/spawners/pool.ts'
import { process as childProcess } from '../../src/service/spawners/process.ts'
import { thread } from '../../src/service/spawners/thread.ts'
import { supervise } from '../../src/service/supervisor.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'
import { realParts } from './elsewhere.ts'
import { worker, type Command, type Event } from './remote-probe.ts'

type Held = Handle<Command, Event, number>
const count = (seq: number): Command => ({ type: 'count', seq })
const deaf = { send: () => true }
const ended = (handle: Held): Promise<Ended<Command, number>> => new Promise((resolve) => handle.onEnd(resolve))
const kinds: readonly (() => Spawner)[] = [() => thread(), () => pool(2), () => childProcess()]

for (const make of kinds) {
  const { kind } = make()

  test(`${kind}: a virtual clock is refused`, () => {
    const parts = { ...realParts, clock: virtualClock() }
    assert.throws(
      () => make().spawn(worker, 0, parts, deaf),
      (error) => MyDhtError.is(error, 'MYDHT_BAD_CONFIG') && error.message.includes('same-thread placements only')
    )
  })

  test(`${kind}: the time that a service takes there is measured where its owner asks for it`, async () => {
    for (const measure of [true, false]) {
      const handle = make().spawn(worker, 0, { ...realParts, measure }, deaf)
      handle.send({ type: 'work', ms: 3 })
      while (handle.stats().handled < 1) await new Promise((resolve) => setImmediate(resolve))
      const { busyMs } = handle.stats()
      assert.ok(measure ? busyMs >= 3 : busyMs === 0, `${busyMs}`)
      await handle.close()
    }
  })

  test(`${kind}: a definition that its module does not export fails the handle and names both`, async () => {
    const handle = make().spawn({ ...worker, name: 'nobody' }, 0, realParts, deaf)
    handle.send(count(1))
    const { failure, notSent } = await ended(handle)
    assert.match(failure?.message ?? '', /remote-probe\.js exports no service definition named 'nobody'/)
    assert.deepEqual(notSent, [count(1)])
    await handle.close()
  })

  test(`${kind}: a worker that exits fails the call at once and reports what it may have handled`, async () => {
    const handle = make().spawn(worker, 0, realParts, deaf)
    await handle.call(count(0))
    const all = [handle.call({ type: 'exit' }), handle.call(count(1))]
    handle.send(count(2))
    const results = await Promise.allSettled(all)
    for (const result of results) {
      assert.ok(result.status === 'rejected' && MyDhtError.is(result.reason, 'MYDHT_SERVICE_FAILED'))
    }
    const { failure, notSent, maybeHandled } = await handle.close()
    assert.match(failure?.message ?? '', /ended with exit code 7/)
    assert.deepEqual(notSent, [])
    assert.deepEqual(maybeHandled, [count(2)])
    assert.equal(handle.state, 'failed')
  })

  test(`${kind}: commands that never left this thread are notSent when the worker dies`, async () => {
    const handle = make().spawn(worker, 0, realParts, deaf)
    await handle.call(count(0))
    handle.send({ type: 'exit' })
    const { maybeHandled, notSent } = await new Promise<Ended<Command, number>>((resolve) => {
      handle.onEnd(resolve)
      // Keeps sending until it is told no: whatever was taken must come back in one of the lists.
      let seq = 0
      const more = (): void => {
        while (seq < 3000 && handle.send(count(seq))) seq++
        if (handle.state === 'running') setImmediate(more)
      }
      more()
    })
    const back = [...maybeHandled, ...notSent]
    assert.deepEqual(back[0], { type: 'exit' })
    assert.deepEqual(
      back.slice(1),
      back.slice(1).map((_, i) => count(i))
    )
    await handle.close()
  })

  test(`${kind}: what a service throws outside its handle is not lost`, async () => {
    const handle = make().spawn(worker, 0, realParts, deaf)
    handle.send({ type: 'throw-later' })
    const { failure } = await ended(handle)
    assert.equal(failure?.code, 'MYDHT_SERVICE_FAILED')
    await handle.close()
  })

  test(`${kind}: lines of its log come back`, async () => {
    const lines: unknown[] = []
    const log: Log = (level, event, details) => lines.push([level, event, details])
    const handle = make().spawn(worker, 0, { ...realParts, log }, deaf)
    handle.send({ type: 'log' })
    await handle.call({ type: 'where' })
    await handle.close()
    assert.deepEqual(lines, [['info', 'from-afar', { big: '5', failed: { name: 'Error', message: 'fine' } }]])
  })

  test(`${kind}: a supervised service comes back, its calls failed at once, and goes on in order`, async () => {
    const spawner = make()
    const seqs: number[] = []
    let failures = 0
    let wake = (): void => {}
    const destination = {
      send: (event: Event) => {
        if (event.type === 'counted') seqs.push(event.seq)
        if (seqs.at(-1) === 4) wake()
        return true
      },
    }
    const done = new Promise<void>((resolve) => (wake = resolve))
    const handle = supervise((saved?: number) => spawner.spawn(worker, 0, realParts, destination, saved), realParts, {
      firstDelayMs: 1,
      onFailure: () => failures++,
    })
    handle.send(count(1))
    const call = assert.rejects(handle.call({ type: 'throw' }), (error) => MyDhtError.is(error, 'MYDHT_SERVICE_FAILED'))
    for (const seq of [2, 3, 4]) handle.send(count(seq))
    await call
    await done
    assert.deepEqual(seqs, [1, 2, 3, 4])
    assert.equal(failures, 1)
    assert.equal((await handle.close()).saved, 3)
  })

  test(`${kind}: close ends a service that never comes back from its handle`, async () => {
    const spawner =
      kind === 'thread'
        ? thread({ closeTimeoutMs: 50 })
        : kind === 'pool'
          ? pool(1, { closeTimeoutMs: 50 })
          : childProcess({ closeTimeoutMs: 50 })
    const handle = spawner.spawn(worker, 0, realParts, deaf)
    await handle.call({ type: 'where' })
    handle.send({ type: 'spin' })
    handle.send(count(1))
    // The batch goes at the end of this turn; a close behind it finds the service busy.
    await new Promise((resolve) => setImmediate(resolve))
    const { failure, maybeHandled } = await handle.close()
    assert.equal(failure?.code, 'MYDHT_TIMEOUT')
    assert.deepEqual(maybeHandled, [{ type: 'spin' }, count(1)])
  })
}

test('thread: a worker out of memory fails its service, not the program', async () => {
  const spawner = thread({ resourceLimits: { maxOldGenerationSizeMb: 16 } })
  const handle = spawner.spawn(worker, 0, realParts, deaf)
  const call = assert.rejects(handle.call({ type: 'hoard' }, { timeoutMs: 20_000 }), (error) =>
    MyDhtError.is(error, 'MYDHT_SERVICE_FAILED')
  )
  await call
  assert.match(handle.failure?.message ?? '', /memory/)
  await handle.close()
})

test('process: a child killed by SIGKILL fails its service at once', async () => {
  let pid = 0
  const handle = childProcess({ onStarted: (id) => (pid = id) }).spawn(worker, 0, realParts, deaf)
  await handle.call(count(0))
  handle.send({ type: 'spin' })
  const call = handle.call(count(1))
  const rejected = assert.rejects(call, (error) => MyDhtError.is(error, 'MYDHT_SERVICE_FAILED'))
  setImmediate(() => process.kill(pid, 'SIGKILL'))
  await rejected
  const { failure, maybeHandled } = await handle.close()
  assert.match(failure?.message ?? '', /signal SIGKILL/)
  assert.deepEqual(maybeHandled, [{ type: 'spin' }])
})

test('process: a service runs in another process, thread: on another thread, pool: on as many threads as it may', async () => {
  const place = async (handle: Held): Promise<string> => {
    const event = await handle.call({ type: 'where' })
    return event.type === 'where' ? `${event.pid}/${event.thread}` : ''
  }
  const child = childProcess().spawn(worker, 0, realParts, deaf)
  assert.notEqual((await place(child)).split('/')[0], String(process.pid))
  const two = pool(2)
  const handles = Array.from({ length: 6 }, () => two.spawn(worker, 0, realParts, deaf))
  const places = await Promise.all(handles.map(place))
  const again = await Promise.all(handles.map(place))
  assert.deepEqual(again, places, 'an instance stays on its worker')
  const sizes = [...new Set(places)].map((one) => places.filter((each) => each === one).length)
  assert.deepEqual(sizes, [3, 3], 'the least loaded worker is chosen')
  await Promise.all([child, ...handles].map((handle) => handle.close()))
})

test('pool: an instance that throws fails alone', async () => {
  const one = pool(1)
  const good = one.spawn(worker, 0, realParts, deaf)
  const bad = one.spawn(worker, 0, realParts, deaf)
  bad.send({ type: 'throw' })
  await ended(bad)
  assert.deepEqual(await good.call(count(1)), { type: 'counted', seq: 1, sum: 1 })
  await Promise.all([good.close(), bad.close()])
})

test('credit bounds what is under way: a sender is told no at queueLimit, and commands are held while events are not taken', async () => {
  const refuses = {
    send: () => false,
    drained: (signal: AbortSignal) =>
      new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  }
  const handle = thread({ queueLimit: 8, outboxLimit: 4 }).spawn(worker, 0, realParts, refuses)
  let taken = 0
  const never = new AbortController().signal
  // Four events fill the outbox; then nothing is acknowledged any more and eight commands wait.
  while (taken < 12) {
    if (handle.send(count(taken))) taken++
    else await handle.drained(never)
  }
  assert.equal(handle.send(count(12)), false)
  assert.deepEqual([handle.stats().handled, handle.stats().queued], [4, 8])
  const { notSent } = await handle.close()
  assert.deepEqual(
    notSent,
    Array.from({ length: 8 }, (_, i) => count(i + 4))
  )
})

for (const kind of ['thread', 'pool', 'process']) {
  test(`${kind}: a program ends by itself after close`, async () => {
    const at = (name: string): string => new URL(name, import.meta.url).href
    const make = kind === 'pool' ? 'pool(2)' : `${kind}()`
    const script = `
      import { ${kind} } from '${at(`../../src/service/spawners/${kind}.js`)}'
      import { realParts } from '${at('./elsewhere.js')}'
      import { worker } from '${at('./remote-probe.js')}'
      const handle = ${make}.spawn(worker, 0, realParts, { send: () => true })
      console.log(JSON.stringify(await handle.call({ type: 'count', seq: 5 })))
      await handle.close()
      await new Promise((resolve) => setImmediate(resolve))
      console.log(globalThis.process.getActiveResourcesInfo().filter((name) => /Worker|MessagePort|Timeout/.test(name)).length)
    `
    const child = spawnChild(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let said = ''
    child.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()))
    const [code] = await once(child, 'close')
    assert.equal(code, 0)
    assert.equal(said, '{"type":"counted","seq":5,"sum":1}\n0\n')
  })
}

test('a thread that lingers runs the next service without a new worker, and ends when none comes', async () => {
  const spawner = thread({ lingerMs: 50 })
  const where = async (): Promise<unknown> => {
    const handle = spawner.spawn(worker, 0, realParts, deaf)
    const answer = await handle.call({ type: 'where' })
    await handle.close()
    return answer
  }
  const first = await where()
  assert.deepEqual(await where(), first)
  // One that failed its worker leaves nothing to linger.
  const broken = spawner.spawn(worker, 0, realParts, deaf)
  await broken.call({ type: 'where' })
  broken.send({ type: 'exit' })
  await ended(broken)
  assert.notDeepEqual(await where(), first)
})
