/**
 * @module node/placement
 * Where each service of a node runs: the map from service to spawner, its defaults, and its check. Not here: how a spawner runs a service.
 */
import { MyDhtError } from '../errors.ts'
import type { Need, RefKind, SpawnBounds, Spawner } from '../service/spawner.ts'
import { inline } from '../service/spawners/inline.ts'
import type { NodeLimits } from './limits.ts'

/** The services that every node has. `listen` and `dial` exist only for blocking transports. */
export type BuiltinService = 'main' | 'read' | 'write' | 'listen' | 'dial' | 'api' | 'auth' | 'peerStore'

/** Every service of a node with these apps. */
export type ServiceName<Apps> =
  | BuiltinService
  | { [A in keyof Apps & string]: `${A}.global` | `${A}.local` }[keyof Apps & string]

/** Which spawner runs which service; what is left out runs `inline`. */
export type Placement<Apps> = { readonly [S in ServiceName<Apps>]?: Spawner<Need, RefKind> }

/** What a definition must have for its spawner, as types: gives the first thing that it lacks. */
type Lacks<Definition, Needs> = Needs extends Need
  ? Definition extends { readonly [P in Needs]: object | true }
    ? never
    : `its definition lacks '${Needs}'`
  : never

/** What the framework's own services offer: the smallest truth that their definitions keep to. */
type BuiltinDefinition<S> = S extends 'api'
  ? { readonly sync: true; readonly restartable: true }
  : S extends BuiltinService
    ? { readonly sync: true }
    : never

type DefinitionOf<S, Apps> = S extends `${infer A}.${infer W}`
  ? A extends keyof Apps
    ? W extends keyof Apps[A]
      ? Apps[A][W]
      : never
    : never
  : BuiltinDefinition<S>

/**
 * The placement as the compiler checks it: each entry of an app's service whose definition lacks what its spawner needs becomes a type that
 * says so. The framework's own services are all `sync`, and `api` is `restartable`; the same rules are checked again at run time, for JavaScript users.
 */
export type CheckedPlacement<Apps, P> = {
  readonly [S in keyof P]: P[S] extends Spawner<infer Needs, infer _Refs>
    ? [Lacks<DefinitionOf<S, Apps>, Needs>] extends [never]
      ? P[S]
      : { readonly placementError: `service '${S & string}': ${Lacks<DefinitionOf<S, Apps>, Needs>}` }
    : never
}

/** What decides where a service runs. */
export interface PlacedServices {
  readonly placement: Readonly<Record<string, Spawner | undefined>>
  readonly limits: NodeLimits
}

/** The spawner of a service. A function call for all that is not placed: fastest on one thread. */
export function spawnerOf({ placement }: PlacedServices, service: string): Spawner {
  return placement[service] ?? inline()
}

/** What may wait at a service of a node, wherever it runs. */
export function boundsOf({ limits }: PlacedServices, service: string): SpawnBounds {
  switch (service) {
    case 'write':
      // Its events are slabs of 64 KiB: few may wait beside those in the socket.
      return { queueLimit: limits.maxQueuedMessages, outboxLimit: limits.maxSlabsPerConnection }
    case 'read':
      // Its commands are chunks of a socket: few may wait, then the socket does.
      return { queueLimit: limits.maxQueuedChunks }
    default:
      return { queueLimit: limits.maxQueuedCommands }
  }
}

/** Throws MYDHT_BAD_CONFIG when a placement names a service that this node does not have. */
export function checkPlacementNames(placement: Readonly<Record<string, unknown>>, apps: readonly string[]): void {
  // `listen` and `dial` are services of blocking transports only, and there is none yet: to place them would have no effect.
  const known = new Set<string>(['main', 'read', 'write', 'api', 'auth', 'peerStore'])
  for (const app of apps) known.add(`${app}.global`).add(`${app}.local`)
  for (const service of Object.keys(placement)) {
    if (!known.has(service)) {
      throw new MyDhtError(
        'MYDHT_BAD_CONFIG',
        `placement names '${service}', which this node does not have: use one of ${[...known].join(', ')}`
      )
    }
  }
}
