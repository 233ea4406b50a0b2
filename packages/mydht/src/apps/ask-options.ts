/**
 * @module apps/ask-options
 * The options of API calls that ask across hops, checked where the program gives them: in a service a bad number could fail nobody but the service.
 */
import type { Ask } from '../queries/query.ts'
import type { AppCallOptions } from './app.ts'

/** How far a query may go and how long it may take. What is left out comes from the rules by `priority`; what exceeds them is clamped. */
export interface AskOptions
  extends
    AppCallOptions,
    Pick<
      Ask,
      'mode' | 'paths' | 'priority' | 'hops' | 'fanOut' | 'budget' | 'lifetimeMs' | 'history' | 'discover' | 'local'
    > {}

/** A query with a `timeoutMs` of its own ends by itself at that time; the call behind it waits so much longer for that end. In milliseconds. */
const graceMs = 1000

/** What the engine is asked with. Throws TypeError for a number that is none. */
export function checkedAsk(options: AskOptions, results?: number): Omit<Ask, 'body' | 'key'> {
  const { mode, history, discover, local } = options
  if (typeof mode === 'object') checkedCount('mode.proxiedHops', mode.proxiedHops)
  if (typeof history === 'object') checkedCount('history.limit', history.limit)
  return {
    mode,
    paths: checkedCount('paths', options.paths),
    history,
    discover,
    local,
    results: checkedCount('results', results),
    priority: checkedCount('priority', options.priority),
    hops: checkedCount('hops', options.hops),
    fanOut: checkedCount('fanOut', options.fanOut),
    budget: checkedCount('budget', options.budget),
    // A query that is given up at a time need not live longer.
    lifetimeMs: checkedCount('lifetimeMs', options.lifetimeMs ?? options.timeoutMs),
  }
}

/** The call waits a little longer than its query, so that the query's own end arrives. */
export function patient(options: AppCallOptions): AppCallOptions {
  return {
    signal: options.signal,
    timeoutMs: options.timeoutMs === undefined ? undefined : options.timeoutMs + graceMs,
  }
}

/** Gives a whole number from 0, or undefined, back. Throws TypeError for anything else. */
export function checkedCount(name: string, value: number | undefined): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) return value
  throw new TypeError(`${name} is ${value}: give a whole number from 0`)
}
