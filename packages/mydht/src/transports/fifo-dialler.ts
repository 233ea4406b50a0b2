/**
 * @module transports/fifo-dialler
 * Opens links to listeners: asks the service `dial` and opens the pipe that comes of it, or leaves nothing behind. Not here: what blocks (`fifo-dial.ts`).
 */
import { closeSync } from 'node:fs'
import { concat } from '../bytes.ts'
import type { Clock, Timer } from '../clock.ts'
import { MyDhtError, toMyDhtError } from '../errors.ts'
import type { Random } from '../random.ts'
import { interrupt, watched, type BlockedAt } from './fifo-blocked.ts'
import type { Crew, Hand } from './fifo-crew.ts'
import { answers, type DialServiceCommand } from './fifo-dial.ts'
import { bellPath, linkPaths, ringText } from './fifo-names.ts'
import { isHeard, openToWrite, removeFile } from './fifo-pipe.ts'
import type { CallEvent } from './fifo-services.ts'
import type { OpenPipe } from './fifo-stream.ts'

/** How often it is seen whether there still is a listener that could answer, in milliseconds. Nobody else would say that it died. */
const listenerCheckMs = 500

/** Opens links. */
export interface Dialler {
  /**
   * Opens a link to a name. Rejects at once with what `callOff` gives, with MYDHT_CONNECT_FAILED, or MYDHT_SERVICE_FAILED; what was begun is then
   * taken down behind it.
   */
  dial(name: string, callOff: Promise<never>): Promise<OpenPipe>
  /** Settles when no dial is under way any more. Those that are must have been called off. */
  settled(): Promise<void>
}

/** What dialling needs. */
export interface DiallerParts {
  readonly directory: string
  /** Our own name, which the listener is told. */
  readonly from: string
  readonly mkfifo: string
  readonly crew: Crew<DialServiceCommand>
  readonly clock: Clock
  readonly random: Random
}

/** Makes a dialler. */
export function createDialler(parts: DiallerParts): Dialler {
  const { directory, from, mkfifo, crew, clock, random } = parts
  const underWay = new Set<Promise<unknown>>()

  const work = async (name: string, job: Job): Promise<OpenPipe> => {
    const id = Buffer.from(random.bytes(16)).toString('hex')
    const paths = linkPaths(directory, name, id)
    const bell = bellPath(directory, name)
    const hand = await crew.take()
    let opened: OpenPipe | undefined
    try {
      if (job.over) throw calledOff(name)
      const command = { type: 'dial', paths, bell, ring: ringText({ id, from }), mkfifo } as const
      const event = await ask(hand, command, bell, job, clock)
      if (job.over) throw calledOff(name)
      const said = answerOf(event)
      if (said !== undefined) throw failedDial(name, said)
      opened = { path: paths.data, fd: openToWrite(paths.data), remote: name }
      await hand.ask({ type: 'release' })
      if (job.over) throw calledOff(name)
      return opened
    } catch (thrown) {
      if (opened !== undefined) drop(opened)
      removeFile(paths.data)
      throw toMyDhtError(thrown, 'MYDHT_CONNECT_FAILED', `cannot open a link to fifo://${name}`)
    } finally {
      removeFile(paths.answer)
      await letGo(hand)
      crew.give(hand)
    }
  }

  return {
    dial(name, callOff) {
      const job: Job = { over: false, wake: () => {} }
      const working = work(name, job)
      const settled: Promise<void> = working.then(
        () => void underWay.delete(settled),
        () => void underWay.delete(settled)
      )
      underWay.add(settled)
      return Promise.race([working, callOff]).catch((thrown: unknown) => {
        job.over = true
        job.wake()
        // It may have been done just when it was called off.
        working.then(drop, () => {})
        throw thrown
      })
    },
    async settled() {
      await Promise.all(underWay)
    },
  }
}

/** One dial. `over`: nobody waits for it any more. */
interface Job {
  over: boolean
  /** Makes its blocking call return. */
  wake: () => void
}

async function ask(
  hand: Hand<DialServiceCommand>,
  command: Extract<DialServiceCommand, { readonly type: 'dial' }>,
  bell: string,
  job: Job,
  clock: Clock
): Promise<CallEvent> {
  const at = (byte: string): BlockedAt => ({ path: command.paths.answer, fd: undefined, waitsFor: 'bytes', byte })
  const asked = watched(at(answers.calledOff), hand.ask(command))
  let ending: Promise<void> | undefined
  const end = (byte: string): void => {
    ending ??= interrupt(at(byte), asked, clock)
  }
  job.wake = () => end(answers.calledOff)
  let timer: Timer
  const look = (): void => {
    if (isHeard(bell)) timer = clock.after(listenerCheckMs, look)
    else end(answers.nobody)
  }
  timer = clock.after(listenerCheckMs, look)
  try {
    return await asked
  } finally {
    job.wake = () => {}
    timer.cancel()
    await ending
  }
}

function drop({ fd, path }: OpenPipe): void {
  closeSync(fd)
  removeFile(path)
}

/** The service's end of the pipe is closed before somebody else's job begins. */
async function letGo(hand: Hand<DialServiceCommand>): Promise<void> {
  // One that has failed has let go already.
  await hand.ask({ type: 'release' }).catch(() => {})
}

/** Why there is no link; undefined: there is one. */
function answerOf(event: CallEvent): string | undefined {
  if (event.type === 'failed') return event.reason
  const letter = event.type === 'bytes' ? String.fromCharCode(...concat(event.bytes)) : ''
  if (letter === answers.accepted) return undefined
  if (letter === answers.refused) return 'it takes no more links'
  return letter === answers.nobody ? 'its listener ended before it answered' : 'it gave no answer'
}

function calledOff(name: string): MyDhtError {
  return failedDial(name, 'the dial was called off')
}

function failedDial(name: string, reason: string): MyDhtError {
  return new MyDhtError(
    'MYDHT_CONNECT_FAILED',
    `cannot open a link to fifo://${name}: ${reason}; check that a node listens under this name, in the same directory`
  )
}
