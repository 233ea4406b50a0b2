/**
 * @module node/builtins
 * Spawns `auth` and `api` under supervision. Connections outlive both: what a lost instance was busy with is told to whoever waits, at once, and the
 * next one goes on. Not here: apps (`services.ts`), what the two say (`sessions.ts`, `main-loop.ts`).
 */
import { authService } from '../peers/auth-service.ts'
import type { AuthCommand } from '../peers/auth-protocol.ts'
import type { Ended, Handle } from '../service/handle.ts'
import { supervise } from '../service/supervisor.ts'
import { apiService, type ApiCommand, type ApiSaved } from './api-service.ts'
import { closeConnection } from './closing.ts'
import type { MainContext, MainInit } from './context.ts'
import { surely } from './later.ts'
import { spawnerOf } from './placement.ts'
import { intoMain, reportRestart, spawnParts, watch } from './spawning.ts'

/** Spawns both. */
export function spawnBuiltins(context: MainContext, init: MainInit): void {
  context.auth = superviseAuth(context, init)
  watch(context, context.auth, 'auth')
  context.api = superviseApi(context, init)
  watch(context, context.api, 'api')
}

function superviseAuth(context: MainContext, init: MainInit): Handle<AuthCommand, unknown> {
  // Whoever restarts the auth service must have the secret; it is kept here and nowhere else, until the node closes.
  const seed = init.seed.slice()
  init.seed.fill(0)
  const spawner = spawnerOf(init, 'auth')
  let incarnations = 0
  const spawn = (): Handle<AuthCommand, unknown> => {
    if (incarnations++ > 0) context.parts.clock.soon(() => surely(context, { type: 'auth-restarted' }))
    const { network, mode, shadow, encoding, accept, limits } = init
    return spawner.spawn(
      authService,
      { seed: seed.slice(), network, mode, shadow, encoding, accept, limits },
      spawnParts(context, 'auth'),
      intoMain(context, (event) => ({ type: 'from-auth', event }))
    )
  }
  const handle = supervise(spawn, context.parts, {
    ...spawner.restarts,
    name: 'auth',
    onFailure: (ended, delayMs) => {
      reportRestart(context, 'auth', ended, delayMs)
      surely(context, { type: 'auth-lost' })
    },
  })
  handle.onEnd(() => void seed.fill(0))
  return handle
}

/** A lost auth service takes its unfinished handshakes with it; peers that are online do not notice. */
export function onAuthLost(context: MainContext): void {
  for (const connection of context.connections.values()) {
    const { phase, accepted } = connection
    if (phase !== 'handshake' && !(phase === 'proven' && !accepted)) continue
    closeConnection(
      context,
      connection,
      'MYDHT_SERVICE_FAILED',
      'the auth service failed during the handshake: try again'
    )
  }
}

/** A new auth service knows nothing: it is told where we listen, and asked again for the signatures that apps wait for. */
export function briefAuth(context: MainContext): void {
  if (context.closing) return
  publishAddresses(context)
  for (const [ticket, { app, event }] of context.signs) sendSign(context, ticket, app, event)
}

/** Tells the auth service where we listen: it signs our record and gives it with `self`. */
export function publishAddresses(context: MainContext): void {
  const { addresses } = context
  if (!context.listening) return
  const clientOnly = context.init.clientOnly || addresses.length === 0
  context.toAuth.send({ type: 'addresses', addresses: clientOnly ? [] : addresses, clientOnly })
}

/** Asks for a signature that an app wants, now or when the auth service has room. False: too much waits already. */
export function sendSign(
  context: MainContext,
  ticket: number,
  app: string,
  event: { readonly context: string; readonly fields: readonly Uint8Array[] }
): boolean {
  return context.toAuth.send({ type: 'sign', ticket, context: `${app} ${event.context}`, fields: event.fields })
}

function superviseApi(context: MainContext, init: MainInit): Handle<ApiCommand, unknown> {
  const spawner = spawnerOf(init, 'api')
  return supervise<ApiCommand, unknown, ApiSaved>(
    (saved) =>
      spawner.spawn(
        apiService,
        { maxCalls: init.limits.maxCalls },
        spawnParts(context, 'api'),
        intoMain(context, (event) => ({ type: 'from-api', event })),
        saved
      ),
    context.parts,
    {
      ...spawner.restarts,
      name: 'api',
      onRestarted: () => surely(context, { type: 'api-back' }),
      onFailure: (ended, delayMs) => {
        reportRestart(context, 'api', ended, delayMs)
        context.emit({
          type: 'calls-lost',
          except: stillKnown(ended),
          message: `the api service failed while it kept this call: ${ended.failure?.message ?? 'no reason given'}`,
        })
      },
    }
  )
}

/** Calls that the next api service will know: in what was saved, or in what it has yet to be told; but not those whose answer was under way. */
function stillKnown({ saved, notSent, maybeHandled }: Ended<ApiCommand, ApiSaved>): readonly number[] {
  const known = new Set<number>(saved?.pending.keys())
  for (const command of maybeHandled) if ('id' in command) known.delete(command.id)
  for (const command of notSent) if (command.type === 'call') known.add(command.id)
  return [...known]
}
