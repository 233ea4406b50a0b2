/**
 * @module service/spawners/process-entry
 * Where a child process of `process` begins. It ends when its owner lets go of it, or dies.
 */
import process from 'node:process'
import { serve } from '../remote/residents.ts'
import { atTurnEnd, whenQuiet } from './thread-worker.ts'

const server = serve(
  {
    post: (batch) => {
      if (process.connected) process.send?.(batch, undefined, undefined, () => {})
    },
    atTurnEnd,
    whenQuiet,
  },
  () => {}
)
process.on('message', (batch: unknown) => {
  if (batch instanceof Uint8Array) server.receive(batch)
})
process.once('disconnect', () => process.exit(0))
