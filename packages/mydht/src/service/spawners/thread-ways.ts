/**
 * @module service/spawners/thread-ways
 * Direct ways between worker threads: message ports, as the ends that `../remote/` works with. Not here: what goes over them.
 */
import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads'
import type { DirectPaper, DirectPort } from '../remote/direct-port.ts'

/** What a worker is sent when a direct way is made. `port`: its end of it; without one both ends are there. */
export interface WayMessage {
  readonly paper: DirectPaper
  readonly port: MessagePort | undefined
}

/** A message port as one end of a direct way. It does not hold its worker open: its owner ends that. */
export function portEnd(port: MessagePort): DirectPort {
  let gone = false
  let closed = (): void => {
    gone = true
  }
  port.once('close', () => closed())
  return {
    post: (batch) => port.postMessage(batch, [batch.buffer]),
    take: () => {
      const message: unknown = receiveMessageOnPort(port)?.message
      return message instanceof Uint8Array ? message : undefined
    },
    open: (received, onClosed) => {
      port.on('message', received)
      if (gone) queueMicrotask(onClosed)
      else closed = onClosed
    },
    close: () => port.close(),
  }
}
