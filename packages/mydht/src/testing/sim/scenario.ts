/**
 * @module testing/sim/scenario
 * A simulation as plain data, so that a file can hold it: how many nodes, what happens to them, what is asked of them. Its defaults.
 * Not here: its check (`scenario-check.ts`), running it (`simulate.ts`).
 */
import { resolveResults } from '../../apps/kv/defaults.ts'
import type { NodeLimits } from '../../node/limits.ts'
import type { Distribution } from './distribution.ts'
import type { SimNetworkOptions } from './network.ts'
import type { PartitionPlan } from './partitions.ts'
import { checkNames } from './plain-checks.ts'
import type { ReachPlan } from './reach.ts'
import { checkScenario, scenarioNames } from './scenario-check.ts'
import type { malices, modes, routes } from './words.ts'

/**
 * How a malicious node behaves, in kv and in its peer store; otherwise it is the very node. `silent`: it answers no query. `forging`: it answers each with a
 * made-up value, and names peers that do not exist. `lying`: it says that it has nothing, and names none but other malicious nodes, the nearest to the key
 * first. `replaying`: it answers with the oldest version that any of them has seen, truly signed, and has holders of newer ones hold it again.
 */
export type Malice = (typeof malices)[number]

/** How a lookup is asked. */
export type SimMode = (typeof modes)[number]

/** What a simulation is to be. What is left out has a default. */
export interface Scenario {
  readonly nodes: number
  /** Decides everything that chance decides: a whole number from 0 to 2^32 - 1. @default 1 */
  readonly seed?: number | undefined
  /** Values that are put before anything happens to the network. @default as many as nodes, at most 1000 */
  readonly records?: number | undefined
  /** Share of them that are signed, from 0 to 1: published under a name, so that there can be new versions. @default 1 with `updates`, else 0 */
  readonly signed?: number | undefined
  /** New versions of each signed record, evenly over `hours`: 1 is half-way. Whoever is gone publishes no more. @default 0 */
  readonly updates?: number | undefined
  /** Questions at the end of each hour of the network's life, to see how it fares. @default 0 */
  readonly hourlyLookups?: number | undefined
  /** Answers that a lookup of a signed record waits for: the newest of them counts. @default 3, as of `resolve` */
  readonly answers?: number | undefined
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
  /** Disjoint paths of an iterative lookup, and of the search for those who are to hold a value: 1 to 8. @default 1 */
  readonly paths?: number | undefined
  /** Share of nodes that nobody can dial, from 0 to 1. @default 0 */
  readonly behindRouters?: number | undefined
  /** Who cannot be dialled by whom, beside that. @default everybody by everybody */
  readonly reach?: ReachPlan | undefined
  /** Connections that a node tries to hold. @default 8 for flood; 0 for kademlia, which dials when it asks */
  readonly wantedConnections?: number | undefined
  /** Simulated time between the last start and the first put, and again before the first lookup, in milliseconds. @default 30 000 */
  readonly settleMs?: number | undefined
  /** How long the network lives between the puts and the lookups, in hours. @default 0 */
  readonly hours?: number | undefined
  /** Cuts of the network within these hours, one after the other. @default none */
  readonly partitions?: readonly PartitionPlan[] | undefined
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
  readonly [K in Exclude<keyof Scenario, 'sessionMinutes' | 'reach'>]-?: Exclude<Scenario[K], undefined>
} & { readonly sessionMinutes: Distribution | 'for ever'; readonly reach: ReachPlan | undefined }

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
  checkNames('a scenario', given, scenarioNames)
  const route = given.route ?? 'kademlia'
  const full: FullScenario = {
    nodes: given.nodes,
    seed: given.seed ?? 1,
    records: given.records ?? Math.min(1000, given.nodes),
    signed: given.signed ?? (given.updates ? 1 : 0),
    updates: given.updates ?? 0,
    hourlyLookups: given.hourlyLookups ?? 0,
    answers: given.answers ?? resolveResults,
    replicas: given.replicas ?? 20,
    lookups: given.lookups ?? 1000,
    parallel: given.parallel ?? 16,
    network: given.network ?? {},
    route,
    mode: given.mode ?? (route === 'kademlia' ? 'iterative' : 'proxied'),
    paths: given.paths ?? 1,
    behindRouters: given.behindRouters ?? 0,
    reach: given.reach,
    wantedConnections: given.wantedConnections ?? (route === 'kademlia' ? 0 : 8),
    settleMs: given.settleMs ?? 30_000,
    hours: given.hours ?? 0,
    partitions: given.partitions ?? [],
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
  checkScenario(full)
  return full
}
