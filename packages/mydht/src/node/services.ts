/**
 * @module node/services
 * Spawns the apps where `placement` puts them, and turns what they say into deeds. Not here: auth and api (`builtins.ts`).
 */
import type { AppCommand, AppEvent, LocalEvent } from '../apps/app.ts'
import { peerStore } from '../apps/peers/peer-store.ts'
import type { NamedRecord, PeerStoreEvent, PeerStoreRequest } from '../apps/peers/protocol.ts'
import { decodePeerRecord } from '../identity/peer-record.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import type { Handle } from '../service/handle.ts'
import { supervise } from '../service/supervisor.ts'
import { sendSign } from './builtins.ts'
import type { MainApp, MainContext, MainInit, RunningApp } from './context.ts'
import { declineLost, deliver, tell } from './delivery.ts'
import { connectByRecord, sendDirect } from './dialing.ts'
import { reach, startRoute } from './routing.ts'
import { maxOwed } from './defaults.ts'
import { asGlobal, asLocal } from './erased.ts'
import { codecSaid } from './handed.ts'
import { later, surely } from './later.ts'
import { owed } from './owed.ts'
import { spawnerOf } from './placement.ts'
import { linkApp } from './shortcuts.ts'
import { sameAddresses } from './presence.ts'
import { intoMain, reportRestart, spawnParts, watch } from './spawning.ts'
import { closeConnection } from './closing.ts'

/** Spawns the peer store and the apps of the configuration. */
export function spawnApps(context: MainContext, init: MainInit): void {
  const store = peerStore(init.peerStore)
  spawnApp(context, { name: 'peers', options: store.options, global: store.global, local: undefined }, 'peerStore')
  for (const app of init.apps) spawnApp(context, app, `${app.name}.global`)
}

function spawnApp(context: MainContext, definition: MainApp, service: string): void {
  const spawner = spawnerOf(context.init, service)
  const init = {
    name: definition.name,
    self: context.init.self,
    network: context.init.network,
    mode: context.init.mode,
    options: definition.options,
  }
  const global = asGlobal(definition.global)
  const app: { -readonly [K in keyof RunningApp]?: RunningApp[K] } = {
    name: definition.name,
    definition,
    wake: undefined,
    briefed: true,
  }
  app.owed = owed(() => running.handle, context.parts.clock, maxOwed)
  app.local = definition.local && asLocal(definition.local)
  const running = app as RunningApp
  const destination = intoMain<AppEvent<unknown> | PeerStoreEvent>(context, (event) => ({
    type: 'from-app',
    app: running,
    event,
  }))
  let incarnations = 0
  const spawn = (
    saved: unknown
  ): Handle<AppCommand<unknown, unknown> | PeerStoreRequest, AppEvent<unknown> | PeerStoreEvent> => {
    if (incarnations++ > 0) context.parts.clock.soon(() => context.parts.self({ type: 'app-restarted', app: running }))
    return spawner.spawn(global, init, spawnParts(context, service), destination, saved)
  }
  running.handle = supervise(spawn, context.parts, {
    ...spawner.restarts,
    name: service,
    // What it was working on is lost with it, and whoever waits for that is told now, not by a deadline.
    onFailure: (ended, delayMs) => {
      const message = `app '${definition.name}' failed while it worked on this: ${ended.failure?.message ?? 'no reason given'}`
      context.toApi.send({ type: 'app-failed', app: definition.name, message })
      reportRestart(context, service, ended, delayMs)
      declineLost(context, [...ended.failedOn, ...ended.maybeHandled])
      running.briefed = false
    },
    onRestarted: () => surely(context, { type: 'app-back', app: running }),
  })
  context.apps.set(definition.name, running)
  watch(context, running.handle, service)
  linkApp(context, running)
}

/** A new incarnation of an app knows nobody: it is told what the last one was told. */
export function briefApp(context: MainContext, app: RunningApp): void {
  // The last incarnation was asked for peers to dial, and this one does not know.
  if (app.name === 'peers') for (const ticket of context.candidateTickets.keys()) granted(context, ticket, [])
  if (context.record) tell(context, app, { type: 'self', record: context.record })
  for (const connection of context.peers.values()) {
    const { peer } = connection
    if (!peer) continue
    tell(context, app, {
      type: 'online',
      peer,
      record: connection.record,
      apps: connection.apps,
      host: connection.remoteHost,
    })
    if (context.reachable.has(peer.id)) tell(context, app, { type: 'reachable', peer })
  }
  app.briefed = true
  linkApp(context, app)
}

/** What a local service says: for its global service, or what an app may say. */
export function onLocalEvent(
  context: MainContext,
  app: RunningApp,
  peer: PeerRef,
  event: LocalEvent<unknown, unknown>
): void {
  if (event.type === 'global') tell(context, app, { type: 'own', from: peer, command: event.command })
  else onAppEvent(context, app, event)
}

/** What an app says. */
export function onAppEvent(context: MainContext, app: RunningApp, event: AppEvent<unknown> | PeerStoreEvent): void {
  switch (event.type) {
    case 'send':
      deliver(context, event.to, event.message)
      return
    case 'send-direct':
      sendDirect(context, app.name, event.record, event.message, event.cause)
      return
    case 'route':
      startRoute(context, app, event)
      return
    case 'reach':
      reach(context, app, event)
      return
    case 'connect':
      connectByRecord(context, event.record, event.cause?.id, { type: 'app', app: app.name, ticket: event.ticket })
      return
    case 'sign': {
      const ticket = context.nextTicket++
      context.signs.set(ticket, { app: app.name, event })
      // A refusal leaves the app waiting until its own deadline, as any unanswered question does.
      if (!sendSign(context, ticket, app.name, event)) context.signs.delete(ticket)
      return
    }
    case 'reply':
      try {
        context.toApi.send(event)
      } catch (thrown) {
        context.toApi.send({ type: 'fail', id: event.id, code: 'MYDHT_SERVICE_FAILED', message: codecSaid(thrown) })
      }
      return
    case 'end':
    case 'fail':
      context.toApi.send(event)
      return
    case 'wake':
      app.wake?.cancel()
      app.wake = later(context, event.delayMs, { type: 'app-wake', app })
      return
    case 'learnt': {
      const record = decodePeerRecord(event.record)
      const connection = record.ok ? context.peers.get(record.value.id) : undefined
      if (!connection) return
      // Where it listens is proven already: what changes is how long its record lives.
      const renewed = sameAddresses(connection.record, event.record)
      connection.record = event.record
      if (renewed && record.ok && context.reachable.has(record.value.id))
        context.route.reachable?.(record.value.id, event.record)
      return
    }
    case 'silent':
      context.route.silent?.(event.peer.id)
      return
    case 'misbehaved': {
      const connection = context.peers.get(event.peer.id)
      if (connection) closeConnection(context, connection, event.code)
      return
    }
    case 'candidates':
      granted(context, event.ticket, event.peers)
  }
}

function granted(context: MainContext, ticket: number, peers: readonly NamedRecord[]): void {
  const take = context.candidateTickets.get(ticket)
  context.candidateTickets.delete(ticket)
  for (const { cause, host } of peers)
    if (host !== undefined && host !== '' && context.hosts.get(cause) === undefined) context.hosts.set(cause, host)
  take?.(peers)
}
