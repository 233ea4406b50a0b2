/**
 * @module service/spawners/process-child
 * Starts a child process and carries batches to it over Node's channel, which copies them. Not here: the child (`process-entry.ts`).
 */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../clock.ts'
import { REMOTE_GRACE_MS } from '../defaults.ts'
import type { StartCarrier } from '../remote/link.ts'
import { atTurnEnd, whenQuiet, inheritedArguments } from './thread-worker.ts'

/** Gives what starts a child process; `execArgv` are Node's arguments, `started` is told its id. */
export function processCarrier(
  execArgv: readonly string[] | undefined,
  started: ((pid: number) => void) | undefined
): StartCarrier {
  return (received, down) => {
    const entry = fileURLToPath(new URL('./process-entry.js', import.meta.url))
    const child = fork(entry, [], {
      serialization: 'advanced',
      execArgv: [...(execArgv ?? inheritedArguments())],
    })
    if (child.pid !== undefined) started?.(child.pid)
    let why = 'its process ended'
    let left = 2
    const exited = new Promise<void>((resolve) => {
      // What the child wrote last may be read after its exit: it is gone when both have come.
      const gone = (): void => {
        left -= 1
        if (left !== 0) return
        down(why)
        resolve()
      }
      child.once('disconnect', gone)
      child.once('exit', (code, signal) => {
        why = `its process ended with ${signal === null ? `exit code ${code}` : `signal ${signal}`}`
        gone()
      })
      child.on('error', (thrown) => {
        // Not started: neither of the others comes. Else a batch met a channel that was closing, and they do.
        if (child.pid !== undefined) return
        why = `its process could not be started: ${thrown.message}`
        left = 1
        gone()
      })
    })
    child.on('message', (batch: unknown) => {
      if (batch instanceof Uint8Array) received(batch)
    })
    const kill = (): void => void child.kill('SIGKILL')
    return {
      post: (batch) => {
        if (child.connected) child.send(batch, () => {})
      },
      atTurnEnd,
      whenQuiet,
      end: async () => {
        if (child.connected) child.disconnect()
        const timer = systemClock.after(REMOTE_GRACE_MS, kill)
        await exited
        timer.cancel()
      },
      kill,
      entered: () => undefined,
    }
  }
}
