/**
 * @module testing/testnet
 * A running network for tests, in one line: real nodes on the machine's clock, over memory or TCP on loopback, connected as asked. Not here: a
 * virtual clock and a simulated network (`sim/simulation.ts`).
 */
import { systemClock } from '../clock.ts'
import { MyDhtError } from '../errors.ts'
import type { AnyApp, NodeConfig, NodeEvent } from '../node/config.ts'
import { createNode, type Node } from '../node/node.ts'
import type { NodeLimits } from '../node/limits.ts'
import { seededRandom } from '../random.ts'
import { memory } from '../transports/memory.ts'
import { memoryNetwork } from '../transports/memory-network.ts'
import { tcp } from '../transports/tcp.ts'
import type { TransportPart } from '../transports/transport.ts'
import { isShape, linksOf, type TestnetLinks } from './testnet-links.ts'

export type { TestnetLinks, TestnetShape } from './testnet-links.ts'

/** Options of `testnet`: what every node's configuration has, and how the nodes are connected. */
export interface TestnetOptions<Apps extends Readonly<Record<string, AnyApp>>> extends Omit<
  NodeConfig<Apps>,
  'transport' | 'join' | 'seed' | 'signal'
> {
  /** `memory`, `tcp` (loopback, free ports), or one that makes the transport of node `index`. @default 'memory' */
  readonly transport?: 'memory' | 'tcp' | ((index: number) => TransportPart) | undefined
  /** Who dials whom: a shape, or for each node the indexes that it dials. @default 'star' */
  readonly links?: TestnetLinks | undefined
  /** Decides the nodes' identities and the links of `random`. @default 1 */
  readonly seed?: number | undefined
  /** What differs at one node. Replaces what the options say; limits are merged. */
  readonly each?: ((index: number) => Partial<Omit<NodeConfig, 'apps' | 'transport' | 'join'>>) | undefined
  /**
   * Waits until both ends of each link have dialled the other, so that they count in tables and `direct` queries pass. Probes are then sent at
   * once instead of after a second. @default false
   */
  readonly reachable?: boolean | undefined
  /**
   * How long the links may take, in milliseconds. Ends that wait for something that cannot come: `reachable` of a node that listens nowhere, say.
   * @default 30_000: ten times what a hundred nodes take on a busy machine
   */
  readonly timeoutMs?: number | undefined
  /** Gives up starting: rejects with its reason, with everything closed. Later it has no effect. */
  readonly signal?: AbortSignal | undefined
}

