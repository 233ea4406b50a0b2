/**
 * @module node/node-calls
 * What the program asks of the node itself (`node.connect`, `node.stats`, …), answered by the main loop.
 */
import { machine } from '#machine'
import { MyDhtError } from '../errors.ts'
import type { PeerId } from '../identity/peer-id.ts'
import type { Phase } from '../peers/connection.ts'
import type { ServiceStats } from '../service/handle.ts'
import type { MainContext, MainCounters, NodeCall, PeerInfo } from './context.ts'
import { connectByAddress } from './dialing.ts'
import { closeConnection, disconnect } from './closing.ts'
import type { LoopStats } from './loop-monitor.ts'
import type { MemoryUse } from './machine/machine.ts'
import { recordService, spawnerKindOf } from './placement.ts'
import { noStats, total } from './tally.ts'

/** What `node.stats()` gives. */
export interface NodeStats {
  readonly id: PeerId
  readonly addresses: readonly string[]
  readonly uptimeMs: number
  readonly connections: number
  /** Connections by where they are in their life. */
  readonly phases: Readonly<Record<Exclude<Phase, 'closed'>, number>>
  /** Dials under way, and signatures that apps wait for. */
  readonly dialling: number
  readonly signing: number
  readonly peers: number
  /** By the name that `placement` has for them. What has ended counts too: numbers of work done never go back. */
  readonly services: Readonly<Record<string, NodeServiceStats>>
  readonly counters: Readonly<MainCounters>
  /** The configuration says `measure`: without it every `busyMs` is 0 and `eventLoop` is not there. */
  readonly measured: boolean
  /** Of the thread where `main` runs. Undefined also where the machine does not say. */
  readonly eventLoop: LoopStats | undefined
  /** Of the thread where `main` runs, and its process. Undefined where the machine does not say. */
  readonly memory: MemoryUse | undefined
}

/** What all services of one name have done together, and where they run. */
export interface NodeServiceStats extends ServiceStats {
  /** The kind of their spawner: `inline`, `thread`, … */
  readonly spawner: string
  /** How many run now: one per connection for `read` and `write`. */
  readonly instances: number
}

/** Answers one call to the node. */
export function onNodeCall(context: MainContext, id: number, given: unknown): void {
  // Only `node.ts` sends calls with no app's name, and it sends these.
  const call = given as NodeCall
  switch (call.type) {
    case 'connect':
      connectByAddress(context, call.address, { type: 'call', id })
      return
    case 'disconnect':
      context.toApi.send({ type: 'reply', id, value: disconnect(context, call.peer), last: true })
      return
    case 'connected':
      context.toApi.send({ type: 'reply', id, value: connected(context), last: true })
      return
    case 'stats':
      context.toApi.send({ type: 'reply', id, value: stats(context), last: true })
  }
}

/** A caller is gone: what was dialled for it alone is called off. */
export function onNodeCallDropped(context: MainContext, id: number): void {
  for (const job of context.jobs) {
    const at = job.waiters.findIndex((waiter) => waiter.type === 'call' && waiter.id === id)
    if (at < 0) continue
    job.waiters.splice(at, 1)
    if (job.waiters.length > 0) return
    context.jobs.delete(job)
    job.abort.abort(new MyDhtError('MYDHT_CLOSED', 'nobody waits for this connection any more'))
    const connection = job.connection === undefined ? undefined : context.connections.get(job.connection)
    if (connection) closeConnection(context, connection, 'MYDHT_CLOSED', 'nobody waits for it any more')
    return
  }
}

function connected(context: MainContext): readonly PeerInfo[] {
  const peers: PeerInfo[] = []
  for (const [id, connection] of context.peers) {
    peers.push({
      id,
      host: connection.remoteHost,
      incoming: connection.incoming,
      apps: connection.apps,
      priority: connection.priority,
      reachable: context.reachable.has(id),
      bytesIn: connection.bytesIn,
      bytesOut: connection.bytesOut,
    })
  }
  return peers
}

function stats(context: MainContext): NodeStats {
  return {
    id: context.init.self,
    addresses: context.addresses,
    uptimeMs: context.parts.clock.monotonicMs() - context.startedMs,
    connections: context.connections.size,
    phases: phases(context),
    dialling: context.jobs.size,
    signing: context.signs.size,
    peers: context.peers.size,
    services: services(context),
    counters: structuredClone(context.counters),
    measured: context.init.measure,
    eventLoop: context.loop?.read(),
    memory: machine.memory(),
  }
}

function services(context: MainContext): NodeStats['services'] {
  // Connections may come later; a table does not grow rows for that.
  const { init } = context
  const records = (['read', 'write'] as const).map((service) => recordService(init, service))
  const names = new Set(['auth', 'api', ...records, ...context.tallies.keys()])
  return Object.fromEntries(
    Array.from(names, (name) => {
      const tally = context.tallies.get(name)
      const spawner = spawnerKindOf(init, name)
      return [name, { ...(tally ? total(tally) : noStats), spawner, instances: tally?.running.size ?? 0 }]
    })
  )
}

function phases(context: MainContext): NodeStats['phases'] {
  const counts = { handshake: 0, proven: 0, online: 0, draining: 0 }
  for (const { phase } of context.connections.values()) if (phase !== 'closed') counts[phase]++
  return counts
}
