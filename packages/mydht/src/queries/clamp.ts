/**
 * @module queries/clamp
 * From what somebody asks for to what the rules grant. Not here: the rules (`rules.ts`, `defaults.ts`).
 */
import { maxContacts } from '../wire/limits.ts'
import type { PropagateMessage, QueryMessage } from '../wire/messages.ts'
import { lifetimeMarginMs, lifetimeMarginShare, linear, maxPaths } from './defaults.ts'
import type { Ask } from './query.ts'
import type { Rules } from './rules.ts'

/** How far a query may go, as granted. */
export interface Grant {
  readonly priority: number
  readonly results: number
  readonly hops: number
  readonly fanOut: number
  readonly budget: number
  readonly lifetimeMs: number
}

/** The same for a question of our own. */
export interface AskGrant extends Grant {
  /** Disjoint paths of a search: 1 to 8. */
  readonly paths: number
  /** Nearest peers that must have answered, where the question says so. */
  readonly width: number | undefined
}

/** What our own question may do: as it says, else as the rules say for its priority, never above their maximum. Throws TypeError on a number that is none. */
export function grantAsk(rules: Rules, ask: Omit<Ask, 'body'>): AskGrant {
  const { max } = rules
  const priority = pick('priority', ask.priority, rules.defaultPriority, max.priority)
  return {
    priority,
    results: Math.max(1, pick('results', ask.results, 1, max.results)),
    hops: pick('hops', ask.hops, linear(rules.hops, priority), max.hops),
    fanOut: pick('fanOut', ask.fanOut, linear(rules.fanOut, priority), max.fanOut),
    budget: pick('budget', ask.budget, linear(rules.budget, priority), max.budget),
    lifetimeMs: pick('lifetimeMs', ask.lifetimeMs, linear(rules.lifetimeMs, priority), max.lifetimeMs),
    paths: Math.max(1, pick('paths', ask.paths, 1, maxPaths)),
    width: ask.width === undefined ? undefined : Math.max(1, pick('width', ask.width, 1, maxContacts)),
  }
}

/** What somebody else's query may do here, and whether it asked for more. */
export function grantQuery(rules: Rules, message: QueryMessage): { readonly grant: Grant; readonly clamped: boolean } {
  const { max } = rules
  const grant: Grant = {
    priority: Math.min(message.priority, max.priority),
    results: Math.max(1, Math.min(message.results, max.results)),
    hops: Math.min(message.hops, max.hops),
    fanOut: Math.min(message.fanOut, max.fanOut),
    budget: Math.min(message.budget, max.budget),
    lifetimeMs: Math.min(message.lifetimeMs, max.lifetimeMs),
  }
  const clamped =
    grant.priority < message.priority ||
    grant.results < message.results ||
    grant.hops < message.hops ||
    grant.fanOut < message.fanOut ||
    grant.budget < message.budget ||
    grant.lifetimeMs < message.lifetimeMs
  return { grant, clamped }
}

/** How far somebody else's value may spread from here, and whether it asked for more. */
export function grantSpread(
  rules: Rules,
  message: PropagateMessage
): { readonly hops: number; readonly fanOut: number; readonly budget: number; readonly clamped: boolean } {
  const hops = Math.min(message.hops, rules.max.hops)
  const fanOut = Math.min(message.fanOut, rules.max.fanOut)
  const budget = Math.min(message.budget, rules.max.budget)
  return { hops, fanOut, budget, clamped: hops < message.hops || fanOut < message.fanOut || budget < message.budget }
}

/** What is left of a lifetime for those below a hop that keeps state, in whole milliseconds; below 1 there is no time to ask anybody. */
export function lifetimeBelow(remainingMs: number): number {
  return Math.floor(remainingMs - Math.min(lifetimeMarginMs, remainingMs / lifetimeMarginShare))
}

function pick(name: string, given: number | undefined, otherwise: number, max: number): number {
  if (given === undefined) return Math.min(otherwise, max)
  if (!Number.isFinite(given) || given < 0) throw new TypeError(`${name} is a number from 0 up, got ${given}`)
  return Math.min(Math.floor(given), max)
}
