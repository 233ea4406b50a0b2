/**
 * @module node/idle
 * Ends connections that nobody uses, the longest unused first, so that a node of a large network holds a bounded number. Only where the route keeps
 * contacts, which can be dialled again; connections that the program asked for stay.
 */
import type { Connection } from '../peers/connection.ts'
import { drain } from './closing.ts'
import type { MainContext } from './context.ts'
import { crowdedShare } from './defaults.ts'

/** One round, at `nowMs` of the monotonic clock. */
export function drainIdle(context: MainContext, nowMs: number): void {
  if (!context.route.nearest || context.closing) return
  const { maxIdleConnections, idleMs, maxConnections } = context.init.limits
  for (const connection of context.peers.values()) {
    if (connection.uses === connection.usesSeen) continue
    connection.usesSeen = connection.uses
    connection.usedMs = nowMs
  }
  const crowded = context.connections.size - Math.floor(maxConnections * crowdedShare)
  const tooMany = context.peers.size - Math.max(maxIdleConnections, context.init.wantedConnections)
  const unusedMs = crowded > 0 ? idleMs / 10 : idleMs
  let over = Math.max(crowded, tooMany)
  if (over <= 0) return
  const idle = [...context.peers.values()]
    .filter((connection) => !connection.kept && nowMs - connection.usedMs >= unusedMs)
    .toSorted((a, b) => Number(canReturn(context, b)) - Number(canReturn(context, a)) || a.usedMs - b.usedMs)
  for (const connection of idle) {
    if (over-- <= 0) return
    drain(context, connection, '')
  }
}

/** Whether the peer can be dialled again when it is needed: who cannot is kept longer. */
function canReturn(context: MainContext, { peer }: Connection): boolean {
  return peer !== undefined && context.reachable.has(peer.id)
}
