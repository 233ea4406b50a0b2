/**
 * @module testing/sim/scenario-check
 * What a scenario may say: its parts by name, and which values make sense. A file may hold anything. Not here: defaults (`scenario.ts`).
 */
import { MyDhtError } from '../../errors.ts'
import { resolveLimits } from '../../node/limits.ts'
import { checkDistribution } from './distribution.ts'
import type { SimNetworkOptions } from './network.ts'
import { checkPartitions } from './partitions.ts'
import { checkChoice, checkNames, checkShare, checkWhole } from './plain-checks.ts'
import { checkReach } from './reach.ts'
import type { FullScenario, Scenario } from './scenario.ts'
import { malices, modes, routes } from './words.ts'

const shares = ['behindRouters', 'silentLeaves', 'kill', 'malicious', 'signed'] as const
const durations = ['settleMs', 'hours', 'recoverMinutes'] as const
/** Whole numbers. */
const counts = ['records', 'replicas', 'lookups', 'hourlyLookups', 'updates', 'wantedConnections', 'sybils'] as const
/** Whole numbers of which 0 makes no sense. */
const positive = ['parallel', 'answers', 'paths', 'sybilBlocks'] as const
const mostPaths = 8

/** The parts of a scenario. */
export const scenarioNames: ReadonlySet<string> = new Set<keyof Scenario>([
  'nodes',
  'seed',
  'network',
  'route',
  'mode',
  'reach',
  'sessionMinutes',
  'partitions',
  'malice',
  'blockRule',
  'limits',
  ...shares,
  ...durations,
  ...counts,
  ...positive,
])

const networkNames: ReadonlySet<string> = new Set<keyof SimNetworkOptions>([
  'latencyMs',
  'jitterMs',
  'packetLoss',
  'resetChance',
  'upBytesPerSecond',
  'downBytesPerSecond',
  'maxBufferedBytes',
  'maxConnections',
])

/** Throws TypeError for a number or a word that makes no sense, and for parts that do not fit each other: which one, what was got, what would do. */
export function checkScenario(full: FullScenario): void {
  checkWhole('nodes', full.nodes, 2)
  for (const name of counts) checkWhole(name, full[name], 0)
  for (const name of positive) checkWhole(name, full[name], 1)
  for (const name of shares) checkShare(name, full[name])
  for (const name of durations) {
    const value: unknown = full[name]
    if (!(typeof value === 'number' && value >= 0 && value < 1e9))
      throw new TypeError(`${name}: got ${String(value)}, give a number from 0`)
  }
  checkChoice('malice', full.malice, malices)
  checkChoice('route', full.route, routes)
  checkChoice('mode', full.mode, modes)
  if (typeof full.blockRule !== 'boolean')
    throw new TypeError(`blockRule: got ${String(full.blockRule)}, give true or false`)
  if (full.paths > mostPaths) throw new TypeError(`paths: got ${full.paths}, give 1 to ${mostPaths}`)
  if (full.sessionMinutes !== 'for ever') checkDistribution('sessionMinutes', full.sessionMinutes)
  checkNames('network', full.network, networkNames)
  checkPartitions(full.partitions, full.hours)
  if (full.reach) checkReach(full.reach)
  checkLimits(full)
  if (full.lookups > 0 && full.records === 0)
    throw new TypeError('records: 0 of them cannot be looked up, give at least 1')
  if (full.updates > 0 && full.signed === 0)
    throw new TypeError('signed: without signed records there is nothing to update, give a share above 0')
}

/** The bounds of a node are its own business; their errors are told as those of a scenario. */
function checkLimits({ limits }: FullScenario): void {
  try {
    resolveLimits(limits)
  } catch (thrown) {
    throw MyDhtError.is(thrown, 'MYDHT_BAD_CONFIG') ? new TypeError(thrown.message, { cause: thrown }) : thrown
  }
}
