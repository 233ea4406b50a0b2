/**
 * @module service/spawners/thread-entry
 * Where a worker thread of `thread` or `pool` begins. Runs compiled: Node 20 starts no worker from TypeScript.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { serve } from '../remote/residents.ts'
import { portEnd, type WayMessage } from './thread-ways.ts'
import { atTurnEnd, room, whenQuiet, type MemoryMessage } from './thread-worker.ts'

const port = parentPort
if (port !== null) {
  const given: unknown = workerData
  const shared = typeof given === 'object' && given !== null && 'entered' in given ? given.entered : undefined
  const entered = shared instanceof Int32Array ? shared : new Int32Array(1)
  const server = serve(
    { post: (batch) => port.postMessage(batch, [batch.buffer]), room, atTurnEnd, whenQuiet },
    (instance) => (entered[0] = instance)
  )
  port.on('message', (message: Uint8Array | MemoryMessage | WayMessage) => {
    if (message instanceof Uint8Array) server.receive(message)
    else if ('memory' in message) server.share(message.instance, message.memory)
    else server.direct(message.paper, message.port && portEnd(message.port))
  })
}
