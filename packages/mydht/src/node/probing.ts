/**
 * @module node/probing
 * Dialling back: only an address that proved itself may be named to others and used for direct answers. A probe goes as far as message 2, which
 * proves the peer, and leaves.
 */
import { decodePeerRecord } from '../identity/peer-record.ts'
import type { Connection } from '../peers/connection.ts'
import type { MainContext } from './context.ts'
import { dial } from './dialing.ts'

/**
 * A peer that dialled us is online: it will be dialled back. A route that would have it as a contact wants to know at once; with one that would not,
 * and with one that keeps no contacts, short visits are spared.
 */
export function planProbe(context: MainContext, connection: Connection): void {
  const nowMs = context.parts.clock.monotonicMs()
  const { route } = context
  const { probeDelayMs, visitMs } = context.init.limits
  const { peer, record } = connection
  const isWanted = peer !== undefined && record !== undefined && (route.wants?.(peer.id, record) ?? true)
  const delayMs = !route.nearest ? probeDelayMs : isWanted ? 0 : visitMs
  connection.probeAtMs = nowMs + delayMs
  probe(context, connection, nowMs)
}

/** Dials back, once and when it is time, a peer that dialled us. */
export function probe(context: MainContext, connection: Connection, nowMs: number): void {
  if (nowMs < connection.probeAtMs) return
  connection.probeAtMs = Infinity
  const { peer } = connection
  const record = connection.record && decodePeerRecord(connection.record)
  if (
    !peer ||
    !record?.ok ||
    record.value.clientOnly ||
    context.reachable.has(peer.id) ||
    context.init.mode === 'anonymous'
  )
    return
  dial(
    context,
    { addresses: record.value.addresses, expected: peer.id, cause: peer.id, probe: true },
    { type: 'probe', connection }
  )
}
