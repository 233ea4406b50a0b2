/**
 * The subjects that do without MyDHT: `post-objects`, which posts every command as an object to be cloned, and `one-batch`, which writes commands with the
 * same codec into batches that are transferred. Both let as many commands be under way as MyDHT's default does, and wait on the worker's word.
 */
import { Worker } from 'node:worker_threads'
import { chunk, chunks } from './chunks.mjs'
import { roundTrips, throughput } from './figures.mjs'

/** The default `queueLimit` of `thread()`. */
const window = 4096
/** Where MyDHT too sends a batch off. */
const batchBytes = 65_536
const codec = chunks.crossing.command

/** One of them, with its worker. */
export async function openRaw(subject) {
  const worker = new Worker(new URL('./raw-worker.mjs', import.meta.url), {
    workerData: { every: subject === 'one-batch' ? 1 : 256 },
  })
  let sent = 0
  let handled = 0
  let wake = () => {}
  let answered = () => {}
  worker.on('message', (message) => {
    if (typeof message !== 'number') return answered()
    handled = message
    // As MyDHT does: half of the window is free.
    if ((sent - handled) * 2 <= window) wake()
  })
  const room = () => new Promise((resolve) => (wake = resolve))
  const ask = chunk(1, true)
  const roundTripOnce = () =>
    new Promise((resolve) => {
      answered = resolve
      sent++
      worker.postMessage(ask)
    })
  const sendUntil = subject === 'one-batch' ? batches : objects

  async function objects(end) {
    const command = chunk(1)
    while (performance.now() < end) {
      for (let i = 0; i < 1024 && sent - handled < window; i++) {
        worker.postMessage(command)
        sent++
      }
      if (sent - handled >= window) await room()
    }
  }

  async function batches(end) {
    const command = chunk(1)
    let batch = new Uint8Array(batchBytes)
    let at = 0
    const post = () => {
      const whole = batch.subarray(0, at)
      worker.postMessage(whole, [whole.buffer])
      batch = new Uint8Array(batchBytes)
      at = 0
    }
    while (performance.now() < end) {
      for (let i = 0; i < 1024 && sent - handled < window; i++) {
        let next = codec.encodeInto(command, batch, at + 4)
        if (next === undefined) {
          post()
          next = codec.encodeInto(command, batch, at + 4)
        }
        const length = next - at - 4
        batch[at] = length
        batch[at + 1] = length >>> 8
        batch[at + 2] = length >>> 16
        batch[at + 3] = length >>> 24
        at = next
        sent++
      }
      if (sent - handled >= window) {
        post()
        await room()
      }
    }
    if (at > 0) post()
  }

  await roundTripOnce()
  return {
    run: async ({ measure, seconds }) => {
      if (measure === 'round-trip') return roundTrips(roundTripOnce, seconds)
      return throughput(async (end) => {
        const before = sent
        await sendUntil(end)
        // Behind all that was sent.
        await roundTripOnce()
        return sent - before
      }, seconds)
    },
    close: async () => void (await worker.terminate()),
  }
}
