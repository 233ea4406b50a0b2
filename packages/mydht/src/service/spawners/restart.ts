/**
 * @module service/spawners/restart
 * Runs a service until its queue is empty, then keeps only what it saved. For many services that are idle most of the time.
 */
import { part } from '../../part.ts'
import { checkChannel, checkNeeds } from '../spawn-check.ts'
import type { RefKind, Spawner } from '../spawner.ts'
import { TurnRunner, type TurnMode, type TurnOptions } from './turns.ts'

/** Options of `restart`: the budget of a turn, and how many commands and events may wait. */
export interface RestartOptions extends TurnOptions {
  /** There is only one: a bounded queue of references. @default 'queue' */
  readonly channel?: 'queue' | undefined
}

const mode: TurnMode = { kind: 'restart', async: false, suspends: true }

/**
 * Runs services at the end of the turn in which they were sent something. When the queue is empty the instance is saved, closed and
 * dropped (`state` is `suspended`); the next command calls `create(init, parts, saved)`. What a dropped instance still emits is
 * late; what it sends to `parts.self` wakes the next one. Needs `sync` and `restartable`.
 */
export function restart(options: RestartOptions = {}): Spawner<'sync' | 'restartable', RefKind, 'restart'> {
  const needs = ['sync', 'restartable'] as const
  return {
    kind: 'restart',
    needs,
    carries: ['shared', 'local', 'copied'],
    channel: checkChannel(mode.kind, options.channel, ['queue']),
    restarts: options.restarts,
    blueprint: part(import.meta.url, 'restart', options, restart),
    spawn: (definition, init, parts, destination, saved) => {
      checkNeeds(definition, mode.kind, needs)
      return new TurnRunner(mode, definition, init, parts, destination, saved, options).start()
    },
  }
}
