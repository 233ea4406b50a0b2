/**
 * @module service/spawners/thread-worker
 * Starts a worker thread and carries batches to it: each is one message that moves one buffer. What `thread` and `pool` share.
 */
import { Buffer } from 'node:buffer'
import { execArgv, nextTick } from 'node:process'
import { MessageChannel, MessagePort, Worker, type ResourceLimits, type WorkerOptions } from 'node:worker_threads'
import { systemClock } from '../../clock.ts'
import { QUIET_MS } from '../defaults.ts'
import type { StartCarrier } from '../remote/link.ts'
import type { WayMessage } from './thread-ways.ts'

/** Limits of one worker, as Node takes them: beyond them it ends, and its services fail. */
export interface WorkerLimits {
  readonly maxOldGenerationSizeMb?: number
  readonly maxYoungGenerationSizeMb?: number
  readonly codeRangeSizeMb?: number
  readonly stackSizeMb?: number
}

/** What a worker is sent ahead of an instance that shares memory. */
export interface MemoryMessage {
  readonly instance: number
  readonly memory: Readonly<Record<string, SharedArrayBuffer>>
}

/** Calls `run` when the code of this turn and its promise jobs are done: ticks asked for in a promise job run behind all of them. */
export function atTurnEnd(run: () => void): void {
  queueMicrotask(() => nextTick(run))
}

/**
 * Memory that nobody has set to zero, for batches that stay in this process: setting it costs as much as a tenth of all that a command costs. Only the
 * bytes that were written are looked at.
 */
export function room(bytes: number): Uint8Array<ArrayBuffer> {
  const { buffer } = Buffer.allocUnsafeSlow(bytes)
  return new Uint8Array(buffer)
}

/** Calls `run` a little later: what is in no hurry meanwhile goes with something that is. */
export function whenQuiet(run: () => void): void {
  systemClock.after(QUIET_MS, run)
}

/** This program's arguments to Node, but for those that say what the program is: a worker has its own file. */
export function inheritedArguments(): string[] {
  return execArgv.filter(
    (each, i) =>
      !/^(--input-type|--eval|--print|-e$|-p$|-pe$)/.test(each) &&
      !/^(--eval|--print|-e|-p|-pe)$/.test(execArgv[i - 1] ?? '')
  )
}

/** A worker inherits Node's arguments by itself; only those that say what the program is must not get there. */
function startWorker(options: WorkerOptions): Worker {
  const entry = new URL('./thread-entry.js', import.meta.url)
  const inherited = inheritedArguments()
  if (inherited.length === execArgv.length) return new Worker(entry, options)
  try {
    return new Worker(entry, { ...options, execArgv: inherited })
  } catch {
    // Named one by one, those of the whole process (such as --max-old-space-size) are refused, though they hold for workers too.
    return new Worker(entry, { ...options, execArgv: [] })
  }
}

/** Gives what starts a worker thread. */
export function threadCarrier(resourceLimits: WorkerLimits | undefined): StartCarrier {
  return (received, down) => {
    // One number that the worker writes: whose command it began last. Readable here even while it blocks.
    const entered = new Int32Array(new SharedArrayBuffer(4))
    const limits: ResourceLimits = { ...resourceLimits }
    const worker = startWorker({ workerData: { entered }, resourceLimits: limits })
    let why: string | undefined
    worker.on('message', received)
    worker.on('error', (thrown: unknown) => {
      why = `its worker thread ended: ${thrown instanceof Error ? thrown.message : String(thrown)}`
    })
    const exited = new Promise<void>((resolve) => {
      worker.once('exit', (code) => {
        down(why ?? `its worker thread ended with exit code ${code}`)
        resolve()
      })
    })
    const kill = (): void => void worker.terminate()
    return {
      post: (batch) => worker.postMessage(batch, [batch.buffer]),
      share: (instance, memory) => {
        const message: MemoryMessage = { instance, memory }
        worker.postMessage(message)
      },
      ways: {
        channel: () => {
          const { port1, port2 } = new MessageChannel()
          return [port1, port2]
        },
        give: (paper, end) => {
          const port = end instanceof MessagePort ? end : undefined
          const message: WayMessage = { paper, port }
          worker.postMessage(message, port === undefined ? [] : [port])
        },
      },
      room,
      atTurnEnd,
      whenQuiet,
      end: () => {
        kill()
        return exited
      },
      kill,
      entered: () => entered[0],
    }
  }
}
