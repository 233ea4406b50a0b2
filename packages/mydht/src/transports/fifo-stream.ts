/**
 * @module transports/fifo-stream
 * What the two ends of a fifo link have in common: a pipe, a crew that blocks at it, and the way out. Not here: reading (`fifo-read.ts`), writing (`fifo-write.ts`).
 */
import { closeSync } from 'node:fs'
import type { Clock } from '../clock.ts'
import { MyDhtError } from '../errors.ts'
import { interrupt, watched, type BlockedAt } from './fifo-blocked.ts'
import type { Hand } from './fifo-crew.ts'
import { removeFile } from './fifo-pipe.ts'
import type { CallEvent } from './fifo-services.ts'

/** One end of a link's pipe, open in this process. */
export interface OpenPipe {
  readonly path: string
  readonly fd: number
  /** Name of the other end. */
  readonly remote: string
}

/** How a transport holds one of its streams. */
export interface HeldStream {
  /** Gives the stream up; its end gives `error`. */
  drop(error: MyDhtError | undefined): void
  /** Settles when nothing of it is open. */
  readonly released: Promise<void>
}

/** The pipe of one stream, as its own code uses it. */
export interface PipeUse<Command> {
  /** A blocking call of `hand`. */
  call(hand: Hand<Command>, command: Command): Promise<CallEvent>
  /** Makes the call under way return, if there is one. */
  interrupt(): void
  /** Closes the pipe, once; no call may be under way. Its file goes: whoever is still there has it open. */
  release(): void
  readonly released: Promise<void>
}

/** Begins to use a pipe. */
export function usePipe<Command>(pipe: OpenPipe, waitsFor: BlockedAt['waitsFor'], clock: Clock): PipeUse<Command> {
  const at: BlockedAt = { path: pipe.path, fd: pipe.fd, waitsFor, byte: '\n' }
  let underWay: Promise<CallEvent> | undefined
  let interrupted: Promise<void> = Promise.resolve()
  let open = true
  let whenReleased: () => void = () => {}
  const released = new Promise<void>((resolve) => {
    whenReleased = resolve
  })
  return {
    async call(hand, command) {
      underWay = watched(at, hand.ask(command))
      try {
        return await underWay
      } finally {
        underWay = undefined
      }
    },
    interrupt() {
      if (underWay !== undefined) interrupted = interrupt(at, underWay, clock)
    },
    release() {
      if (!open) return
      open = false
      closeSync(pipe.fd)
      removeFile(pipe.path)
      // Whoever nudged has it open until the call has returned.
      void interrupted.then(whenReleased)
    },
    released,
  }
}

/** The other end has gone, or the pipe cannot go on. */
export function lostWith(remote: string, reason: string): MyDhtError {
  return new MyDhtError(
    'MYDHT_CONNECTION_CLOSED',
    `the link with fifo://${remote} was lost: ${reason}; open a new one to go on`
  )
}
