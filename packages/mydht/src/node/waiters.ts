/**
 * @module node/waiters
 * How those who wait for a connection are told.
 */
import type { ErrorCode, MyDhtError } from '../errors.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import type { MainContext, Waiter } from './context.ts'
import { deliver, tell } from './delivery.ts'

/** Tells one waiter how it went. */
export function settle(
  context: MainContext,
  waiter: Waiter,
  peer: PeerRef | undefined,
  error: MyDhtError | undefined
): void {
  switch (waiter.type) {
    case 'call':
      if (peer) {
        const connection = context.peers.get(peer.id)
        if (connection) connection.kept = true
        context.toApi.send({ type: 'reply', id: waiter.id, value: { id: peer.id }, last: true })
      } else
        context.toApi.send({
          type: 'fail',
          id: waiter.id,
          code: codeOf(error),
          message: error?.message ?? 'no connection',
        })
      return
    case 'app': {
      const app = context.apps.get(waiter.app)
      if (app)
        tell(context, app, { type: 'connected', ticket: waiter.ticket, peer, code: peer ? undefined : codeOf(error) })
      return
    }
    case 'message':
      if (peer) deliver(context, peer, waiter.message)
      else context.counters.undelivered++
      return
    case 'told':
      waiter.tell(peer)
      return
    case 'probe':
      // Our own limits forbade it for now, perhaps because the peer was away before: its address may be true all the same.
      if (error?.code === 'MYDHT_LIMIT')
        waiter.connection.probeAtMs = context.parts.clock.monotonicMs() + context.init.limits.probeRetryMs
      return
    case 'nobody':
  }
}

function codeOf(error: MyDhtError | undefined): ErrorCode {
  return error?.code ?? 'MYDHT_CONNECT_FAILED'
}
