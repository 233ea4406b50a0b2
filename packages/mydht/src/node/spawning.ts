/**
 * @module node/spawning
 * How services of a node are tied to the main loop: where their events go, who hears of their end, and an app's local services. Not here: which
 * services there are (`services.ts`, `sessions.ts`).
 */
import type { LocalCommand, LocalEvent } from '../apps/app.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import type { Connection } from '../peers/connection.ts'
import type { Destination, Ended, Handle } from '../service/handle.ts'
import type { SpawnParts } from '../service/spawner.ts'
import type { MainCommand, MainContext, RunningApp } from './context.ts'
import type { LocalDefinition } from './erased.ts'
import { surely } from './later.ts'
import { boundsOf, spawnerOf } from './placement.ts'
import { count, type Counted } from './tally.ts'

/** What a service of this node is spawned with. Services of one `group` (a connection's, say) belong on one worker. */
export function spawnParts(context: MainContext, service: string, group?: string): SpawnParts {
  const { clock, random, log } = context.parts
  const { measure } = context.init
  return { clock, random, log, bounds: boundsOf(context.init, service), measure, group, memory: context.refs.memory }
}

/** The group of a connection's services. */
export function groupOf(connection: Connection): string {
  return `connection ${connection.id}`
}

/** Where a service's events go: back into the main loop's queue, as commands. Refused only while that queue is full; then it is tried next turn. */
export function intoMain<Event>(context: MainContext, wrap: (event: Event) => MainCommand): Destination<Event> {
  return {
    send: (event) => context.parts.self(wrap(event)),
    drained: () => new Promise((resolve) => context.parts.clock.soon(resolve)),
  }
}

/** Counts a service, and tells the main loop when it has ended: it cannot do without. */
export function watch(context: MainContext, handle: Counted, service: string, connection?: Connection): void {
  count(context.tallies, service, handle)
  handle.onEnd((ended) => surely(context, { type: 'service-ended', service, connection, ended }))
}

/** Counts and tells that a supervised service failed. `delayMs` undefined: it does not come back, and its end tells the rest. */
export function reportRestart(
  context: MainContext,
  service: string,
  { failure, maybeHandled }: Ended<unknown>,
  delayMs: number | undefined
): void {
  context.counters.maybeHandled += maybeHandled.length
  if (delayMs === undefined) return
  const message = failure?.message ?? 'no reason given'
  context.emit({
    type: 'event',
    event: { type: 'service-restarting', service, message, delayMs, maybeHandled: maybeHandled.length },
  })
}

/** The local service of an app on a connection, spawned at its first message. */
export function localOf(
  context: MainContext,
  app: RunningApp,
  definition: LocalDefinition,
  connection: Connection,
  remote: PeerRef
): Handle<LocalCommand, unknown> {
  const there = connection.locals.get(app.name)
  if (there && (there.state === 'running' || there.state === 'suspended')) return there
  const spawner = spawnerOf(context.init, `${app.name}.local`)
  const handle = spawner.spawn(
    definition,
    {
      name: app.name,
      self: context.init.self,
      network: context.init.network,
      mode: context.init.mode,
      options: app.definition.options,
      remote,
    },
    spawnParts(context, `${app.name}.local`, groupOf(connection)),
    intoMain<LocalEvent<unknown, unknown>>(context, (event) => ({ type: 'from-local', app, peer: remote, event }))
  )
  count(context.tallies, `${app.name}.local`, handle)
  connection.locals.set(app.name, handle)
  // The next message makes a new one; what this one did not handle is answered.
  handle.onEnd((ended) => {
    if (ended.failure !== undefined) surely(context, { type: 'local-failed', app, peer: remote, ended })
  })
  return handle
}
