/**
 * @module node/placement
 * Where each service of a node runs: the map from service to spawner, and its defaults. Not here: how a spawner runs a service, and which placements can
 * be (`placement-types.ts`, `placement-check.ts`).
 */
import type { SpawnBounds, Spawner } from '../service/spawner.ts'
import { inline } from '../service/spawners/inline.ts'
import type { NodeLimits } from './limits.ts'

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
