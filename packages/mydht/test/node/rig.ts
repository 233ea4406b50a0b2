/**
 * @module test/node/rig
 * What the tests of whole nodes share: nodes that are closed with their test, their events as something to wait for, and a part out of any value.
 */
import type { TestContext } from 'node:test'
import { kv, type KvApi } from '../../src/apps/kv/kv.ts'
import { touch, type TouchApi } from '../../src/apps/touch/touch.ts'
import type { NodeConfig, NodeEvent } from '../../src/node/config.ts'
import { createNode, type NodeCore } from '../../src/node/node.ts'
import { part, type Part } from '../../src/part.ts'
import type { AcceptHook } from '../../src/peers/accept.ts'
import type { VirtualClock } from '../../src/testing/virtual-clock.ts'
import {
  createMemory,
  memory,
  memoryNetwork,
  type MemoryNetwork,
  type MemoryOptions,
} from '../../src/transports/memory.ts'
import { tcp } from '../../src/transports/tcp.ts'
import type { Transport, TransportPart, TransportParts } from '../../src/transports/transport.ts'
import { probe, probeLog, type ProbeApi, type ProbeLog } from './probe-app.ts'
import { watched, type Watched } from './watched.ts'

export { lever, watched, type Watched } from './watched.ts'

/** A node with three apps, what it told, and what its probe app heard. */
export type TestNode = NodeCore & {
  readonly kv: KvApi
  readonly touch: TouchApi
  readonly probe: ProbeApi
  readonly events: Watched<NodeEvent>
  readonly heard: ProbeLog
}

/** A transport of each kind, several of which meet. */
export const kinds: Readonly<Record<'memory' | 'one-way memory' | 'tcp', () => (name?: string) => TransportPart>> = {
  memory: () => meeting(memoryNetwork()),
  'one-way memory': () => meeting(memoryNetwork(), { links: 'one-way' }),
  tcp: () => () => tcp(),
}

export function meeting(network: MemoryNetwork, options: MemoryOptions = {}): (name?: string) => TransportPart {
  return (name) => memory({ network, ...options, name })
}

/** A transport of a network whose dials of addresses that begin with `deaf` hang until they are called off; they are told to `heard`. */
export function deafAt(network: MemoryNetwork, deaf: string, heard: (address: string) => void): TransportPart {
  return value((parts: TransportParts): Transport => {
    const real = createMemory({ network })(parts)
    return {
      ...real,
      connect: (address, options) => {
        if (!address.startsWith(deaf)) return real.connect(address, options)
        heard(address)
        return new Promise((_resolve, reject) => {
          options.signal.addEventListener('abort', () => reject(options.signal.reason as Error), { once: true })
        })
      },
    }
  })
}

/** Any factory as a part of this thread. */
export function value<T>(made: T): Part<T> {
  return part(import.meta.url, 'value', {}, () => made)
}

export function hook(accept: AcceptHook): Part<AcceptHook> {
  return value(accept)
}

/** Short deadlines of the kind that tests wait for by event. */
export const quick = { probeDelayMs: 1, upkeepMs: 10, closeMs: 200 } as const

/** Makes a node that closes with its test. */
export async function makeNode(
  t: TestContext,
  transport: TransportPart,
  config: Partial<NodeConfig> = {}
): Promise<TestNode> {
  const events = watched<NodeEvent>()
  const heard = probeLog()
  const node = await createNode({
    transport,
    ...config,
    apps: { kv: kv({ open: true }), touch: touch(), probe: probe(heard) },
    limits: { ...quick, ...config.limits },
    onEvent: (event) => {
      events.push(event)
      config.onEvent?.(event)
    },
  })
  t.after(() => node.close())
  return Object.assign(node, { events, heard })
}

/** Two connected nodes: the second dialled the first. */
export async function makePair(
  t: TestContext,
  transport: (name?: string) => TransportPart,
  config: Partial<NodeConfig> = {}
): Promise<readonly [TestNode, TestNode]> {
  const a = await makeNode(t, transport(), config)
  const b = await makeNode(t, transport(), config)
  await b.connect(a.address)
  await a.events.first((event) => event.type === 'peer-online' && event.peer === b.id)
  return [a, b]
}

export const online =
  (peer: string) =>
  (event: NodeEvent): boolean =>
    event.type === 'peer-online' && event.peer === peer
export const offline =
  (peer: string) =>
  (event: NodeEvent): boolean =>
    event.type === 'peer-offline' && event.peer === peer
export const reachable =
  (peer: string) =>
  (event: NodeEvent): boolean =>
    event.type === 'peer-reachable' && event.peer === peer
export const failedWith =
  (code: string) =>
  (event: NodeEvent): boolean =>
    event.type === 'connection-failed' && event.code === code

/** Moves the clock until a promise settles. */
export async function driven<T>(clock: VirtualClock, promise: Promise<T>): Promise<T> {
  let settled = false
  const mark = (): void => {
    settled = true
  }
  promise.then(mark, mark)
  for (let i = 0; i < 100_000 && !settled; i++) await clock.advance(1)
  return promise
}
