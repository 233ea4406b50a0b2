/**
 * @module node/delivery
 * Messages from apps to peers and back: to the writer of a peer's connection, or back to the app as `undelivered`; and from a connection's
 * reader to the app they name. The main loop never waits here.
 */
import type { AppCommand, LocalCommand, UndeliveredReason } from '../apps/app.ts'
import type { PeerStoreRequest } from '../apps/peers/protocol.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import type { Connection } from '../peers/connection.ts'
import type { Ended } from '../service/handle.ts'
import type { AppMessage } from '../wire/messages.ts'
import type { MainContext, RunningApp } from './context.ts'
import type { LocalDefinition } from './erased.ts'
import { codecSaid } from './handed.ts'
import { surely } from './later.ts'
import { localOf } from './spawning.ts'

/** Hands a message to its peer's writer, or back to its app. */
export function deliver(context: MainContext, to: PeerRef, message: AppMessage): void {
  const connection = context.peers.get(to.id)
  if (!connection?.writer) {
    giveBack(context, to, message, 'offline')
    return
  }
  let sent: boolean
  try {
    sent = connection.writer.send({ type: 'message', message })
  } catch (thrown) {
    // It breaks its own type. A write service on this thread would fail of it, and its connection with it.
    context.counters.undelivered++
    context.parts.log('error', 'bad-message', { app: message.app, message: codecSaid(thrown) })
    return
  }
  if (sent) {
    context.counters.messagesOut++
    connection.uses++
    return
  }
  const full = connection.writer.state === 'running'
  giveBack(context, to, message, full ? 'full' : 'offline')
  if (full) awaitWritable(context, connection, message.app)
}

/** Has an app told when a connection that was full takes messages again. */
export function awaitWritable(context: MainContext, connection: Connection, app: string): void {
  if (connection.waiting.size === 0) watchWriter(context, connection)
  connection.waiting.add(app)
}

/** Tells an app that its message did not leave. */
export function giveBack(context: MainContext, to: PeerRef, message: AppMessage, reason: UndeliveredReason): void {
  context.counters.undelivered++
  const app = context.apps.get(message.app)
  if (app) tell(context, app, { type: 'undelivered', to, message, reason })
}

/** Reports messages that a closed connection's writer still held. */
export function giveBackAll(context: MainContext, to: PeerRef, messages: readonly AppMessage[]): void {
  for (const message of messages) giveBack(context, to, message, 'offline')
}

/** Tells the peer store what only the main loop knows. */
export function tellPeerStore(context: MainContext, request: PeerStoreRequest): boolean {
  return context.apps.get('peers')?.owed.send(request) ?? false
}

function watchWriter(context: MainContext, connection: Connection): void {
  const writer = connection.writer
  if (!writer) return
  const again = (): void => surely(context, { type: 'writable', connection })
  writer.drained(new AbortController().signal).then(again, again)
}

/** Tells the apps that met a full writer that it takes messages again. */
export function onWritable(context: MainContext, connection: Connection): void {
  const names = [...connection.waiting]
  connection.waiting.clear()
  const peer = connection.peer
  if (!peer || connection.phase === 'closed') return
  for (const name of names) {
    const app = context.apps.get(name)
    if (app) tell(context, app, { type: 'writable', peer })
  }
}

/**
 * Hands a command to an app. While the app is full, what it must hear waits; what others can make many of (calls, words of local services)
 * is refused, counted and logged, and answered with `busy` where somebody waits.
 */
export function tell(context: MainContext, app: RunningApp, command: AppCommand<unknown, unknown>): boolean {
  const mayWait = command.type !== 'call' && command.type !== 'own'
  try {
    if (mayWait ? app.owed.send(command) : app.owed.waiting === 0 && app.handle.send(command)) return true
  } catch (thrown) {
    cannotCross(context, app, command, codecSaid(thrown))
    return true
  }
  context.counters.droppedMessages++
  context.parts.log('warn', 'app-full', { app: app.name, command: command.type })
  if (command.type === 'call') {
    const message = `app '${app.name}' has no room for another call: await some of them first`
    context.toApi.send({ type: 'fail', id: command.id, code: 'MYDHT_BUSY', message })
  }
  return false
}

