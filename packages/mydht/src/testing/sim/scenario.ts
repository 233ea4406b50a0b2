/**
 * @module testing/sim/scenario
 * A simulation as plain data, so that a file can hold it: how many nodes, what happens to them, what is asked of them. Its defaults and its check.
 * Not here: running it (`simulate.ts`).
 */
import type { NodeLimits } from '../../node/limits.ts'
import { checkDistribution, type Distribution } from './distribution.ts'
import type { SimNetworkOptions } from './network.ts'

/** How a malicious node behaves; otherwise it is the very node. `silent`: it answers no query. `forging`: it answers each with a made-up value. */
export type Malice = 'silent' | 'forging'

/** What a simulation is to be. What is left out has a default. */
export interface Scenario {
  readonly nodes: number
  /** Decides everything that chance decides: a whole number from 0 to 2^32 - 1. @default 1 */
  readonly seed?: number | undefined
  /** Values that are put before anything happens to the network. @default as many as nodes, at most 1000 */
  readonly records?: number | undefined
  /** Questions for one of them each, by a node by chance. @default 1000 */
  readonly lookups?: number | undefined
  /** Questions that are under way at a time. @default 16 */
  readonly parallel?: number | undefined
  readonly network?: SimNetworkOptions | undefined
  /** Share of nodes that nobody can dial, from 0 to 1. @default 0 */
  readonly behindRouters?: number | undefined
  /** Connections that a node tries to hold. @default 8 */
  readonly wantedConnections?: number | undefined
  /** Simulated time between the last start and the first put, and again before the first lookup, in milliseconds. @default 30 000 */
  readonly settleMs?: number | undefined
  /** How long the network lives between the puts and the lookups, in hours. @default 0 */
  readonly hours?: number | undefined
  /** Session times in minutes: whoever's is over is replaced by a new node, elsewhere. @default nobody leaves */
  readonly sessionMinutes?: Distribution | undefined
  /** Of those who leave, the share that say nothing (a power cut). The others are killed, and their system tells the other ends. @default 0.5 */
  readonly silentLeaves?: number | undefined
  /** Share of nodes that are killed at once after these hours. @default 0 */
  readonly kill?: number | undefined
  /** After a kill or a partition, the simulated time until the lookups, in minutes. @default 0 */
  readonly recoverMinutes?: number | undefined
  /** Share of malicious nodes, from the start. @default 0 */
  readonly malicious?: number | undefined
  /** @default 'silent' */
  readonly malice?: Malice | undefined
  readonly limits?: Partial<NodeLimits> | undefined
}

/** A scenario with nothing left out but the network's own defaults. */
export type FullScenario = {
  readonly [K in Exclude<keyof Scenario, 'sessionMinutes'>]-?: Exclude<Scenario[K], undefined>
} & { readonly sessionMinutes: Distribution | 'for ever' }

const shares = ['behindRouters', 'silentLeaves', 'kill', 'malicious'] as const
const counts = ['records', 'lookups', 'parallel', 'wantedConnections'] as const
const durations = ['settleMs', 'hours', 'recoverMinutes'] as const
const names: ReadonlySet<string> = new Set<keyof Scenario>([
  'nodes',
  'seed',
  'network',
  'sessionMinutes',
  'malice',
  'limits',
  ...shares,
  ...counts,
  ...durations,
])

/**
 * Bounds for nodes by the thousand: each looks after itself every 5 s, and asks for a sign of life after two minutes of silence. In milliseconds.
 * What a single node does more often would be most of what a simulation spends its time on.
 */
const simLimits: Partial<NodeLimits> = { upkeepMs: 5000, keepAliveIdleMs: 120_000, keepAliveDeadMs: 300_000 }

/** Merges the defaults in. Throws TypeError for a name that is none and for a number that makes no sense. */
export function fullScenario(given: Scenario): FullScenario {
  for (const name of Object.keys(given)) {
    if (!names.has(name))
      throw new TypeError(`'${name}' is no part of a scenario: give some of ${[...names].join(', ')}`)
  }
  const full: FullScenario = {
    nodes: given.nodes,
    seed: given.seed ?? 1,
    records: given.records ?? Math.min(1000, given.nodes),
    lookups: given.lookups ?? 1000,
    parallel: given.parallel ?? 16,
    network: given.network ?? {},
    behindRouters: given.behindRouters ?? 0,
    wantedConnections: given.wantedConnections ?? 8,
    settleMs: given.settleMs ?? 30_000,
    hours: given.hours ?? 0,
    sessionMinutes: given.sessionMinutes ?? 'for ever',
    silentLeaves: given.silentLeaves ?? 0.5,
    kill: given.kill ?? 0,
    recoverMinutes: given.recoverMinutes ?? 0,
    malicious: given.malicious ?? 0,
    malice: given.malice ?? 'silent',
    limits: { ...simLimits, ...given.limits },
  }
  if (!Number.isSafeInteger(full.nodes) || full.nodes < 2)
    throw new TypeError(`nodes: got ${String(full.nodes)}, give a whole number from 2`)
  for (const name of counts)
    if (!Number.isSafeInteger(full[name]) || full[name] < 0)
      throw new TypeError(`${name}: got ${String(full[name])}, give a whole number from 0`)
  for (const name of durations)
    if (!(full[name] >= 0 && full[name] < 1e9))
      throw new TypeError(`${name}: got ${String(full[name])}, give a number from 0`)
  for (const name of shares)
    if (!(full[name] >= 0 && full[name] <= 1))
      throw new TypeError(`${name}: got ${String(full[name])}, give a share from 0 to 1`)
  if (full.malice !== 'silent' && full.malice !== 'forging')
    throw new TypeError(`malice: got '${String(full.malice)}', give silent or forging`)
  if (given.sessionMinutes) checkDistribution('sessionMinutes', given.sessionMinutes)
  if (full.lookups > 0 && full.records === 0)
    throw new TypeError('records: 0 of them cannot be looked up, give at least 1')
  return full
}
