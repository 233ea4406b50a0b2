/**
 * @module node/upkeep
 * What the main loop looks after without being asked: deadlines of unfinished connections, signs of life, probes of peers that dialled us,
 * and the number of connections that is wanted. One timer for all.
 */
import { MyDhtError } from '../errors.ts'
import type { Connection } from '../peers/connection.ts'
import * as peers from '../peers/defaults.ts'
import { keepAlive } from '../peers/keep-alive.ts'
import { planPool } from '../peers/pool.ts'
import type { MainContext } from './context.ts'
import { connectByRecord } from './dialing.ts'
import { drainIdle } from './idle.ts'
import { askCandidates, routeUpkeep } from './routing.ts'
import { wantedWhenAlone } from './defaults.ts'
import { later } from './later.ts'
import { probe } from './probing.ts'
import { closeConnection } from './closing.ts'

/** Sets the timer of the next round. */
export function scheduleUpkeep(context: MainContext): void {
  context.upkeep = later(context, context.init.limits.upkeepMs, { type: 'upkeep' })
}

/** One round. */
export function upkeep(context: MainContext): void {
  const nowMs = context.parts.clock.monotonicMs()
  for (const job of context.jobs) {
    if (job.connection !== undefined || nowMs - job.startedMs < context.init.limits.connectTimeoutMs) continue
    job.abort.abort(
      new MyDhtError(
        'MYDHT_TIMEOUT',
        `no link within ${context.init.limits.connectTimeoutMs} ms: check the address, or raise connectTimeoutMs`
      )
    )
  }
  for (const connection of context.connections.values()) check(context, connection, nowMs)
  const alone = routeUpkeep(context)
  drainIdle(context, nowMs)
  fillPool(context, nowMs, alone ? wantedWhenAlone : 0)
  context.loop?.turn()
}

function check(context: MainContext, connection: Connection, nowMs: number): void {
  switch (connection.phase) {
    case 'handshake':
    case 'proven':
      if (nowMs - connection.startedMs >= context.init.limits.connectTimeoutMs) {
        closeConnection(
          context,
          connection,
          'MYDHT_TIMEOUT',
          `not ready within ${context.init.limits.connectTimeoutMs} ms`
        )
      }
      return
    case 'draining':
      if (nowMs >= connection.drainByMs) closeConnection(context, connection, connection.closeCode)
      return
    case 'online':
      checkLife(context, connection, nowMs)
      probe(context, connection, nowMs)
      return
    case 'closed':
  }
}

function checkLife(context: MainContext, connection: Connection, nowMs: number): void {
  const state = {
    nowMs,
    lastHeardMs: connection.heardMs,
    lastSentMs: connection.sentMs,
    lastPingMs: connection.pingedMs,
  }
  const { keepAliveIdleMs, keepAliveDeadMs } = context.init.limits
  const step = keepAlive(state, { idleMs: keepAliveIdleMs, deadMs: keepAliveDeadMs })
  if (step.type === 'dead') {
    closeConnection(context, connection, 'MYDHT_TIMEOUT', `nothing heard for ${keepAliveDeadMs} ms`)
  } else if (step.type === 'ping') {
    connection.pingedMs = nowMs
    connection.pingNonce = (connection.pingNonce + 1) >>> 0
    connection.writer?.send({ type: 'message', message: { type: 'ping', nonce: connection.pingNonce } })
  }
}

/** Dials peers that the peer store knows until there are enough connections: as many as the program wants, and `least`. */
function fillPool(context: MainContext, nowMs: number, least: number): void {
  const wanted = Math.max(context.init.wantedConnections, least)
  if (wanted === 0 || context.closing) return
  const state = {
    wanted,
    connected: context.peers.size,
    dialling: [...context.jobs].filter((job) => !job.probe).length,
    failedRounds: context.pool.failedRounds,
    lastFailureMs: context.pool.lastFailureMs,
    nowMs,
  }
  const options = {
    maxDials: context.init.limits.maxPoolDials,
    extraRatio: peers.poolExtraRatio,
    firstMs: context.init.limits.backOffFirstMs,
    maxMs: context.init.limits.backOffMaxMs,
  }
  const plan = planPool(state, options, context.parts.random)
  if (plan.dial === 0) return
  askCandidates(context, plan.dial, [...context.peers.keys(), context.init.self], (found) => {
    if (found.length === 0) {
      context.pool.failedRounds++
      context.pool.lastFailureMs = nowMs
      return
    }
    context.pool.failedRounds = 0
    for (const { record, cause } of found) connectByRecord(context, record, cause, { type: 'nobody' })
  })
}
