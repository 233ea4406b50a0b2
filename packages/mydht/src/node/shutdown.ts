/**
 * @module node/shutdown
 * The end of a node: asked for, or because something that it cannot do without has failed.
 */
import { MyDhtError } from '../errors.ts'
import type { Connection } from '../peers/connection.ts'
import { closeConnection, drain } from './closing.ts'
import type { MainCommand, MainContext } from './context.ts'
import { later } from './later.ts'

/** Closes the node: connections in order, then everything else. */
export function close(context: MainContext): void {
  if (context.closing) return
  context.closing = true
  context.upkeep?.cancel()
  for (const job of context.jobs) job.abort.abort(new MyDhtError('MYDHT_CLOSED', 'the node is closing'))
  for (const connection of context.connections.values()) shut(context, connection)
  // The other ends say their `end`; the last connection to close, or the deadline, goes on.
  context.upkeep = later(context, context.init.limits.closeMs, { type: 'drained' })
  if (context.connections.size === 0) finishClose(context)
}

function shut(context: MainContext, connection: Connection): void {
  if (connection.phase === 'online') drain(context, connection, '')
  else if (connection.phase !== 'draining') closeConnection(context, connection, 'MYDHT_CLOSED')
}

/** The connections are closed or out of time: ends apps, services and transport, and tells the program. */
export function finishClose(context: MainContext): void {
  if (context.closed) return
  context.closed = true
  context.upkeep?.cancel()
  context.loop?.stop()
  for (const connection of context.connections.values()) closeConnection(context, connection, 'MYDHT_CLOSED')
  context.apiWake?.cancel()
  for (const app of context.apps.values()) app.wake?.cancel()
  const apps = [...context.apps.values()].map((app) => app.handle.close())
  void Promise.allSettled([
    ...context.ending,
    ...apps,
    context.auth.close(),
    context.api.close(),
    context.transport.close(),
  ]).then(() => {
    context.emit({ type: 'closed', message: closedMessage(context) })
  })
}

/** The main loop itself failed: nothing is ended in order any more, but nothing may stay open either. */
export function abandon(context: MainContext): void {
  context.closing = true
  context.closed = true
  context.upkeep?.cancel()
  context.loop?.stop()
  context.apiWake?.cancel()
  for (const job of context.jobs) job.abort.abort(new MyDhtError('MYDHT_CLOSED', 'the node has failed'))
  for (const connection of context.connections.values()) {
    connection.phase = 'closed'
    connection.abortReturn?.abort(new MyDhtError('MYDHT_CLOSED', 'the node has failed'))
    void connection.reader?.close()
    void connection.writer?.close()
    for (const local of connection.locals.values()) void local.close()
  }
  for (const app of context.apps.values()) {
    app.wake?.cancel()
    void app.handle.close()
  }
  void context.auth.close()
  void context.api.close()
  // Drops every link that is still open.
  void context.transport.close()
}

/** A service ended that was not told to. */
export function onServiceEnded(context: MainContext, command: Extract<MainCommand, { type: 'service-ended' }>): void {
  const { failure } = command.ended
  if (!failure || context.closing) return
  context.parts.log('error', 'service-failed', { service: command.service, message: failure.message })
  context.emit({ type: 'event', event: { type: 'service-failed', service: command.service, message: failure.message } })
  if (!command.connection) context.brokenBy = `service '${command.service}' failed too often: ${failure.message}`
  if (command.connection) closeConnection(context, command.connection, failure.code, failure.message)
  else close(context)
}

/** What a call to a closed node is told. */
export function closedMessage(context: MainContext): string {
  const why = context.brokenBy === undefined ? 'the node is closed' : `the node closed itself: ${context.brokenBy}`
  return `${why}. Make a new one`
}
