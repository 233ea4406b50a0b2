/**
 * @module demo/plan
 * What a demo will do, before any node exists: who joins whom, who shares, who fetches. Not here: doing it (`run.ts`).
 */
import { seededRandom } from 'mydht'
import type { EncodingName, ShadowName } from '../network.ts'
import { usageError } from '../output.ts'
import { diameterOf, joinsOf, neighboursOf } from './topology.ts'
import type { TopologyName } from './topology.ts'

/** The transports by their names. */
export const transportNames = ['tcp', 'memory'] as const

/** What the user has chosen. */
export interface DemoChoices {
  readonly nodes: number
  readonly topology: TopologyName
  readonly transport: (typeof transportNames)[number]
  readonly shadow: ShadowName
  readonly encoding: EncodingName
  /** Decides the links of `random`. */
  readonly seed: number
  /** Files that are fetched at a time. */
  readonly parallel: number
}

/** What will be done. Nodes are numbers from 0. */
export interface DemoPlan extends DemoChoices {
  /** For each node those that it joins. */
  readonly joins: readonly (readonly number[])[]
  readonly sharer: number
  /** Nodes that are not linked to the sharer, and not the sharer. At least one. */
  readonly fetchers: readonly number[]
  /** Hops between the two nodes that are farthest apart. */
  readonly diameter: number
  readonly records: readonly RecordPlan[]
}

/** A mutable record: who publishes it, and who, not linked to the publisher where there is such a node, resolves it. */
export interface RecordPlan {
  readonly name: string
  readonly publisher: number
  readonly resolver: number
}

/** Node 1: the second, so that in a star the way to it leads over somebody else. */
const sharer = 1

/** Records that are published: a few. */
const maxRecords = 4

/** Makes the plan. Throws a usage error when no node can fetch from a stranger. */
export function planDemo(choices: DemoChoices): DemoPlan {
  const joins = joinsOf(choices.topology, choices.nodes, seededRandom(choices.seed))
  const fetchers = strangersOf(joins, sharer)
  if (fetchers.length === 0) {
    const more = choices.topology === 'random' ? 'more --nodes, another --seed' : '--nodes 4 or more'
    const advice = choices.topology === 'star' ? 'take --nodes 3 or more' : `take ${more}, or --topology star`
    throw usageError(
      `with --nodes ${choices.nodes} --topology ${choices.topology} every node is a neighbour of node ${sharer}, so none could fetch from a stranger: ${advice}`
    )
  }
  return { ...choices, joins, sharer, fetchers, diameter: diameterOf(joins), records: planRecords(joins) }
}

/** Publishers spread evenly over the nodes; each is resolved by the stranger to it with the greatest number. */
function planRecords(joins: readonly (readonly number[])[]): readonly RecordPlan[] {
  const count = Math.min(maxRecords, joins.length)
  return Array.from({ length: count }, (_, index) => {
    const publisher = Math.floor((index * joins.length) / count)
    const resolver = strangersOf(joins, publisher).at(-1) ?? (publisher + 1) % joins.length
    return { name: `demo/status-${index}`, publisher, resolver }
  })
}

function strangersOf(joins: readonly (readonly number[])[], node: number): readonly number[] {
  const neighbours = neighboursOf(joins, node)
  return [...joins.keys()].filter((other) => other !== node && !neighbours.has(other))
}
