/**
 * @module transports/fifo-listener
 * Hears a bell and opens the links that are rung for. Not here: taking the name (`fifo-bell.ts`), the blocking read (`fifo-services.ts`).
 */
import { closeSync } from 'node:fs'
import { concat } from '../bytes.ts'
import type { Clock } from '../clock.ts'
import { toMyDhtError } from '../errors.ts'
import type { Log } from '../log.ts'
import { interrupt, watched, type BlockedAt } from './fifo-blocked.ts'
import type { Bell } from './fifo-bell.ts'
import type { Crew, Hand } from './fifo-crew.ts'
import { answers } from './fifo-dial.ts'
import { linkPaths, parseRing, type Ring } from './fifo-names.ts'
import { drainNow, openToRead, removeFile, writeIfHeard } from './fifo-pipe.ts'
import type { CallEvent, ReadCommand } from './fifo-services.ts'
import type { OpenPipe } from './fifo-stream.ts'

/** How long until a service that failed is asked for again, in milliseconds. Nobody can reach us meanwhile; a storm of threads would be worse. */
const againMs = 1000

/** A listener. */
export interface Listener {
  /** Stops. Who rang and was not heard is refused. Settles when the name is free. */
  close(): Promise<void>
}

/** What listening needs. */
export interface ListenerParts {
  readonly directory: string
  readonly name: string
  readonly bell: Bell
  readonly crew: Crew<ReadCommand>
  readonly clock: Clock
  readonly log: Log
  /** Whether one more link is taken. */
  readonly hasRoom: () => boolean
  readonly onPipe: (pipe: OpenPipe) => void
}

/** Begins to listen with a service of the crew. */
export function createListener(parts: ListenerParts, first: Hand<ReadCommand>): Listener {
  const { directory, name, bell, crew, clock, log } = parts
  const at: BlockedAt = { path: bell.path, fd: bell.fd, waitsFor: 'bytes', byte: '\n' }
  let underWay: Promise<CallEvent> | undefined
  let closing = false
  let rest = ''
  let wake: () => void = () => {}

  const heard = (bytes: Uint8Array): void => {
    const lines = (rest + String.fromCharCode(...bytes)).split('\n')
    // The beginning of a line; what is longer than any of ours is nobody's.
    rest = (lines.pop() ?? '').slice(0, 200)
    for (const line of lines) {
      const ring = parseRing(line)
      if (ring !== undefined) answer(ring)
    }
  }

  const answer = ({ id, from }: Ring): void => {
    const paths = linkPaths(directory, name, id)
    const takes = !closing && parts.hasRoom()
    let fd: number | undefined
    try {
      if (takes) fd = openToRead(paths.data)
      const written = writeIfHeard(paths.answer, takes ? answers.accepted : answers.refused)
      if (written === 'written' && fd !== undefined) {
        parts.onPipe({ path: paths.data, fd, remote: from })
        return
      }
    } catch (thrown) {
      // Whoever rang has gone, or it was nobody: the bell is for all who may write here.
      log('debug', 'fifo-ring-unanswered', { from, reason: String(thrown) })
    }
    if (fd !== undefined) closeSync(fd)
  }

  const hear = async (hand: Hand<ReadCommand>): Promise<void> => {
    while (!closing) {
      underWay = watched(at, hand.ask({ type: 'read', fd: bell.fd, first: false }))
      const event = await underWay
      if (event.type === 'bytes') heard(concat(event.bytes))
      else throw new Error(event.type === 'failed' ? event.reason : `it said '${event.type}'`)
    }
  }

  const run = async (): Promise<void> => {
    let hand: Hand<ReadCommand> | undefined = first
    while (!closing) {
      try {
        hand ??= await crew.take()
        await hear(hand)
      } catch (thrown) {
        const error = toMyDhtError(thrown, 'MYDHT_SERVICE_FAILED', 'the listen service')
        if (!closing) log('error', 'fifo-listen-failed', { name, code: error.code, reason: error.message })
        if (hand !== undefined) crew.give(hand)
        hand = undefined
        await pause()
      }
    }
    if (hand !== undefined) crew.give(hand)
  }

  const pause = (): Promise<void> =>
    new Promise((resolve) => {
      if (closing) return resolve()
      const timer = clock.after(againMs, resolve)
      wake = () => {
        timer.cancel()
        resolve()
      }
    })

  const running = run()
  return {
    async close() {
      closing = true
      removeFile(bell.path)
      wake()
      if (underWay !== undefined) await interrupt(at, underWay, clock)
      await running
      // Nobody rings any more: its file has gone. Who had it open is heard now.
      heard(drainNow(bell.both))
      closeSync(bell.fd)
      closeSync(bell.both)
    },
  }
}
