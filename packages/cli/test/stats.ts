/**
 * @module test/stats
 * Stats of a node that does not exist. No test itself.
 */
import type { NodeServiceStats, NodeStats } from 'mydht'

/** Stats with everything at its start, but for what is given. */
export function statsOf(given: Partial<NodeStats> = {}): NodeStats {
  return {
    id: 'abcdefghijklmnop' as NodeStats['id'],
    addresses: ['tcp://127.0.0.1:4000'],
    uptimeMs: 10_000,
    connections: 0,
    phases: { handshake: 0, proven: 0, online: 0, draining: 0 },
    dialling: 0,
    signing: 0,
    peers: 0,
    services: {},
    counters: {
      messagesIn: 0,
      messagesOut: 0,
      undelivered: 0,
      refusedByBound: {},
      failedByCode: {},
      refusedConnections: 0,
      failedConnections: 0,
      droppedMessages: 0,
      maybeHandled: 0,
      dials: 0,
      deniedDials: 0,
      probes: 0,
    },
    measured: true,
    eventLoop: undefined,
    memory: undefined,
    ...given,
  }
}

/** The same of one service. */
export function serviceOf(given: Partial<NodeServiceStats> = {}): NodeServiceStats {
  return {
    queued: 0,
    handled: 0,
    busyMs: 0,
    lagMs: 0,
    restarts: 0,
    dropped: 0,
    spawner: 'inline',
    instances: 1,
    ...given,
  }
}
