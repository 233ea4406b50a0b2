/**
 * @module node/upkeep
 * What the main loop looks after without being asked: deadlines of unfinished connections, signs of life, probes of peers that dialled us,
 * and the number of connections that is wanted. One timer for all.
 */
import type { NamedRecord } from '../apps/peers/protocol.ts'
import { MyDhtError } from '../errors.ts'
import { decodePeerRecord } from '../identity/peer-record.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import type { Connection } from '../peers/connection.ts'
import * as peers from '../peers/defaults.ts'
import { keepAlive } from '../peers/keep-alive.ts'
import { planPool } from '../peers/pool.ts'
import type { MainContext, Waiter } from './context.ts'
import { dial } from './dialing.ts'
import { settle } from './waiters.ts'
import { drainIdle } from './idle.ts'
import { askCandidates, routeUpkeep } from './routing.ts'
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
  revisit(context)
  fillPool(context, nowMs, alone ? context.init.limits.wantedWhenAlone : 0)
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
  const exclude = [...context.peers.keys(), context.init.self]
  const take = (found: readonly NamedRecord[]): void => {
    let left = found.length
    let reached = false
    const told = (peer: PeerRef | undefined): void => {
      left--
      if (peer) {
        reached = true
        context.pool.failedRounds = 0
      }
      // Who does not answer now is remembered all the same, and not to be dialled every second.
      if (left <= 0 && !reached) roundFailed(context)
    }
    if (found.length === 0) roundFailed(context)
    for (const known of found) dialKnown(context, known, false, { type: 'told', tell: told })
  }
  askCandidates(context, plan.dial, exclude, take, 'any')
}

function roundFailed(context: MainContext): void {
  context.pool.failedRounds++
  context.pool.lastFailureMs = context.parts.clock.monotonicMs()
}

/** Looks whether peers that an earlier run kept are still there, a few at a time, so that those who met others after a common night are one network again. */
function revisit(context: MainContext): void {
  const { pool, route, init, closing } = context
  if (!route.nearest || closing || pool.revisits <= 0) return
  const count = Math.min(pool.revisits, context.init.limits.maxRevisitsAtOnce)
  pool.revisits -= count
  const take = (found: readonly NamedRecord[]): void => {
    if (found.length < count) pool.revisits = 0
    for (const known of found) dialKnown(context, known, true, { type: 'nobody' })
  }
  askCandidates(context, count, [init.self], take, 'unmet')
}

/** Dials a peer that the peer store knows. Its record was checked there when it came, and need not be alive still. */
function dialKnown(context: MainContext, { record, cause }: NamedRecord, isProbe: boolean, waiter: Waiter): void {
  const decoded = decodePeerRecord(record)
  if (!decoded.ok) return settle(context, waiter, undefined, undefined)
  const { id, addresses } = decoded.value
  dial(context, { addresses, expected: id, cause, probe: isProbe }, waiter)
}
