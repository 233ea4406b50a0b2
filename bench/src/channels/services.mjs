/**
 * The subjects that are MyDHT's spawners: `thread`, `pool` (two threads, eight services), `process`.
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

/** Each service has a sender of its own until then, which waits when it is told no. Gives how many commands were handled. */
async function sendUntil(end, handles) {
  const before = handled(handles)
  await Promise.all(handles.map((handle) => send(end, handle)))
  return handled(handles) - before
}

async function send(end, handle) {
  const command = chunk(1)
  while (performance.now() < end) {
    // As many as fit between two looks at the clock.
    for (let i = 0; i < 1024; i++) {
      if (handle.send(command)) continue
      await handle.drained(never)
      break
    }
  }
  await handle.drained(never)
  await handle.call(chunk(1, true))
}

function handled(handles) {
  return handles.reduce((sum, handle) => sum + handle.stats().handled, 0)
}