/** A running network. */
export interface Testnet<Apps> {
  readonly nodes: readonly Node<Apps>[]
  /** Node `index`, counted from 0. Throws TypeError where there is none. */
  node(index: number): Node<Apps>
  /** Closes all nodes. Idempotent. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Starts `count` nodes and connects them; settles when each link is online at both ends. Rejects with what `createNode` and `connect` say, with
 * everything closed; with MYDHT_TIMEOUT, naming what is missing, when links take too long; with TypeError for a count or a link that makes no sense.
 *
 * @example
 * await using net = await testnet(5, { apps: { kv: kv() } })
 * const { key } = await net.node(0).kv.put('hello')
 * console.log(await net.node(4).kv.getText(key))
 */
export async function testnet<const Apps extends Readonly<Record<string, AnyApp>> = Readonly<Record<never, AnyApp>>>(
  count: number,
  options: TestnetOptions<Apps> = {}
): Promise<Testnet<Apps>> {
  if (!Number.isSafeInteger(count) || count < 1)
    throw new TypeError(`testnet(count): got ${count}, give a whole number from 1`)
  const {
    transport = 'memory',
    links = 'star',
    seed = 1,
    each,
    reachable = false,
    timeoutMs = 30_000,
    signal,
    ...common
  } = options
  const random = seededRandom(seed)
  const dialled = isShape(links) ? linksOf(links, count, random) : links
  const transportOf = transports(transport)
  const seen: Seen = { online: new Set(), reachable: new Set(), changed: [] }
  const nodes: Node<Apps>[] = []
  const indexes = new Map<string, number>()
  const close = async (): Promise<void> => void (await Promise.all(nodes.map((node) => node.close())))
  try {
    for (let index = 0; index < count; index++) {
      const own = each?.(index) ?? {}
      const config: NodeConfig<Apps> = {
        seed: random.bytes(32),
        signal,
        ...common,
        ...own,
        transport: transportOf(index),
        limits: { ...(reachable ? promptProbes : {}), ...common.limits, ...own.limits },
        onEvent: (event) => {
          noteEvent(seen, index, event)
          ;(own.onEvent ?? common.onEvent)?.(event)
        },
      }
      const node = await createNode(config)
      indexes.set(node.id, index)
      nodes.push(node)
    }
    for (const [from, targets] of dialled.entries()) {
      for (const to of targets) await at(nodes, from).connect(at(nodes, to).address, { signal })
    }
    const wanted = dialled.flatMap((targets, from) => targets.flatMap((to) => [pair(from, to), pair(to, from)]))
    const missing = (): string | undefined => {
      for (const [from, to] of wanted) {
        if (!known(seen.online, [from, to])) return `node ${from} has not met node ${to}`
        if (reachable && !known(seen.reachable, [from, to])) return `node ${from} has not dialled node ${to}`
      }
      return undefined
    }
    await waitFor(seen, missing, timeoutMs, signal)
  } catch (thrown) {
    await close()
    throw thrown
  }
  return { nodes, node: (index) => at(nodes, index), close, [Symbol.asyncDispose]: close }

  function known(set: ReadonlySet<string>, [from, to]: readonly [number, number]): boolean {
    return set.has(`${from} ${at(nodes, to).id}`)
  }
}

/** Probes at once: for tests that wait for them. */
const promptProbes: Partial<NodeLimits> = { probeDelayMs: 1, upkeepMs: 20 }

/** Waits until nothing is missing. */
async function waitFor(
  seen: Seen,
  missing: () => string | undefined,
  timeoutMs: number,
  signal: AbortSignal | undefined
): Promise<void> {
  let isLate = false
  const timer = systemClock.after(timeoutMs, () => {
    isLate = true
    wakeUp(seen)
  })
  const onAbort = (): void => wakeUp(seen)
  signal?.addEventListener('abort', onAbort)
  try {
    for (let what = missing(); what !== undefined; what = missing()) {
      signal?.throwIfAborted()
      if (isLate) {
        const message = `${what} after ${timeoutMs} ms: look at its onEvent, or raise timeoutMs`
        throw new MyDhtError('MYDHT_TIMEOUT', message)
      }
      await new Promise<void>((resolve) => seen.changed.push(resolve))
    }
  } finally {
    timer.cancel()
    signal?.removeEventListener('abort', onAbort)
  }
}

/** What nodes told so far, each as `<index> <PeerId>`, and who waits for more. */
interface Seen {
  readonly online: Set<string>
  readonly reachable: Set<string>
  changed: (() => void)[]
}

function noteEvent(seen: Seen, index: number, event: NodeEvent): void {
  if (event.type === 'peer-online') seen.online.add(`${index} ${event.peer}`)
  else if (event.type === 'peer-reachable') seen.reachable.add(`${index} ${event.peer}`)
  else return
  wakeUp(seen)
}

function wakeUp(seen: Seen): void {
  const waiting = seen.changed
  seen.changed = []
  for (const run of waiting) run()
}

function pair(from: number, to: number): readonly [number, number] {
  return [from, to]
}

function at<T>(nodes: readonly T[], index: number): T {
  const node = nodes[index]
  if (node === undefined) throw new TypeError(`no node ${index} in a network of ${nodes.length}: they count from 0`)
  return node
}

function transports(choice: NonNullable<TestnetOptions<never>['transport']>): (index: number) => TransportPart {
  if (typeof choice === 'function') return choice
  if (choice === 'tcp') return () => tcp()
  if (choice !== 'memory')
    throw new MyDhtError(
      'MYDHT_BAD_CONFIG',
      `testnet({ transport: '${String(choice)}' }): give memory, tcp or a function`
    )
  const network = memoryNetwork()
  return () => memory({ network })
}
