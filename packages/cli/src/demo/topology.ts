/**
 * @module demo/topology
 * Who knows whom at the start of a demo. Plain numbers: node 0 is the first. Not here: nodes.
 */
import type { Random } from 'mydht'

/** The topologies by their names. */
export const topologyNames = ['star', 'line', 'random'] as const

/** `star`: all know node 0. `line`: each knows the one before. `random`: each knows two of those before it. */
export type TopologyName = (typeof topologyNames)[number]

/** For each node the nodes that it joins, all of them before it. */
export function joinsOf(topology: TopologyName, nodes: number, random: Random): readonly (readonly number[])[] {
  return Array.from({ length: nodes }, (_, node) => {
    if (node === 0) return []
    switch (topology) {
      case 'star':
        return [0]
      case 'line':
        return [node - 1]
      case 'random':
        return twoBelow(node, random)
    }
  })
}

/** Nodes that are linked to `node`, by who joins whom. */
export function neighboursOf(joins: readonly (readonly number[])[], node: number): ReadonlySet<number> {
  const neighbours = new Set(joins[node])
  for (const [other, joined] of joins.entries()) if (joined.includes(node)) neighbours.add(other)
  return neighbours
}

/** The longest of the shortest ways between two nodes, in hops. */
export function diameterOf(joins: readonly (readonly number[])[]): number {
  const neighbours = joins.map((_, node) => neighboursOf(joins, node))
  return Math.max(...joins.map((_, node) => farthest(neighbours, node)))
}

function farthest(neighbours: readonly ReadonlySet<number>[], start: number): number {
  const seen = new Set([start])
  let hops = 0
  for (let edge = [start]; ; hops++) {
    edge = edge.flatMap((node) => [...(neighbours[node] ?? [])]).filter((node) => !seen.has(node) && seen.add(node))
    if (edge.length === 0) return hops
  }
}

function twoBelow(node: number, random: Random): readonly number[] {
  const first = random.below(node)
  if (node === 1) return [first]
  const second = random.below(node - 1)
  return [first, second < first ? second : second + 1]
}
