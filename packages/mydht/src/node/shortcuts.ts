/**
 * @module node/shortcuts
 * Direct links past the main loop, between services on worker threads: from a connection's `read` to the apps' global services, and from those to `api`.
 * Where there can be none, or one ends, everything goes through the main loop. Not here: how a link keeps its promises (`service/remote/direct-link.ts`).
 */
import type { AppCommand } from '../apps/app.ts'
import { apiOutlet } from '../apps/crossing.ts'
import type { PeerStoreRequest } from '../apps/peers/protocol.ts'
import type { Connection } from '../peers/connection.ts'
import { link, type Returned } from '../service/remote/direct-link.ts'
import type { ApiCommand } from './api-service.ts'
import type { MainContext, RunningApp } from './context.ts'
import { declineLost, handOver } from './delivery.ts'
import { surely } from './later.ts'

/** Links a connection that has just come online to every app that takes its messages itself. */
export function linkConnection(context: MainContext, connection: Connection): void {
  for (const app of context.apps.values()) linkReader(context, connection, app)
}

/** Links an app, old or new, to all connections and to the api service. */
export function linkApp(context: MainContext, app: RunningApp): void {
  for (const connection of context.peers.values()) linkReader(context, connection, app)
  linkAnswers(context, app)
}

/** Links all apps to a new api service. */
export function linkApi(context: MainContext): void {
  for (const app of context.apps.values()) linkAnswers(context, app)
}

function linkReader(context: MainContext, connection: Connection, app: RunningApp): void {
  const { reader } = connection
  // Messages of a connection with a local service are that one's. And an app that has yet to be told of a peer must not hear of it from elsewhere.
  if (reader === undefined || app.local !== undefined || !app.briefed || app.owed.waiting > 0) return
  if (!connection.apps.includes(app.name)) return
  link(reader, app.handle, app.name, {
    onReturned: (returned) => surely(context, { type: 'messages-returned', app, returned }),
    inLine: (passed) => surely(context, { type: 'passed', passed }),
  })
}

function linkAnswers(context: MainContext, app: RunningApp): void {
  link(app.handle, context.api, apiOutlet, {
    onReturned: (returned) => surely(context, { type: 'answers-returned', returned }),
    inLine: (passed) => surely(context, { type: 'passed', passed }),
  })
}

/** Messages that went directly to an app that ended: those that it was not handed go to the next one, or are answered as if it were full. */
export function onMessagesReturned(
  context: MainContext,
  app: RunningApp,
  { notSent, maybeHandled, lost }: Returned<AppCommand<unknown, unknown> | PeerStoreRequest>
): void {
  context.counters.maybeHandled += maybeHandled.length + lost
  declineLost(context, maybeHandled)
  for (const command of notSent) if (command.type === 'message') handOver(context, app, command.from, command.message)
}

/** Answers that went directly to an api service that ended. */
export function onAnswersReturned(context: MainContext, { notSent, maybeHandled, lost }: Returned<ApiCommand>): void {
  context.counters.maybeHandled += maybeHandled.length + lost
  for (const command of notSent) context.toApi.send(command)
}
