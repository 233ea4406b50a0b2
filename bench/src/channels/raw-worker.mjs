/**
 * The worker of the subjects that do without MyDHT: objects as `postMessage` clones them, or batches of the same frames as MyDHT's commands.
 * It runs the same service, and says after every `every` commands, or after a batch, how many it has handled.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { chunks } from './chunks.mjs'

const { every } = workerData
const codec = chunks.crossing.command
const service = chunks.create()
let handled = 0
let told = 0

const emit = (event) => {
  parentPort.postMessage(event)
  return true
}

parentPort.on('message', (message) => {
  if (message instanceof Uint8Array) handleBatch(message)
  else {
    service.handle(message, emit)
    handled++
  }
  // In the measured round trip there is nothing but the answer.
  if (handled - told >= every && message.type !== 'ask') {
    told = handled
    parentPort.postMessage(handled)
  }
})

function handleBatch(batch) {
  for (let at = 0; at < batch.length;) {
    const end = at + 4 + (batch[at] | (batch[at + 1] << 8) | (batch[at + 2] << 16) | (batch[at + 3] << 24))
    service.handle(codec.decode(batch.subarray(at + 4, end)), emit)
    handled++
    at = end
  }
}
