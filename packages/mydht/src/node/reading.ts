/**
 * @module node/reading
 * What a connection's read and write services say: messages for the connection itself or for apps, and the end of a direction.
 */
import { MyDhtError } from '../errors.ts'
import type { Connection } from '../peers/connection.ts'
import type { ReadEvent } from '../peers/read-service.ts'
import type { WriteEvent } from '../peers/write-service.ts'
import type { AppMessage, WireMessage } from '../wire/messages.ts'
import {
  closeConnection,
  drain,
  duplicate,
  failJob,
  finishIfDone,
  hasSuccessor,
  isAppMessage,
  leaveToo,
  reportFailure,
} from './closing.ts'
import type { MainContext } from './context.ts'
import { awaitWritable, dispatch, tell } from './delivery.ts'
import { goOnline } from './sessions.ts'

/** What a read service says. */
export function onReadEvent(context: MainContext, connection: Connection, event: ReadEvent): void {
  if (connection.phase === 'closed') return
  switch (event.type) {
    case 'messages':
      for (const message of event.messages) onMessage(context, connection, message)
      return
    case 'ended':
      connection.remoteEnded = true
      if (!connection.remoteAccepted) {
        const error = new MyDhtError(
          'MYDHT_REFUSED',
          `the other side ended the connection: ${event.code || 'no reason given'}`
        )
        failJob(context, connection, error)
        if (connection.phase === 'proven') reportFailure(context, connection, 'MYDHT_REFUSED')
      }
      connection.handsOver = event.code === duplicate && hasSuccessor(context, connection)
      if (!connection.handsOver) leaveToo(context, connection, event.code)
      return
    case 'failed':
      if (connection.phase === 'draining' && event.code === 'MYDHT_TRUNCATED')
        closeConnection(context, connection, connection.closeCode)
      else closeConnection(context, connection, event.code, event.detail)
  }
}

function onMessage(context: MainContext, connection: Connection, message: WireMessage): void {
  switch (message.type) {
    case 'ready':
      onReady(context, connection, message)
      return
    case 'ping':
      connection.writer?.send({ type: 'message', message: { type: 'pong', nonce: message.nonce } })
      return
    case 'pong':
    case 'end':
      return
    case 'tell':
    case 'request':
    case 'response':
    case 'chunk':
    case 'credit':
    case 'stream-end':
    case 'query':
    case 'answer':
    case 'cancel':
    case 'propagate':
    case 'contacts':
      onAppMessage(context, connection, message)
  }
}

function onAppMessage(context: MainContext, connection: Connection, message: AppMessage): void {
  const { peer } = connection
  if (!peer || !connection.remoteAccepted || !connection.accepted) {
    closeConnection(context, connection, 'MYDHT_BAD_MESSAGE', `'${message.type}' came before ready`)
    return
  }
  // A connection that drains because another one to the same peer won still delivers what was on its way.
  // One that drains because we leave still delivers the answers that are on their way.
  if (context.peers.has(peer.id) || context.leaving.get(peer.id) === connection)
    dispatch(context, connection, peer, message)
}

function onReady(context: MainContext, connection: Connection, ready: Extract<WireMessage, { type: 'ready' }>): void {
  if (connection.remoteAccepted) {
    closeConnection(context, connection, 'MYDHT_BAD_MESSAGE', 'a second ready')
    return
  }
  if (!ready.accepted) {
    failJob(
      context,
      connection,
      new MyDhtError('MYDHT_REFUSED', `the other side refused us: ${ready.code || 'no reason given'}`)
    )
    reportFailure(context, connection, 'MYDHT_REFUSED')
    drain(context, connection, '')
    return
  }
  connection.remoteAccepted = true
  connection.apps = ready.apps
  connection.writer?.send({ type: 'limit', maxMessageBytes: ready.maxMessageBytes })
  goOnline(context, connection)
}

/** What a write service says beside its bytes. */
export function onWriteEvent(
  context: MainContext,
  connection: Connection,
  event: Exclude<WriteEvent, { readonly type: 'bytes' }>
): void {
  switch (event.type) {
    case 'ended':
      connection.ended = true
      connection.write?.end()
      finishIfDone(context, connection)
      return
    case 'undelivered': {
      const { message } = event
      if (!connection.peer || !isAppMessage(message)) return
      context.counters.undelivered++
      const app = context.apps.get(message.app)
      if (app) tell(context, app, { type: 'undelivered', to: connection.peer, message, reason: event.reason })
      if (event.reason === 'full') awaitWritable(context, connection, message.app)
    }
  }
}
