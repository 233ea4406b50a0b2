/**
 * @module testing/sim/scenario
 * A simulation as plain data, so that a file can hold it: how many nodes, what happens to them, what is asked of them. Its defaults and its check.
 * Not here: running it (`simulate.ts`).
 */
import type { NodeLimits } from '../../node/limits.ts'
import { checkDistribution, type Distribution } from './distribution.ts'
import type { SimNetworkOptions } from './network.ts'

/**
 * How a malicious node behaves; otherwise it is the very node. `silent`: it answers no query. `forging`: it answers each with a made-up value.
 * `lying`: it says that it has nothing, and names none but other malicious nodes, the nearest to the key first.
 */
export type Malice = (typeof malices)[number]

/** The kinds of malice. */
const malices = ['silent', 'forging', 'lying'] as const

/** How a lookup is asked. */
export type SimMode = (typeof modes)[number]

const modes = ['iterative', 'proxied', 'direct'] as const
const routes = ['kademlia', 'flood'] as const

/** What a simulation is to be. What is left out has a default. */
export interface Scenario {
  readonly nodes: number
  /** Decides everything that chance decides: a whole number from 0 to 2^32 - 1. @default 1 */
  readonly seed?: number | undefined
  /** Values that are put before anything happens to the network. @default as many as nodes, at most 1000 */
  readonly records?: number | undefined
  /** Nodes nearest to its key that hold each value, where the route is by distance. @default 20 */
  readonly replicas?: number | undefined
  /** Questions for one of them each, by a node by chance. @default 1000 */
  readonly lookups?: number | undefined
  /** Questions that are under way at a time. @default 16 */
  readonly parallel?: number | undefined
  readonly network?: SimNetworkOptions | undefined
  /** @default 'kademlia' */
  readonly route?: (typeof routes)[number] | undefined
  /** @default 'iterative' for kademlia, 'proxied' for flood */
  readonly mode?: SimMode | undefined
  /** Disjoint paths of an iterative lookup: 1 to 8. @default 1 */
  readonly paths?: number | undefined
  /** Share of nodes that nobody can dial, from 0 to 1. @default 0 */
  readonly behindRouters?: number | undefined
  /** Connections that a node tries to hold. @default 8 for flood; 0 for kademlia, which dials when it asks */
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
  /**
   * Nodes of one attacker that come after the puts, all nearer to the first record's key than every other node; then all lookups ask for that record.
   * They are `lying`. @default 0
   */
  readonly sybils?: number | undefined
  /** Address blocks (/24) that they are spread over. @default 1 */
  readonly sybilBlocks?: number | undefined
  /** False: no node limits what it takes from one address block. @default true */
  readonly blockRule?: boolean | undefined
  readonly limits?: Partial<NodeLimits> | undefined
}

/** A scenario with nothing left out but the network's own defaults. */
export type FullScenario = {
  readonly [K in Exclude<keyof Scenario, 'sessionMinutes'>]-?: Exclude<Scenario[K], undefined>
} & { readonly sessionMinutes: Distribution | 'for ever' }

const shares = ['behindRouters', 'silentLeaves', 'kill', 'malicious'] as const
const counts = [
  'records',
  'replicas',
  'lookups',
  'parallel',
  'paths',
  'wantedConnections',
  'sybils',
  'sybilBlocks',
] as const
const durations = ['settleMs', 'hours', 'recoverMinutes'] as const
const names: ReadonlySet<string> = new Set<keyof Scenario>([
  'nodes',
  'seed',
  'network',
  'route',
  'mode',
  'sessionMinutes',
  'malice',
  'blockRule',
  'limits',
  ...shares,
  ...counts,
  ...durations,
])

/**
 * Bounds for nodes by the thousand: each looks after itself every 5 s, and asks for a sign of life after two minutes of silence. In milliseconds.
 * What a single node does more often would be most of what a simulation spends its time on.
 */
const simLimits: Partial<NodeLimits> = {
  upkeepMs: 5000,
  keepAliveIdleMs: 120_000,
  keepAliveDeadMs: 300_000,
  // A connection takes 20 KiB at each end: what a machine holds of them decides how many nodes it holds.
  maxIdleConnections: 16,
}

/** Merges the defaults in. Throws TypeError for a name that is none and for a number that makes no sense. */
export function fullScenario(given: Scenario): FullScenario {
  for (const name of Object.keys(given)) {
    if (!names.has(name))
      throw new TypeError(`'${name}' is no part of a scenario: give some of ${[...names].join(', ')}`)
  }
  const route = given.route ?? 'kademlia'
  const full: FullScenario = {
    nodes: given.nodes,
    seed: given.seed ?? 1,
    records: given.records ?? Math.min(1000, given.nodes),
    replicas: given.replicas ?? 20,
    lookups: given.lookups ?? 1000,
    parallel: given.parallel ?? 16,
    network: given.network ?? {},
    route,
    mode: given.mode ?? (route === 'kademlia' ? 'iterative' : 'proxied'),
    paths: given.paths ?? 1,
    behindRouters: given.behindRouters ?? 0,
    wantedConnections: given.wantedConnections ?? (route === 'kademlia' ? 0 : 8),
    settleMs: given.settleMs ?? 30_000,
    hours: given.hours ?? 0,
    sessionMinutes: given.sessionMinutes ?? 'for ever',
    silentLeaves: given.silentLeaves ?? 0.5,
    kill: given.kill ?? 0,
    recoverMinutes: given.recoverMinutes ?? 0,
    malicious: given.malicious ?? 0,
    malice: given.malice ?? 'silent',
    sybils: given.sybils ?? 0,
    sybilBlocks: given.sybilBlocks ?? 1,
    blockRule: given.blockRule ?? true,
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
  for (const [name, value, choice] of [
    ['malice', full.malice, malices],
    ['route', full.route, routes],
    ['mode', full.mode, modes],
  ] as const) {
    if (!choice.some((each) => each === value))
      throw new TypeError(`${name}: got '${String(value)}', give one of ${choice.join(', ')}`)
  }
  if (typeof full.blockRule !== 'boolean')
    throw new TypeError(`blockRule: got ${String(full.blockRule)}, give true or false`)
  if (full.sybilBlocks < 1) throw new TypeError('sybilBlocks: got 0, give at least 1')
  if (full.paths < 1 || full.paths > 8) throw new TypeError(`paths: got ${full.paths}, give 1 to 8`)
  if (given.sessionMinutes) checkDistribution('sessionMinutes', given.sessionMinutes)
  if (full.lookups > 0 && full.records === 0)
    throw new TypeError('records: 0 of them cannot be looked up, give at least 1')
  return full
}
