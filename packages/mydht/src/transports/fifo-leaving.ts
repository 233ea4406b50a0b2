/**
 * @module transports/fifo-leaving
 * Programs that leave (`process.exit`, an error that nobody catches) without closing a transport which runs in a worker: the worker is not told, and the system
 * waits for its threads. So the program's first thread asks, and waits a moment. Not here: transports of that thread itself (`fifo-blocked.ts`).
 */
import process from 'node:process'
import { BroadcastChannel, getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads'

/** Name of the channel on which workers hear of it, and of the memory that all threads share: one number, how many transports are open in workers. */
const name = 'mydht/fifo'

/** How long the program waits for transports in workers, in milliseconds. Closing takes a few, on a busy machine more than a second; a worker that hangs does not close. */
const patienceMs = 5000

/** Called in the program's first thread before a worker with such a transport can be there; in others it does nothing. */
export function watchProgram(): void {
  if (!isMainThread || openInWorkers() !== undefined) return
  setEnvironmentData(name, new SharedArrayBuffer(4))
  process.on('exit', () => {
    const open = openInWorkers()
    if (open === undefined || Atomics.load(open, 0) === 0) return
    new BroadcastChannel(name).postMessage('the program leaves')
    for (let left = Atomics.load(open, 0); left > 0; left = Atomics.load(open, 0))
      if (Atomics.wait(open, 0, left, patienceMs) === 'timed-out') return
  })
}

/** Tells a transport in a worker when the program leaves. Gives what to call when the transport has closed. */
export function whenProgramLeaves(leave: () => void): () => void {
  const open = isMainThread ? undefined : openInWorkers()
  if (open === undefined) return () => {}
  const channel = new BroadcastChannel(name)
  channel.onmessage = leave
  channel.unref()
  Atomics.add(open, 0, 1)
  return () => {
    channel.close()
    Atomics.sub(open, 0, 1)
    Atomics.notify(open, 0)
  }
}

function openInWorkers(): Int32Array | undefined {
  const shared: unknown = getEnvironmentData(name)
  return shared instanceof SharedArrayBuffer ? new Int32Array(shared) : undefined
}