/** The app's own codec refuses what is for it: trying again would not help. */
function cannotCross(
  context: MainContext,
  app: RunningApp,
  command: AppCommand<unknown, unknown>,
  message: string
): void {
  context.parts.log('error', 'cannot-cross', { app: app.name, command: command.type, message })
  if (command.type === 'call') context.toApi.send({ type: 'fail', id: command.id, code: 'MYDHT_BAD_ARGUMENT', message })
}

/** A message from an online peer: to the app's local service of that connection, or to its global one. */
export function dispatch(context: MainContext, connection: Connection, from: PeerRef, message: AppMessage): void {
  context.counters.messagesIn++
  connection.uses++
  const app = context.apps.get(message.app)
  if (!app) {
    decline(context, from, message, 'refused')
    return
  }
  if (app.local) {
    if (!toLocal(context, app, app.local, connection, from, message)) decline(context, from, message, 'busy')
    return
  }
  handOver(context, app, from, message)
}

/** Hands a message to an app's global service; a full one declines it. */
export function handOver(context: MainContext, app: RunningApp, from: PeerRef, message: AppMessage): void {
  if (app.owed.waiting > 0 || !app.handle.send({ type: 'message', from, message }))
    decline(context, from, message, 'busy')
}

/** False: the local service is full, or could not be made. A peer's first message must not take the node down with an app's local service. */
function toLocal(
  context: MainContext,
  app: RunningApp,
  local: LocalDefinition,
  connection: Connection,
  from: PeerRef,
  message: AppMessage
): boolean {
  try {
    return localOf(context, app, local, connection, from).send({ type: 'message', message })
  } catch (thrown) {
    context.parts.log('error', 'local-service-failed', { app: app.name, message: String(thrown) })
    return false
  }
}

/** Answers messages that were on their way to an app's service when it failed: whoever waits for it hears `busy`, as from a full app. */
export function declineLost(
  context: MainContext,
  commands: readonly (AppCommand<unknown, unknown> | PeerStoreRequest)[]
): void {
  for (const command of commands)
    if (command.type === 'message') decline(context, command.from, command.message, 'busy')
}

/** A local service of a connection failed: what it had not handled is answered. */
export function onLocalFailed(context: MainContext, app: RunningApp, peer: PeerRef, ended: Ended<LocalCommand>): void {
  context.counters.maybeHandled += ended.maybeHandled.length
  context.parts.log('error', 'local-service-failed', { app: app.name, message: ended.failure?.message })
  for (const { message } of [...ended.failedOn, ...ended.maybeHandled, ...ended.notSent])
    decline(context, peer, message, 'busy')
}

/** Says no to who waits for an answer: nobody is left waiting for a deadline because we are full or do not run the app. */
function decline(context: MainContext, to: PeerRef, message: AppMessage, reason: 'busy' | 'refused'): void {
  context.counters.droppedMessages++
  const writer = context.peers.get(to.id)?.writer
  if (!writer) return
  switch (message.type) {
    case 'request':
      writer.send({
        type: 'message',
        message: {
          type: 'response',
          app: message.app,
          id: message.id,
          status: reason,
          stream: 0,
          streamBytes: 0,
          body: new Uint8Array(0),
        },
      })
      return
    case 'query':
      // A `direct` query's weight belongs to its asker, whom we do not dial for this: its lifetime ends the branch.
      writer.send({
        type: 'message',
        message: {
          type: 'answer',
          app: message.app,
          id: message.id,
          answers: [],
          closed: message.budget + 1,
          unspent: message.budget,
          reason,
        },
      })
      return
    case 'chunk':
      writer.send({
        type: 'message',
        message: { type: 'stream-end', app: message.app, stream: message.stream, fromSender: false, code: reason },
      })
      return
    case 'tell':
    case 'response':
    case 'credit':
    case 'stream-end':
    case 'answer':
    case 'cancel':
    case 'propagate':
    case 'contacts':
  }
}
