/**
 * @module service/spawners/coroutine
 * Runs a service as a loop on this thread that gives way to others. A `handle` may be asynchronous.
 */
import { part } from '../../part.ts'
import { checkChannel } from '../spawn-check.ts'
import type { RefKind, Spawner } from '../spawner.ts'
import { TurnRunner, type TurnMode, type TurnOptions } from './turns.ts'

/** Options of `coroutine`: the budget of a turn, and how many commands and events may wait. */
export interface CoroutineOptions extends TurnOptions {
  /** There is only one: a bounded queue of references. @default 'queue' */
  readonly channel?: 'queue' | undefined
}

const mode: TurnMode = { kind: 'coroutine', async: true, suspends: false }

/**
 * Runs services in turns of the event loop: at most `turnCommands` commands and about `turnMs` milliseconds, then sockets, timers
 * and other services have theirs. Awaits an asynchronous `handle`; a synchronous one costs no promise. Needs nothing.
 */
export function coroutine(options: CoroutineOptions = {}): Spawner<never, RefKind, 'coroutine'> {
  return {
    kind: 'coroutine',
    needs: [],
    carries: ['shared', 'local', 'copied'],
    channel: checkChannel(mode.kind, options.channel, ['queue']),
    restarts: options.restarts,
    blueprint: part(import.meta.url, 'coroutine', options, coroutine),
    spawn: (definition, init, parts, destination, saved) =>
      new TurnRunner(mode, definition, init, parts, destination, saved, options).start(),
  }
}
