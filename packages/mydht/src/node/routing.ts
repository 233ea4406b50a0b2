/**
 * @module node/routing
 * Whom an app may ask next: the route's choice among connected peers; where it keeps contacts, the nearest of them, dialled on demand; with
 * `discover`, known peers that are dialled for it. And what the route wants done for itself.
 */
import type { AppEvent } from '../apps/app.ts'
import type { Among, NamedRecord } from '../apps/peers/protocol.ts'
import { decodePeerRecord } from '../identity/peer-record.ts'
import type { PeerId } from '../identity/peer-id.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import type { Route } from '../routes/route.ts'
import type { MainContext, RunningApp } from './context.ts'
import { tell, tellPeerStore } from './delivery.ts'
import { connectByRecord, dial } from './dialing.ts'
import { routeNearest, type ContactRoute } from './nearest.ts'

type RouteEvent = Extract<AppEvent<unknown>, { readonly type: 'route' }>

/** Asks the route for peers; where it may, dials known ones until there are enough. Answers with `routed`, once. */
export function startRoute(context: MainContext, app: RunningApp, request: RouteEvent): void {
  const exclude = new Set(request.exclude)
  const { ticket, key, contacts } = request
  if (contacts !== undefined) {
    tell(context, app, { type: 'routed', ticket, ...contactsFor(context, app, { ...request, exclude }) })
    return
  }
  for (const [id, connection] of context.peers) if (!connection.apps.includes(app.name)) exclude.add(id)
  const { route } = context
  if (keepsContacts(route) && key !== undefined && context.init.mode !== 'anonymous') {
    routeNearest(context, app, route, { ...request, key, exclude })
    return
  }
  routeConnected(context, app, request, exclude)
}

function routeConnected(context: MainContext, app: RunningApp, request: RouteEvent, exclude: Set<PeerId>): void {
  const { key, count, nearer } = request
  const found = [...context.route.next({ key, count, exclude, nearer })]
  const answer = (): void => {
    tell(context, app, { type: 'routed', ticket: request.ticket, peers: found })
  }
  const missing = count - found.length
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

function keepsContacts(route: Route): route is ContactRoute {
  return route.nearest !== undefined
}

/** Who is near a key, for a search that dials for itself, or (`name`) for a peer that does: then only who proved itself where it listens. */
function contactsFor(
  context: MainContext,
  app: RunningApp,
  request: Omit<RouteEvent, 'exclude'> & { readonly exclude: Set<PeerId> }
): { readonly peers: readonly PeerRef[]; readonly records: readonly Uint8Array[] } {
  const { route } = context
  const { key, count, exclude } = request
  const proven = request.contacts === 'name'
  if (keepsContacts(route) && key !== undefined) {
    const peers: PeerRef[] = []
    const records: Uint8Array[] = []
    for (const { id, peer, record } of route.nearest({ key, count, exclude, proven })) {
      // Whoever is connected and runs another program is no use, and nobody else is looked for in its place.
      if (peer && context.peers.get(id)?.apps.includes(app.name) === false) continue
      if (peer && !proven) peers.push(peer)
      // Of connected ones too: the connection may be gone a moment later.
      if (record) records.push(record)
    }
    return { peers, records }
  }
  for (const [id, { apps }] of context.peers) {
    if (!apps.includes(app.name) || (proven && !context.reachable.has(id))) exclude.add(id)
  }
  const peers = route.next({ key, count, exclude })
  if (!proven) return { peers, records: [] }
  return { peers: [], records: peers.flatMap(({ id }) => context.peers.get(id)?.record ?? []) }
}

/** Connects an app to a peer by a record that somebody named (undefined: that we know ourselves). Answers with `reached`, once. */
export function reach(
  context: MainContext,
  app: RunningApp,
  request: Extract<AppEvent<unknown>, { readonly type: 'reach' }>
): void {
  const decoded = decodePeerRecord(request.record)
  const cause = request.cause?.id ?? (decoded.ok ? decoded.value.id : undefined)
  const told = (peer: PeerRef | undefined): void => {
    const runsIt = peer && context.peers.get(peer.id)?.apps.includes(app.name)
    tell(context, app, { type: 'reached', ticket: request.ticket, peer: runsIt ? peer : undefined })
  }
  connectByRecord(context, request.record, cause, { type: 'told', tell: told })
}

/** Does what the route wants done: looks whether contacts are alive, and has the peer store search. Gives whether the route has nobody to ask. */
export function routeUpkeep(context: MainContext): boolean {
  if (context.closing || context.init.mode === 'anonymous') return false
  const wanted = context.route.upkeep?.()
  if (!wanted) return false
  for (const { id, record } of wanted.check) {
    const decoded = record && decodePeerRecord(record)
    if (!decoded?.ok) continue
    const { addresses } = decoded.value
    dial(context, { addresses, expected: id, cause: id, probe: true }, { type: 'nobody' })
  }
  for (const { key, width } of wanted.refresh) tellPeerStore(context, { type: 'search', key, width })
  return wanted.alone
}

/** Asks the peer store for records of peers to dial. */
export function askCandidates(
  context: MainContext,
  count: number,
  exclude: readonly PeerId[],
  take: (peers: readonly NamedRecord[]) => void,
  among: Among = 'likely'
): void {
  const ticket = context.nextTicket++
  context.candidateTickets.set(ticket, take)
  if (!tellPeerStore(context, { type: 'candidates', ticket, count, exclude, among })) {
    context.candidateTickets.delete(ticket)
    take([])
  }
}
