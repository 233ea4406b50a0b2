/**
 * @module node/routing
 * Whom an app may ask next: the route's choice among connected peers and, with `discover`, known peers that are dialled for it.
 */
import type { AppEvent } from '../apps/app.ts'
import type { NamedRecord } from '../apps/peers/protocol.ts'
import type { PeerId } from '../identity/peer-id.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import type { MainContext, RunningApp } from './context.ts'
import { tell } from './delivery.ts'
import { connectByRecord, tellPeerStore } from './dialing.ts'

/** Asks the route for peers; with `discover`, dials known ones until there are enough. Answers with `routed`, once. */
export function startRoute(
  context: MainContext,
  app: RunningApp,
  request: Extract<AppEvent<unknown>, { type: 'route' }>
): void {
  const exclude = new Set(request.exclude)
  for (const [id, connection] of context.peers) if (!connection.apps.includes(app.name)) exclude.add(id)
  const found = [...context.route.next({ key: request.key, count: request.count, exclude })]
  const answer = (): void => {
    tell(context, app, { type: 'routed', ticket: request.ticket, peers: found })
  }
  const missing = request.count - found.length
  if (!request.discover || missing <= 0 || context.init.mode === 'anonymous') {
    answer()
    return
  }
  const skip = [...exclude, ...found.map((peer) => peer.id), ...context.peers.keys(), context.init.self]
  askCandidates(context, missing, skip, (candidates) => {
    let waitingFor = candidates.length
    const told = (peer: PeerRef | undefined): void => {
      if (peer) found.push(peer)
      waitingFor--
      if (waitingFor <= 0) answer()
    }
    if (candidates.length === 0) answer()
    for (const { record, cause } of candidates) connectByRecord(context, record, cause, { type: 'told', tell: told })
  })
}

/** Asks the peer store for records of peers to dial. */
export function askCandidates(
  context: MainContext,
  count: number,
  exclude: readonly PeerId[],
  take: (peers: readonly NamedRecord[]) => void
): void {
  const ticket = context.nextTicket++
  context.candidateTickets.set(ticket, take)
  if (!tellPeerStore(context, { type: 'candidates', ticket, count, exclude })) {
    context.candidateTickets.delete(ticket)
    take([])
  }
}
