/**
 * @module node/main-loop
 * The service that owns peers and connections and through which all others can reach each other. Reading order: a command comes in here, and
 * goes to `links.ts`, `sessions.ts`, `reading.ts` and `closing.ts` (a connection's life), `dialing.ts` and `dial-jobs.ts`, `delivery.ts` (messages), `services.ts` (apps), `upkeep.ts` (timers) or `node-calls.ts`.
 */
import { define } from '../service/define.ts'
import type { Crossing, Service, ServiceDefinition, ServiceParts } from '../service/service.ts'
import type { ApiEvent } from './api-service.ts'
import { briefAuth, onAuthLost } from './builtins.ts'
import { closeConnection, onReadEnded, onWriteClosed, sendEnd } from './closing.ts'
import type { MainCommand, MainContext, MainEvent, MainInit } from './context.ts'
import { onLocalFailed, onWritable, tell } from './delivery.ts'
import { jobFailed } from './dial-jobs.ts'
import { codecSaid } from './handed.ts'
import { later } from './later.ts'
import { acceptLink, onReturnDialled, startDialled } from './links.ts'
import { mainCrossing } from './main-crossing.ts'
import { onNodeCall, onNodeCallDropped } from './node-calls.ts'
import { onReadEvent, onWriteEvent } from './reading.ts'
import { briefApp, onAppEvent, onLocalEvent } from './services.ts'
import { onAuthEvent } from './sessions.ts'
import { linkApi, linkApp, onAnswersReturned, onMessagesReturned } from './shortcuts.ts'
import { abandon, close, closedMessage, finishClose, onServiceEnded } from './shutdown.ts'
import { createContext, onListening, start } from './starting.ts'
import { scheduleUpkeep, upkeep } from './upkeep.ts'

/** The definition of the `main` service. */
export const mainService: ServiceDefinition<MainInit, MainCommand, MainEvent> & {
  readonly sync: true
  readonly crossing: Crossing<MainInit, MainCommand, MainEvent>
} = define({
  name: 'main',
  module: import.meta.url,
  sync: true,
  crossing: mainCrossing,
  create: createMain,
})

function createMain(init: MainInit, parts: ServiceParts<MainCommand>): Service<MainCommand, MainEvent> {
  const context = createContext(init, parts)
  return {
    handle(command, emit) {
      context.emit = emit
      onCommand(context, command)
    },
    close() {
      if (!context.closed) abandon(context)
      context.refs.close()
    },
  }
}

function onCommand(context: MainContext, command: MainCommand): void {
  switch (command.type) {
    case 'from-read':
      return onReadEvent(context, command.connection, command.event)
    case 'from-app':
      return onAppEvent(context, command.app, command.event)
    case 'from-api':
      return onApiEvent(context, command.event)
    case 'call':
      return onCall(context, command)
    case 'cancel':
      context.toApi.send(command)
      return
    case 'from-auth':
      return onAuthEvent(context, command.event)
    case 'from-write':
      return onWriteEvent(context, command.connection, command.event)
    case 'from-local':
      return onLocalEvent(context, command.app, command.peer, command.event)
    case 'link':
      return acceptLink(context, command.link)
    case 'dialled':
      return startDialled(context, command.job, command.address, command.link)
    case 'dial-failed':
      if (context.jobs.has(command.job)) jobFailed(context, command.job, command.address, command.error)
      return
    case 'return-dialled':
      return onReturnDialled(context, command.connection, command.link)
    case 'return-failed':
      return closeConnection(context, command.connection, command.error.code, command.error.message)
    case 'read-ended':
      return onReadEnded(context, command.connection, command.end)
    case 'write-closed':
      return onWriteClosed(context, command.connection, command.end)
    case 'overrun':
      return closeConnection(context, command.connection, 'MYDHT_BUSY', 'more bytes than the services have room for')
    case 'end-again':
      return sendEnd(context, command.connection)
    case 'writable':
      return onWritable(context, command.connection)
    case 'app-wake':
      command.app.wake = undefined
      tell(context, command.app, { type: 'wake' })
      return
    case 'app-restarted':
      return briefApp(context, command.app)
    case 'app-back':
      return linkApp(context, command.app)
    case 'api-back':
      return linkApi(context)
    case 'passed':
      return command.passed()
    case 'messages-returned':
      return onMessagesReturned(context, command.app, command.returned)
    case 'answers-returned':
      return onAnswersReturned(context, command.returned)
    case 'auth-lost':
      return onAuthLost(context)
    case 'auth-restarted':
      return briefAuth(context)
    case 'local-failed':
      return onLocalFailed(context, command.app, command.peer, command.ended)
    case 'api-wake':
      context.toApi.send({ type: 'wake' })
      return
    case 'upkeep':
      upkeep(context)
      if (!context.closing) scheduleUpkeep(context)
      return
    case 'due':
      command.run()
      return
    case 'service-ended':
      return onServiceEnded(context, command)
    case 'start':
      return start(context)
    case 'listening':
      return onListening(context, command.addresses)
    case 'listen-failed':
      context.emit({ type: 'start-failed', error: command.error })
      return close(context)
    case 'close':
      return close(context)
    case 'drained':
      return finishClose(context)
  }
}

function onCall(context: MainContext, command: Extract<MainCommand, { type: 'call' }>): void {
  try {
    if (context.toApi.waiting > 0 || !context.api.send(command)) refuseCall(context, command.id)
  } catch (thrown) {
    context.emit({ type: 'fail', id: command.id, code: 'MYDHT_BAD_ARGUMENT', message: codecSaid(thrown) })
  }
}

function refuseCall(context: MainContext, id: number): void {
  if (context.closing) {
    context.emit({ type: 'fail', id, code: 'MYDHT_CLOSED', message: closedMessage(context) })
    return
  }
  context.emit({
    type: 'fail',
    id,
    code: 'MYDHT_BUSY',
    message: 'the api service has no room for another call: await some of them first',
  })
}

function onApiEvent(context: MainContext, event: ApiEvent): void {
  switch (event.type) {
    case 'forward': {
      if (event.app === '') return onNodeCall(context, event.id, event.call)
      const app = context.apps.get(event.app)
      if (app) tell(context, app, { type: 'call', id: event.id, call: event.call })
      return
    }
    case 'drop': {
      if (event.app === '') return onNodeCallDropped(context, event.id)
      const app = context.apps.get(event.app)
      if (app) tell(context, app, { type: 'cancel', id: event.id })
      return
    }
    case 'wake':
      context.apiWake?.cancel()
      context.apiWake = later(context, event.delayMs, { type: 'api-wake' })
      return
    case 'reply':
      try {
        context.emit(event)
      } catch (thrown) {
        context.emit({ type: 'fail', id: event.id, code: 'MYDHT_SERVICE_FAILED', message: codecSaid(thrown) })
      }
      return
    case 'end':
    case 'fail':
      context.emit(event)
  }
}
