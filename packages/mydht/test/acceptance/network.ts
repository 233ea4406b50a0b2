/**
 * @module test/acceptance/network
 * Real nodes over an adjacency list, as the original's tests drew them: entry i names the peers (from 1) that peer i connects to.
 */
import { kv, type KvApi, type KvOptions } from '../../src/apps/kv/kv.ts'
import { touch, type TouchApi } from '../../src/apps/touch/touch.ts'
import { binary } from '../../src/encodings/binary.ts'
import { json } from '../../src/encodings/json.ts'
import type { EncodingPart } from '../../src/encodings/encoding.ts'
import { createNode, type NodeCore } from '../../src/node/node.ts'
import type { NodeConfig, NodeEvent } from '../../src/node/config.ts'
import { none } from '../../src/shadows/none.ts'
import { noise } from '../../src/shadows/noise.ts'
import { secret } from '../../src/shadows/secret.ts'
import type { Spawner } from '../../src/service/spawner.ts'
import type { ShadowPart } from '../../src/shadows/shadow.ts'
import { fifo } from '../../src/transports/fifo.ts'
import { memory } from '../../src/transports/memory.ts'
import { memoryNetwork } from '../../src/transports/memory-network.ts'
import { tcp } from '../../src/transports/tcp.ts'
import type { TransportPart } from '../../src/transports/transport.ts'

/** A node with the two apps that the acceptance list needs. */
export type TestNode = NodeCore & { readonly kv: KvApi; readonly touch: TouchApi }

/** One column of the matrix. */
export interface Combination {
  readonly name: string
  readonly transports: () => () => TransportPart
  readonly shadow: () => ShadowPart
  readonly encoding: () => EncodingPart
  /** Where the services of each node run. @default everything inline */
  readonly placement?: () => Readonly<Record<string, Spawner>>
  /** What else is said of each node. */
  readonly config?: Partial<Omit<NodeConfig, 'apps'>>
}

const transports = {
  memory: () => {
    const network = memoryNetwork()
    return () => memory({ network })
  },
  'one-way memory': () => {
    const network = memoryNetwork()
    return () => memory({ network, links: 'one-way' })
  },
  tcp: () => () => tcp(),
} as const

const shadows = { none, noise, secret: () => secret({ key: new Uint8Array(32).fill(9) }) } as const
const encodings = { binary, json } as const

/** Every transport with every shadow and encoding. */
export const combinations: readonly Combination[] = Object.entries(transports).flatMap(([transport, makeTransports]) =>
  Object.entries(shadows).flatMap(([shadow, makeShadow]) =>
    Object.entries(encodings).map(([encoding, makeEncoding]) => ({
      name: `${transport}, ${shadow}, ${encoding}`,
      transports: makeTransports,
      shadow: makeShadow,
      encoding: makeEncoding,
    }))
  )
)

/** The one transport that blocks, in a directory of its own; not with everything, because its threads take long to start. */
export function fifoCombination(directory: string): Combination {
  return {
    name: 'fifo, noise, binary',
    transports: () => () => fifo({ directory }),
    shadow: noise,
    encoding: binary,
  }
}

/** Takes a test of the list. `test` of `node:test` takes all. */
export type Register = (name: string, run: () => Promise<void>) => unknown

/** What differs from test to test. */
export interface NetworkOptions {
  readonly config?: Partial<Omit<NodeConfig, 'apps'>>
  /** Options of the kv app. @default { open: true } */
  readonly kv?: KvOptions
  /** Waits until every peer that was dialled has dialled back, so that nobody has a reason to turn `direct` into `proxied`. */
  readonly reachable?: boolean
}

/** Runs `use` with the nodes of an adjacency list, connected as it says, and closes them. */
export async function withNetwork(
  combination: Combination,
  adjacency: readonly (readonly number[])[],
  options: NetworkOptions,
  use: (nodes: readonly TestNode[]) => Promise<void>
): Promise<void> {
  const transport = combination.transports()
  const nodes: TestNode[] = []
  const reached: Seen = new Map()
  const met: Seen = new Map()
  const wake: (() => void)[] = []
  try {
    for (let i = 0; i < adjacency.length; i++) {
      const onEvent = (event: NodeEvent): void => {
        if (event.type === 'peer-online') note(met, i, event.peer)
        else if (event.type === 'peer-reachable') note(reached, i, event.peer)
        for (const run of wake.splice(0)) run()
      }
      nodes.push(
        await createNode({
          transport: transport(),
          shadow: combination.shadow(),
          encoding: combination.encoding(),
          apps: { kv: kv(options.kv ?? { open: true }), touch: touch() },
          limits: { probeDelayMs: 1, upkeepMs: 20 },
          ...combination.config,
          ...options.config,
          // Made by the tests at run time, so that only the run-time check sees it.
          placement: (combination.placement?.() ?? {}) as never,
          onEvent,
        })
      )
    }
    for (const [i, links] of adjacency.entries()) {
      for (const j of links) await at(nodes, i + 1).connect(at(nodes, j).address)
    }
    // `connect` tells of one end only.
    await allSeen(adjacency, nodes, met, wake)
    if (options.reachable ?? true) await allSeen(adjacency, nodes, reached, wake)
    await use(nodes)
  } finally {
    await Promise.all(nodes.map((node) => node.close()))
  }
}

/** Which peers each node has told of. */
type Seen = Map<number, Set<string>>

function note(seen: Seen, node: number, peer: string): void {
  seen.set(node, (seen.get(node) ?? new Set()).add(peer))
}

/** Waits until both ends of every link have told of each other. */
async function allSeen(
  adjacency: readonly (readonly number[])[],
  nodes: readonly TestNode[],
  seen: Seen,
  wake: (() => void)[]
): Promise<void> {
  const missing = (): boolean =>
    adjacency.some((links, i) =>
      links.some((j) => !seen.get(i)?.has(at(nodes, j).id) || !seen.get(j - 1)?.has(at(nodes, i + 1).id))
    )
  while (missing()) await new Promise<void>((resolve) => wake.push(resolve))
}

/** Node `number`, counted from 1 as in the original's lists. */
export function at(nodes: readonly TestNode[], number: number): TestNode {
  const node = nodes[number - 1]
  if (!node) throw new TypeError(`no node ${number} in a network of ${nodes.length}`)
  return node
}
