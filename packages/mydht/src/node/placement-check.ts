/**
 * @module node/placement-check
 * Checks a placement at the start, as the compiler does where it knows the types (`placement-types.ts`), in the same words: a wrong line must not wait
 * for the first connection to be noticed. Not here: the spawners, and what they need (`service/`).
 */
import type { AppCommand, AppEvent, AppInit, LocalCommand, LocalEvent, LocalInit } from '../apps/app.ts'
import { peersGlobal } from '../apps/peers/global.ts'
import { systemClock } from '../clock.ts'
import { MyDhtError } from '../errors.ts'
import { authService } from '../peers/auth-service.ts'
import { read } from '../peers/read-service.ts'
import { write } from '../peers/write-service.ts'
import { findForeign } from '../service/plain.ts'
import type { ServiceDefinition } from '../service/service.ts'
import { checkNeeds } from '../service/spawn-check.ts'
import type { Spawner } from '../service/spawner.ts'
import { blockingServices } from '../transports/transport.ts'
import { apiService } from './api-service.ts'
import { bareFunction } from './bare-function.ts'
import type { ResolvedConfig } from './config.ts'
import type { MainInit } from './context.ts'
import type { ErasedDefinition } from './erased.ts'
import { mainService } from './main-loop.ts'
import type { BuiltinDefinitions, BuiltinService, PeerPath } from './placement-types.ts'
import {
  blocks,
  noService,
  notBlocking,
  onlyPlain,
  optionFunction,
  spawnerFunction,
  stuckWaits,
  uncarried,
  virtualClock,
  waitsElsewhere,
} from './placement-words.ts'

/** A service as it can be placed. */
interface Placeable {
  /** undefined: the transport brings it. */
  readonly definition: ErasedDefinition | undefined
  /** Where its init, commands and events name a peer. */
  readonly peerAt: string | undefined
  /** What it is made of that the program gave, by the name that errors give it. */
  readonly given: Readonly<Record<string, unknown>>
}

// The compiler knows these paths, and compiles no others.
const peerPaths: { readonly [S in keyof BuiltinDefinitions]: PeerPath<BuiltinDefinitions[S]> } = {
  main: undefined,
  read: 'init.peer',
  write: undefined,
  api: undefined,
  auth: undefined,
  peerStore: "command 'message'.from",
}
const globalPeerPath: PeerPath<ServiceDefinition<AppInit<unknown>, AppCommand<unknown>, AppEvent<unknown>>> =
  "command 'message'.from"
const localPeerPath: PeerPath<ServiceDefinition<LocalInit<unknown>, LocalCommand, LocalEvent<unknown, unknown>>> =
  'init.remote'

/** Throws MYDHT_BAD_CONFIG for the first line of a placement that cannot be. */
export function checkPlacement(config: ResolvedConfig, placement: MainInit['placement']): void {
  const services = placeableServices(config, placement)
  const blocking = config.transport.blocking === true
  if (blocking && config.clock !== systemClock) throw bad('read', waitsElsewhere)
  for (const [service, spawner] of Object.entries(placement)) {
    const placeable = services.get(service)
    if (placeable === undefined) throw bad(service, `${noService}: use one of ${[...services.keys()].join(', ')}`)
    if (spawner === undefined) continue
    if (typeof spawner?.spawn !== 'function') {
      const got = spawner === null ? 'null' : typeof spawner
      throw bad(service, `its placement is ${got}: give a spawner, e.g. coroutine()`)
    }
    if (blocking && blockingServices.some((each) => each === service)) {
      checkBlocking(service, spawner)
      continue
    }
    if (!placeable.definition) throw bad(service, notBlocking)
    checkNeeds({ ...placeable.definition, name: service }, spawner.kind, spawner.needs)
    if (spawner.needs.includes('crossing')) checkCrossing(config, service, spawner, placeable)
  }
}

/** No thread can be ended while it waits inside the system: `stuckMs` would try. */
function checkBlocking(service: string, { kind, blueprint }: Spawner): void {
  if (kind !== 'thread') throw bad(service, blocks)
  const { options } = blueprint
  if (typeof options === 'object' && options !== null && 'stuckMs' in options && options.stuckMs !== undefined)
    throw bad(service, stuckWaits)
}

function checkCrossing(config: ResolvedConfig, service: string, spawner: Spawner, { peerAt, given }: Placeable): void {
  if (config.clock !== systemClock) throw bad(service, virtualClock)
  for (const [name, value] of Object.entries(given)) {
    const at = bareFunction(value, name)
    if (at !== undefined) throw bad(service, `${at} ${name === 'placement' ? spawnerFunction : optionFunction}`)
  }
  const wrong = uncarried(config.peerRef, spawner.carries)
  if (peerAt !== undefined && wrong !== undefined) throw bad(service, `${peerAt} ${wrong}`)
  // What no type can tell: instances of classes, values that hold themselves.
  const foreign = findForeign(given)
  if (foreign !== undefined) throw bad(service, `${foreign.path} is ${foreign.what}: ${onlyPlain}`)
}

function placeableServices(config: ResolvedConfig, placement: MainInit['placement']): Map<string, Placeable> {
  const { shadow, encoding, accept, apps } = config
  const builtins: Readonly<Record<BuiltinService, Placeable>> = {
    main: { definition: mainService, peerAt: peerPaths.main, given: givenToMain(config, placement) },
    read: { definition: read, peerAt: peerPaths.read, given: { shadow, encoding } },
    write: { definition: write, peerAt: peerPaths.write, given: { shadow, encoding } },
    listen: { definition: undefined, peerAt: undefined, given: {} },
    dial: { definition: undefined, peerAt: undefined, given: {} },
    api: { definition: apiService, peerAt: peerPaths.api, given: {} },
    auth: { definition: authService, peerAt: peerPaths.auth, given: { shadow, encoding, accept } },
    peerStore: { definition: peersGlobal, peerAt: peerPaths.peerStore, given: { options: config.peerStore } },
  }
  const services = new Map<string, Placeable>()
  for (const [name, placeable] of Object.entries(builtins)) services.set(name, placeable)
  for (const [name, { options, global, local }] of Object.entries(apps)) {
    services.set(`${name}.global`, { definition: global, peerAt: globalPeerPath, given: { options } })
    if (local) services.set(`${name}.local`, { definition: local, peerAt: localPeerPath, given: { options } })
  }
  return services
}

/** All that the program gave, the spawners of the other services too. What stays on its own side (`onEvent`, `log`, …) is not among it. */
function givenToMain(config: ResolvedConfig, placement: MainInit['placement']): Placeable['given'] {
  const { transport, shadow, encoding, route, accept, peerStore } = config
  const apps = Object.fromEntries(Object.entries(config.apps).map(([name, { options }]) => [name, { options }]))
  const spawners = Object.entries(placement).map(([service, spawner]) => [service, spawner?.blueprint?.options])
  return { transport, shadow, encoding, route, accept, peerStore, apps, placement: Object.fromEntries(spawners) }
}

function bad(service: string, what: string): MyDhtError {
  return new MyDhtError('MYDHT_BAD_CONFIG', `service '${service}': ${what}`, { details: { service } })
}
