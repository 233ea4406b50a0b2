/**
 * @module test/node/probe-app
 * An app that records every command it hears and does what its API says: tells, asks without answering, throws, streams. To see what apps see.
 */
import type { App, AppCallOptions, AppCommand, AppEvent, AppInit } from '../../src/apps/app.ts'
import type { PeerId } from '../../src/identity/peer-id.ts'
import { peerRef } from '../../src/identity/peer-ref.ts'
import type { ServiceDefinition } from '../../src/service/service.ts'
import type { Emit } from '../../src/service/service.ts'
import { watched, type Watched } from './watched.ts'

export type ProbeCall =
  | { readonly type: 'tell'; readonly peer: PeerId; readonly bytes: number; readonly count: number }
  /** Gives `count` replies and, unless `open`, ends. */
  | { readonly type: 'stream'; readonly count: number; readonly open: boolean }
  | { readonly type: 'throw' }
  | { readonly type: 'never' }
  | { readonly type: 'two' }
  /** Asks for a connection by each of these records, which `cause` named: tickets from 0. */
  | { readonly type: 'dial'; readonly records: readonly Uint8Array[]; readonly cause: PeerId | undefined }

export type ProbeCommand = AppCommand<ProbeCall>
export interface ProbeLog {
  readonly commands: Watched<ProbeCommand>
  incarnations: number
  /** Throws at every command from now on. */
  broken: boolean
}

export function probeLog(): ProbeLog {
  return { commands: watched(), incarnations: 0, broken: false }
}

export interface ProbeApi {
  tell(peer: PeerId, bytes: number, count: number): Promise<number>
  stream(count: number, open: boolean, options?: AppCallOptions & { readonly partial?: boolean }): AsyncIterable<number>
  throw(options?: AppCallOptions): Promise<number>
  never(options?: AppCallOptions): Promise<number>
  /** An app that breaks its word: two replies to a call for one. */
  two(): Promise<number>
  /** Settles when they are asked for; how each ends is a `connected` command. */
  dial(records: readonly Uint8Array[], cause?: PeerId): Promise<number>
}

interface ProbeOptions {
  readonly log: ProbeLog
}

const probeGlobal: ServiceDefinition<AppInit<ProbeOptions>, ProbeCommand, AppEvent<number>> & { readonly sync: true } =
  {
    name: 'probe',
    module: import.meta.url,
    sync: true,
    create: (init) => {
      const { log } = init.options
      log.incarnations++
      return {
        handle(command, emit) {
          if (log.broken) throw new Error('the probe was told to break')
          log.commands.push(copied(command))
          if (command.type === 'call') answer(init.name, command.id, command.call, emit)
        },
      }
    },
  }

/** What is kept of a command: bodies are views of buffers that are used again. */
function copied(command: ProbeCommand): ProbeCommand {
  if (command.type !== 'message' || command.message.type !== 'tell') return command
  return { ...command, message: { ...command.message, body: command.message.body.slice() } }
}

function answer(app: string, id: number, call: ProbeCall, emit: Emit<AppEvent<number>>): void {
  switch (call.type) {
    case 'tell': {
      for (let i = 0; i < call.count; i++) {
        const body = new Uint8Array(call.bytes).fill(i)
        emit({ type: 'send', to: peerRef(call.peer), message: { type: 'tell', app, body } })
      }
      emit({ type: 'reply', id, value: call.count, last: true })
      return
    }
    case 'stream':
      for (let i = 0; i < call.count; i++)
        emit({ type: 'reply', id, value: i, last: !call.open && i === call.count - 1 })
      return
    case 'two':
      emit({ type: 'reply', id, value: 1, last: false })
      emit({ type: 'reply', id, value: 2, last: true })
      return
    case 'dial':
      for (const [ticket, record] of call.records.entries())
        emit({ type: 'connect', ticket, record, cause: call.cause && peerRef(call.cause) })
      emit({ type: 'reply', id, value: call.records.length, last: true })
      return
    case 'throw':
      throw new Error('the probe was told to throw')
    case 'never':
  }
}

export function probe(
  log: ProbeLog
): App<ProbeOptions, ProbeCall, number, ProbeApi> & { readonly global: typeof probeGlobal } {
  return {
    options: { log },
    global: probeGlobal,
    api: (caller) => ({
      tell: (peer, bytes, count) => caller.call({ type: 'tell', peer, bytes, count }),
      stream: (count, open, options) => caller.stream({ type: 'stream', count, open }, options),
      throw: (options) => caller.call({ type: 'throw' }, options),
      never: (options) => caller.call({ type: 'never' }, options),
      two: () => caller.call({ type: 'two' }),
      dial: (records, cause) => caller.call({ type: 'dial', records, cause }),
    }),
  }
}
