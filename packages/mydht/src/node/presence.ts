/**
 * @module node/presence
 * Who is online, as the route, the apps and the program are told. Not here: how a connection gets there (`sessions.ts`) or ends (`closing.ts`).
 */
import { decodePeerRecord } from '../identity/peer-record.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import type { Connection } from '../peers/connection.ts'
import type { MainContext } from './context.ts'
import { tell, tellPeerStore } from './delivery.ts'

/** Tells route, apps and program that a peer is online. */
export function announceOnline(context: MainContext, connection: Connection, peer: PeerRef): void {
  context.route.online(peer, connection.record, connection.remoteHost)
  context.hosts.set(peer.id, connection.remoteHost)
  for (const app of context.apps.values())
    tell(context, app, {
      type: 'online',
      peer,
      record: connection.record,
      apps: connection.apps,
      host: connection.remoteHost,
    })
  context.emit({ type: 'event', event: { type: 'peer-online', peer: peer.id, incoming: connection.incoming } })
}

/** Tells them that it is offline. */
export function announceOffline(context: MainContext, peer: PeerRef, code: string): void {
  unroute(context, peer)
  for (const app of context.apps.values()) tell(context, app, { type: 'offline', peer })
  context.emit({ type: 'event', event: { type: 'peer-offline', peer: peer.id, code } })
}

function unroute(context: MainContext, peer: PeerRef): void {
  context.reachable.delete(peer.id)
  context.route.offline(peer)
}

/** Nothing more goes to the peer over this connection. Apps are told that it is offline only when nothing more can come from it either. */
export function leave(context: MainContext, connection: Connection): void {
  const { peer } = connection
  if (!peer || context.peers.get(peer.id) !== connection) return
  context.peers.delete(peer.id)
  unroute(context, peer)
  context.leaving.set(peer.id, connection)
}

/** The other direction of a connection that we left is over too. */
export function leftFor(context: MainContext, connection: Connection, code: string): void {
  const { peer } = connection
  if (!peer || context.leaving.get(peer.id) !== connection) return
  context.leaving.delete(peer.id)
  announceOffline(context, peer, code)
}

/**
 * A peer was dialled at an address of its own record and proved itself there: the route may count on it, and where it is online, it may be named
 * to others. Apps and program are told once.
 */
export function markReachable(
  context: MainContext,
  id: PeerRef['id'],
  record: Uint8Array | undefined,
  { remoteHost }: Connection
): void {
  if (record) {
    context.route.reachable?.(id, record)
    context.proofs.set(id, { addresses: addressesOf(record), atMs: context.parts.clock.monotonicMs() })
  }
  const peer = context.peers.get(id)?.peer
  // Its record may be newer than the one that it had when it was here.
  if (!peer && record) tellPeerStore(context, { type: 'dialled', id, record, host: remoteHost })
  if (!peer || context.reachable.has(id)) return
  context.reachable.add(id)
  tellPeerStore(context, { type: 'dialled', id })
  for (const app of context.apps.values()) tell(context, app, { type: 'reachable', peer })
  context.emit({ type: 'event', event: { type: 'peer-reachable', peer: id } })
}

/** Whether a peer proved itself a short while ago where it says that it listens: it need not do so again each time it comes. */
export function isProven(context: MainContext, connection: Connection): boolean {
  const proof = connection.peer && context.proofs.get(connection.peer.id)
  if (!proof || !connection.record) return false
  const fresh = context.parts.clock.monotonicMs() - proof.atMs < context.init.limits.proofMs
  return fresh && proof.addresses === addressesOf(connection.record)
}

/** Whether a signed record names this address. */
export function namesAddress(record: Uint8Array | undefined, address: string): boolean {
  const decoded = record && decodePeerRecord(record)
  return decoded?.ok === true && decoded.value.addresses.includes(address)
}

/** Whether two records name the same addresses. */
export function sameAddresses(one: Uint8Array | undefined, two: Uint8Array): boolean {
  return one !== undefined && addressesOf(one) === addressesOf(two)
}

/** The addresses of a record as one text, to be compared. */
function addressesOf(record: Uint8Array): string {
  const decoded = decodePeerRecord(record)
  return decoded.ok ? decoded.value.addresses.join(' ') : ''
}
