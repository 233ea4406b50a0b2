/**
 * The subjects that are MyDHT's spawners: `thread`, `pool` (two threads, eight services, each command to the next one), `process`.
 */
import { systemClock, systemRandom } from 'mydht'
import { pool } from 'mydht/service/pool'
import { process as childProcess } from 'mydht/service/process'
import { thread } from 'mydht/service/thread'
import { chunk, chunks } from './chunks.mjs'
import { roundTrips, throughput } from './figures.mjs'

const spawners = { thread: () => thread(), pool: () => pool(2), process: () => childProcess() }
const never = new AbortController().signal

/** One of them, with its services. */
export async function openServices(subject) {
  const parts = { clock: systemClock, random: systemRandom, log: () => {} }
  const spawner = spawners[subject]()
  const handles = Array.from({ length: subject === 'pool' ? 8 : 1 }, () =>
    spawner.spawn(chunks, undefined, parts, { send: () => true })
  )
  const ask = chunk(1, true)
  // Started, every one.
  for (const handle of handles) await handle.call(ask)
  return {
    run: async ({ measure, seconds }) =>
      measure === 'throughput'
        ? throughput((end) => sendUntil(end, handles), seconds)
        : roundTrips(() => handles[0].call(ask), seconds),
    close: async () => void (await Promise.all(handles.map((handle) => handle.close()))),
  }
}

/** Sends to each in turn until then. Gives how many were handled. */
async function sendUntil(end, handles) {
  const command = chunk(1)
  const before = handled(handles)
  for (let next = 0; performance.now() < end;) {
    // As many as fit between two looks at the clock.
    for (let i = 0; i < 1024; i++) {
      const handle = handles[next]
      next = next + 1 === handles.length ? 0 : next + 1
      if (!handle.send(command)) {
        await handle.drained(never)
        break
      }
    }
  }
  await Promise.all(
    handles.map(async (handle) => {
      await handle.drained(never)
      return handle.call(chunk(1, true))
    })
  )
  return handled(handles) - before
}

function handled(handles) {
  return handles.reduce((sum, handle) => sum + handle.stats().handled, 0)
}
