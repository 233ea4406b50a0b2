/**
 * @module demo/network
 * The nodes of a demo: many in this process, each knowing at first only those that the plan lets it join.
 */
import { createNode, systemRandom } from 'mydht'
import type { Node, ShadowPart, TransportPart } from 'mydht'
import { files } from 'mydht/apps/files'
import type { FilesApp } from 'mydht/apps/files'
import { kv } from 'mydht/apps/kv'
import type { KvApp } from 'mydht/apps/kv'
import { simpleRules } from 'mydht/queries'
import type { Rules } from 'mydht'
import { noise } from 'mydht/shadows/noise'
import { none } from 'mydht/shadows/none'
import { secret } from 'mydht/shadows/secret'
import { memory, memoryNetwork } from 'mydht/transports/memory'
import { tcp } from 'mydht/transports/tcp'
import { encodings } from '../network.ts'
import type { ShadowName } from '../network.ts'
import type { DemoPlan } from './plan.ts'
import { maxFiles } from './sources.ts'

/** A node of a demo. */
export type DemoNode = Node<{ readonly kv: KvApp; readonly files: FilesApp }>

/** Nodes that run, the first first. */
export interface DemoNetwork {
  readonly nodes: readonly DemoNode[]
  /** Links between two nodes, now. */
  countConnections(): Promise<number>
  /** Closes every node, the last first, so that no node loses those that it joined. */
  close(): Promise<void>
}

/**
 * Dials that one peer may cause within a minute. Every file makes its fetcher dial the sharer anew, because such links are cut again to keep
 * them strangers, and all of these dials have the same causer: the neighbour that named the sharer.
 */
const maxDialsPerCause = maxFiles

/** What a network tells while it runs. */
export interface NetworkEvents {
  started(nodes: number): void
  failed(text: string): void
}

/** Starts the nodes one after the other: a node can be joined only when it listens. When one fails, or on abort, those that run are closed. */
export async function startNetwork(plan: DemoPlan, events: NetworkEvents, signal: AbortSignal): Promise<DemoNetwork> {
  const nodes: DemoNode[] = []
  const close = async (): Promise<void> => {
    for (const node of nodes.toReversed()) await node.close()
  }
  const common = {
    network: 'mydht-demo',
    shadow: shadowOf(plan.shadow),
    encoding: encodings[plan.encoding](),
    limits: { maxConnections: Math.max(64, 2 * plan.nodes), maxDialsPerCause },
  }
  const transport = transportOf(plan)
  const rules = rulesOf(plan)
  try {
    for (const [index, joins] of plan.joins.entries()) {
      signal.throwIfAborted()
      const node = await createNode({
        ...common,
        transport: transport(),
        // Shown is how questions find their way: neighbours that were told who has a file would make it shorter.
        apps: { kv: kv({ rules }), files: files({ rules, providers: false }) },
        join: joins.map((joined) => nodes[joined]?.address ?? ''),
        onEvent(event) {
          if (event.type === 'service-failed')
            events.failed(`node ${index}: service ${event.service} failed: ${event.message}`)
        },
      })
      nodes.push(node)
      events.started(nodes.length)
    }
  } catch (error) {
    await close()
    throw error
  }
  return { nodes, close, countConnections: () => countConnections(nodes) }
}

/** Queries must reach the other end of a line, and everybody in a star, where the node in the middle asks all others for each question. */
function rulesOf({ nodes, diameter }: DemoPlan): Rules {
  const hops = diameter + 1
  const budget = Math.max(256, 8 * nodes)
  // A hop that keeps state holds a quarter of a second back, so a long way needs a long life.
  const lifetimeMs = 20_000 + 500 * hops
  return simpleRules({
    hops: { base: hops, perPriority: 0 },
    budget: { base: budget, perPriority: 0 },
    lifetimeMs: { base: lifetimeMs, perPriority: 0 },
    max: { hops: Math.max(16, hops), budget: Math.max(1024, budget), lifetimeMs: Math.max(60_000, lifetimeMs) },
  })
}

function transportOf(plan: DemoPlan): () => TransportPart {
  if (plan.transport === 'tcp') return () => tcp()
  const network = memoryNetwork()
  return () => memory({ network })
}

function shadowOf(name: ShadowName): ShadowPart {
  switch (name) {
    case 'noise':
      return noise()
    case 'none':
      return none()
    case 'secret':
      return secret({ key: systemRandom.bytes(32) })
  }
}

async function countConnections(nodes: readonly DemoNode[]): Promise<number> {
  const links = new Set<string>()
  for (const node of nodes) {
    for (const peer of await node.peers.connected()) links.add([node.id, peer.id].sort().join(' '))
  }
  return links.size
}
