/**
 * @module node/nearest
 * The peers nearest to a key, for a query that goes from hop to hop: those that are not connected are dialled, and others tried where a dial fails.
 */
import type { AppEvent } from '../apps/app.ts'
import type { PeerId } from '../identity/peer-id.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import type { Route } from '../routes/route.ts'
import type { MainContext, RunningApp } from './context.ts'
import { tell } from './delivery.ts'
import { connectByRecord } from './dialing.ts'
import { later } from './later.ts'

/** A route with contacts of its own. */
export type ContactRoute = Route & Required<Pick<Route, 'nearest'>>

/** A request for the nearest. `exclude` grows by all that were tried. */
type Request = Omit<Extract<AppEvent<unknown>, { readonly type: 'route' }>, 'exclude' | 'key'> & {
  readonly key: Uint8Array
  readonly exclude: Set<PeerId>
}

/** Answers with `routed`, once: when there are enough, when nobody is left, or when the time is over. */
export function routeNearest(context: MainContext, app: RunningApp, route: ContactRoute, request: Request): void {
  const { key, count, exclude, nearer, ticket } = request
  const found: PeerRef[] = []
  let dialling = 0
  let dials = 0
  let answered = false
  const answer = (): void => {
    if (answered) return
    answered = true
    deadline?.cancel()
    tell(context, app, { type: 'routed', ticket, peers: found })
  }
  const told = (peer: PeerRef | undefined): void => {
    dialling--
    if (peer && context.peers.get(peer.id)?.apps.includes(app.name)) found.push(peer)
    fill()
  }
  const fill = (): void => {
    if (answered || filling) return
    filling = true
    for (let missing = count - found.length - dialling; missing > 0; missing = count - found.length - dialling) {
      const named = route.nearest({ key, count: missing, exclude, nearer })
      if (named.length === 0) break
      for (const { id, peer, record } of named) {
        exclude.add(id)
        if (peer) found.push(peer)
        else if (record && dials < context.init.limits.maxRouteDials) {
          dials++
          dialling++
          // What proved itself once is dialled on its own account, whoever asks.
          connectByRecord(context, record, id, { type: 'told', tell: told })
        }
      }
    }
    filling = false
    if (dialling === 0) answer()
  }
  let filling = false
  let deadline: { cancel(): void } | undefined
  fill()
  if (!answered) deadline = later(context, context.init.limits.routeDialMs, { type: 'due', run: answer })
}
