/**
 * @module test/node/count-app
 * An app that counts at both ends: one asks with numbers, the other answers with how many it has answered, and breaks when it is told to.
 */
import { appCrossing } from '../../src/apps/crossing.ts'
import type { App, AppCommand, AppEvent, AppInit } from '../../src/apps/app.ts'
import type { PeerId } from '../../src/identity/peer-id.ts'
import { peerRef } from '../../src/identity/peer-ref.ts'
import type { Crossing, Emit, Service, ServiceDefinition } from '../../src/service/service.ts'

/** Ask `peer` so often, so many at once; or break at the next request (`how`) that comes. */
export type CountCall =
  | { readonly type: 'ask'; readonly peer: PeerId; readonly count: number; readonly inFlight: number }
  | { readonly type: 'break'; readonly how: 'throw' | 'exit' | 'never' }

/** Of all that was asked, by number: what came back, in order. */
export interface Counted {
  readonly answers: readonly (readonly ('ok' | 'busy' | 'other')[])[]
  /** What the other side had counted at each `ok`, in the order of their coming; 0 where it began anew. */
  readonly counts: readonly number[]
}

export interface CountApi {
  ask(peer: PeerId, count: number, inFlight: number): Promise<Counted>
  break(how: 'throw' | 'exit' | 'never'): Promise<Counted>
}

/** A question of the program's that is under way. */
interface Asking {
  readonly id: number
  readonly peer: PeerId
  readonly count: number
  /** Requests without any answer yet, those that were not sent yet among them. */
  open: number
  readonly answers: ('ok' | 'busy' | 'other')[][]
  readonly counts: number[]
}

type Command = AppCommand<CountCall>
type Event = AppEvent<Counted>

/** The definition of the one service. */
export const countGlobal: ServiceDefinition<AppInit<object>, Command, Event> & {
  readonly sync: true
  readonly crossing: Crossing<AppInit<object>, Command, Event>
} = { name: 'count', module: import.meta.url, sync: true, crossing: appCrossing(), create: createCount }

export function count(): App<object, CountCall, Counted, CountApi> & { readonly global: typeof countGlobal } {
  return {
    options: {},
    global: countGlobal,
    api: (caller) => ({
      ask: (peer, times, inFlight) =>
        caller.call({ type: 'ask', peer, count: times, inFlight }, { timeoutMs: 120_000 }),
      break: (how) => caller.call({ type: 'break', how }),
    }),
  }
}

function createCount({ name }: AppInit<object>): Service<Command, Event> {
  let answered = 0
  let breaking: 'throw' | 'exit' | 'never' = 'never'
  let asking: Asking | undefined
  /** Where the ids of the present questions begin: late answers to earlier ones are not counted. */
  let firstId = 1

  const ask = (emit: Emit<Event>): void => {
    if (asking === undefined) return
    const id = firstId + asking.answers.length
    asking.answers.push([])
    emit({
      type: 'send',
      to: peerRef(asking.peer),
      message: { type: 'request', app: name, id, body: new Uint8Array(4) },
    })
  }

  return {
    handle(command, emit) {
      if (command.type === 'call' && command.call.type === 'break') {
        breaking = command.call.how
        emit({ type: 'reply', id: command.id, value: { answers: [], counts: [] }, last: true })
      } else if (command.type === 'call' && command.call.type === 'ask') {
        const { peer, count: times, inFlight } = command.call
        firstId += asking?.answers.length ?? 0
        asking = { id: command.id, peer, count: times, open: times, answers: [], counts: [] }
        for (let i = 0; i < Math.min(inFlight, times); i++) ask(emit)
      } else if (command.type === 'message' && command.message.type === 'request') {
        if (breaking === 'throw') throw new Error('told to break')
        // A worker that is gone from one command to the next, as a crash of the machine's would have it.
        if (breaking === 'exit') process.exit(1)
        const body = new Uint8Array(4)
        new DataView(body.buffer).setUint32(0, answered++)
        const { id, app } = command.message
        emit({
          type: 'send',
          to: command.from,
          message: { type: 'response', app, id, status: 'ok', stream: 0, streamBytes: 0, body },
        })
      } else if (command.type === 'message' && command.message.type === 'response' && asking !== undefined) {
        const { id, status, body } = command.message
        const { answers, counts } = asking
        const known = answers[id - firstId]
        if (known === undefined) return
        known.push(status === 'ok' || status === 'busy' ? status : 'other')
        if (status === 'ok') counts.push(new DataView(body.buffer, body.byteOffset).getUint32(0))
        if (known.length > 1) return
        if (answers.length < asking.count) ask(emit)
        if (--asking.open === 0) emit({ type: 'reply', id: asking.id, value: { answers, counts }, last: true })
      }
    },
  }
}
