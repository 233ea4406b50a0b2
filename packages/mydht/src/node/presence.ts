/**
 * @module node/presence
 * Who is online, as the route, the apps and the program are told. Not here: how a connection gets there (`sessions.ts`) or ends (`closing.ts`).
 */
import { decodePeerRecord } from '../identity/peer-record.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import type { Connection } from '../peers/connection.ts'
import type { MainContext } from './context.ts'
import { tell } from './delivery.ts'
import { tellPeerStore } from './dialing.ts'

/** Tells route, apps and program that a peer is online. */
export function announceOnline(context: MainContext, connection: Connection, peer: PeerRef): void {
  context.route.online(peer)
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

/** A peer was dialled at an address of its own record and proved itself there: it may be named to others. Told once. */
export function markReachable(context: MainContext, id: PeerRef['id']): void {
  const peer = context.peers.get(id)?.peer
  if (!peer || context.reachable.has(id)) return
  context.reachable.add(id)
  tellPeerStore(context, { type: 'dialled', id, proven: true })
  for (const app of context.apps.values()) tell(context, app, { type: 'reachable', peer })
  context.emit({ type: 'event', event: { type: 'peer-reachable', peer: id } })
}

/** Whether a connection's peer names this address in its own signed record. */
export function namesAddress(connection: Connection, address: string): boolean {
  const record = connection.record && decodePeerRecord(connection.record)
  return record?.ok === true && record.value.addresses.includes(address)
}
