/**
 * @module transports/fifo-services
 * What blocks: the services `listen`, `read` and `write` of the fifo transport. Each command is one system call that returns when something has
 * happened, perhaps never; so each instance needs a thread that it shares with nobody. Each command causes one event. Not here: `dial` (`fifo-dial.ts`).
 *
 * Descriptors are opened and closed by the transport's own thread, after the call has returned.
 */
import { readSync, writeSync } from 'node:fs'
import { noBytes } from '../bytes.ts'
import { define } from '../service/define.ts'
import { plain } from '../service/plain.ts'
import type { Crossing, Service, ServiceDefinition } from '../service/service.ts'
import { createUnframer, encodeFrame } from './fifo-frames.ts'
import { codeOf } from './fifo-pipe.ts'

/** Asks for a sign of life: a thread that has just started answers when it is there. */
export interface Hello {
  readonly type: 'hello'
}

/** Waits for bytes, in a blocking read. `first`: of another stream than the last time. */
export interface ReadCommand {
  readonly type: 'read'
  readonly fd: number
  readonly first: boolean
}

/** Writes a frame, waiting for room. Without bytes: the end of the stream. */
export interface WriteCommand {
  readonly type: 'write'
  readonly fd: number
  readonly number: number
  readonly bytes: Uint8Array
}

/**
 * What a call came to. `bytes`: the payloads of whole frames, perhaps none yet; for `listen` whatever was read. `done`: written, or the stream has ended in
 * order. `failed`: it cannot go on, and why; `hungUp`: because the other side has closed its end.
 */
export type CallEvent =
  | { readonly type: 'ready' }
  | { readonly type: 'bytes'; readonly bytes: readonly Uint8Array[] }
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly reason: string; readonly hungUp: boolean }

type Reader = ServiceDefinition<null, Hello | ReadCommand, CallEvent> & Crosses<Hello | ReadCommand>
type Writer = ServiceDefinition<null, Hello | WriteCommand, CallEvent> & Crosses<Hello | WriteCommand>

interface Crosses<Command> {
  readonly crossing: Crossing<null, Command, CallEvent>
}

/** How commands and events of these services cross. */
export function callCrossing<Command>(): Crossing<null, Command, CallEvent> {
  return { init: plain(), command: plain(), event: plain() }
}

/** Most bytes of one read: what a pipe of Linux holds. */
const readBytes = 65_536

/** Hears the bell: gives what was written to it. */
export const listenService: Reader = define({
  name: 'listen',
  module: import.meta.url,
  crossing: callCrossing<Hello | ReadCommand>(),
  create: (): Service<Hello | ReadCommand, CallEvent> => {
    const memory = new Uint8Array(readBytes)
    return {
      handle(command, emit) {
        if (command.type === 'hello') emit({ type: 'ready' })
        else {
          const got = readOnce(command.fd, memory)
          emit(got instanceof Uint8Array ? { type: 'bytes', bytes: [got] } : got)
        }
      },
    }
  },
})

/** Reads one stream at a time. */
export const readService: Reader = define({
  name: 'read',
  module: import.meta.url,
  crossing: callCrossing<Hello | ReadCommand>(),
  create: (): Service<Hello | ReadCommand, CallEvent> => {
    const memory = new Uint8Array(readBytes)
    let unframer = createUnframer()
    let ended: CallEvent | undefined
    const next = ({ fd, first }: ReadCommand): CallEvent => {
      if (first) {
        unframer = createUnframer()
        ended = undefined
      }
      const got = ended ?? readOnce(fd, memory)
      if (!(got instanceof Uint8Array)) return got
      const { payloads, state } = unframer.push(got)
      if (state === 'ended') ended = { type: 'done' }
      else if (state === 'broken') ended = failed('what came is not what was sent: its writer was called off', true)
      return payloads.length > 0 || ended === undefined ? { type: 'bytes', bytes: payloads } : ended
    }
    return {
      handle(command, emit) {
        emit(command.type === 'hello' ? { type: 'ready' } : next(command))
      },
    }
  },
})

/** Writes to one stream at a time. Keeps nothing of it. */
export const writeService: Writer = define({
  name: 'write',
  module: import.meta.url,
  crossing: callCrossing<Hello | WriteCommand>(),
  create: (): Service<Hello | WriteCommand, CallEvent> => ({
    handle(command, emit) {
      emit(command.type === 'hello' ? { type: 'ready' } : writeAll(command))
    },
  }),
})

/** The bytes are a view of `memory`. */
function readOnce(fd: number, memory: Uint8Array): Uint8Array | CallEvent {
  try {
    const length = readSync(fd, memory)
    if (length === 0) return failed('its writer closed it without an end', true)
    return memory.subarray(0, length)
  } catch (thrown) {
    // A signal of the system: nothing has happened.
    return codeOf(thrown) === 'EINTR' ? noBytes : failedBy(thrown)
  }
}

function writeAll({ fd, number, bytes }: WriteCommand): CallEvent {
  const frame = encodeFrame(number, bytes)
  try {
    for (let at = 0; at < frame.length;) at += writeSync(fd, frame, at)
    return { type: 'done' }
  } catch (thrown) {
    return failedBy(thrown)
  }
}

function failed(reason: string, hungUp: boolean): CallEvent {
  return { type: 'failed', reason, hungUp }
}

/** What the system says of a pipe that cannot go on. */
export function failedBy(thrown: unknown): CallEvent {
  return failed(thrown instanceof Error ? thrown.message : String(thrown), codeOf(thrown) === 'EPIPE')
}
