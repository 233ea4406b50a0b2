/**
 * @module node/node-calls
 * What the program asks of the node itself (`node.connect`, `node.stats`, …), answered by the main loop.
 */
import { MyDhtError } from '../errors.ts'
import type { PeerId } from '../identity/peer-id.ts'
import type { Phase } from '../peers/connection.ts'
import type { ServiceStats } from '../service/handle.ts'
import type { MainContext, MainCounters, NodeCall, PeerInfo } from './context.ts'
import { connectByAddress } from './dialing.ts'
import { closeConnection, disconnect } from './closing.ts'

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
  readonly services: Readonly<Record<string, ServiceStats>>
  readonly counters: Readonly<MainCounters>
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
  const services: Record<string, ServiceStats> = { auth: context.auth.stats(), api: context.api.stats() }
  for (const app of context.apps.values())
    services[app.name === 'peers' ? 'peerStore' : `${app.name}.global`] = app.handle.stats()
  services['read'] = sum([...context.connections.values()].flatMap((connection) => connection.reader?.stats() ?? []))
  services['write'] = sum([...context.connections.values()].flatMap((connection) => connection.writer?.stats() ?? []))
  return {
    id: context.init.self,
    addresses: context.addresses,
    uptimeMs: context.parts.clock.monotonicMs() - context.startedMs,
    connections: context.connections.size,
    phases: phases(context),
    dialling: context.jobs.size,
    signing: context.signs.size,
    peers: context.peers.size,
    services,
    counters: structuredClone(context.counters),
  }
}

function sum(all: readonly ServiceStats[]): ServiceStats {
  const total = { queued: 0, handled: 0, busyMs: 0, lagMs: 0, restarts: 0, dropped: 0 }
  for (const one of all) {
    total.queued += one.queued
    total.handled += one.handled
    total.busyMs += one.busyMs
    total.lagMs = Math.max(total.lagMs, one.lagMs)
    total.restarts += one.restarts
    total.dropped += one.dropped
  }
  return total
}

function phases(context: MainContext): NodeStats['phases'] {
  const counts = { handshake: 0, proven: 0, online: 0, draining: 0 }
  for (const { phase } of context.connections.values()) if (phase !== 'closed') counts[phase]++
  return counts
}
