/**
 * @module transports/fifo-dial
 * The service `dial` of the fifo transport: makes the pipes of a link, rings the listener's bell and blocks until it answers. Not here: who is told
 * (`fifo-dialler.ts`), the listener (`fifo-listener.ts`).
 */
import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, readSync } from 'node:fs'
import { define } from '../service/define.ts'
import type { Service, ServiceDefinition, Crossing } from '../service/service.ts'
import { codeOf, openBoth, writeIfHeard } from './fifo-pipe.ts'
import type { LinkPaths } from './fifo-names.ts'
import { callCrossing, failedBy, type CallEvent, type Hello } from './fifo-services.ts'

/** What may be read from the pipe of answers, one letter. The last two come from the dialling side itself. */
export const answers = { accepted: 'A', refused: 'R', calledOff: 'X', nobody: 'D' } as const

/** Opens a link. `bytes`: one of `answers`. After `accepted` the bytes' pipe stays open here until `release`, so that it has a writer all the time. */
export interface DialCommand {
  readonly type: 'dial'
  readonly paths: LinkPaths
  readonly bell: string
  readonly ring: string
  /** The system's program that makes pipes. */
  readonly mkfifo: string
}

/** The link is held elsewhere, or nobody wants it any more. */
export interface Release {
  readonly type: 'release'
}

/** What the dial service is told. */
export type DialServiceCommand = Hello | DialCommand | Release

type Dialer = ServiceDefinition<null, DialServiceCommand, CallEvent> & {
  readonly crossing: Crossing<null, DialServiceCommand, CallEvent>
}

/** Makes one link at a time. */
export const dialService: Dialer = define({
  name: 'dial',
  module: import.meta.url,
  crossing: callCrossing<DialServiceCommand>(),
  create: (): Service<DialServiceCommand, CallEvent> => {
    let held: number | undefined
    const release = (): CallEvent => {
      if (held !== undefined) closeSync(held)
      held = undefined
      return { type: 'done' }
    }
    const dial = ({ paths, bell, ring, mkfifo }: DialCommand): CallEvent => {
      release()
      let waiting: number | undefined
      try {
        execFileSync(mkfifo, ['-m', '600', paths.data, paths.answer], { stdio: ['ignore', 'ignore', 'pipe'] })
        held = openBoth(paths.data)
        // Both ends again, but to be read by a call that blocks.
        waiting = openSync(paths.answer, constants.O_RDWR | constants.O_NOFOLLOW)
        const rung = writeIfHeard(bell, ring)
        if (rung === 'nobody') return { type: 'failed', reason: 'nobody listens there', hungUp: false }
        if (rung === 'full') return { type: 'failed', reason: 'its listener does not hear its bell', hungUp: false }
        const answer = new Uint8Array(1)
        while (readAnswer(waiting, answer) === 0);
        return { type: 'bytes', bytes: [answer] }
      } catch (thrown) {
        return codeOf(thrown) === 'ENOENT'
          ? { type: 'failed', reason: missing(mkfifo), hungUp: false }
          : failedBy(thrown)
      } finally {
        if (waiting !== undefined) closeSync(waiting)
      }
    }
    return {
      handle(command, emit) {
        if (command.type === 'hello') emit({ type: 'ready' })
        else emit(command.type === 'dial' ? dial(command) : release())
      },
      close: () => void release(),
    }
  },
})

/** What to say where the system has no such program. */
export function missing(mkfifo: string): string {
  return `this system has no program '${mkfifo}': install one (coreutils has it), or name it with fifo({ mkfifo })`
}

/** Blocks. 0 when a signal of the system came instead. */
function readAnswer(fd: number, into: Uint8Array): number {
  try {
    return readSync(fd, into)
  } catch (thrown) {
    if (codeOf(thrown) === 'EINTR') return 0
    throw thrown
  }
}
