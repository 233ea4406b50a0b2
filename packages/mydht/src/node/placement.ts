/**
 * @module node/placement
 * Where each service of a node runs: the map from service to spawner, and its defaults. Not here: how a spawner runs a service, and which placements can
 * be (`placement-types.ts`, `placement-check.ts`).
 */
import type { SpawnBounds, Spawner } from '../service/spawner.ts'
import { inline } from '../service/spawners/inline.ts'
import { blockingServices, type TransportPart } from '../transports/transport.ts'
import type { NodeLimits } from './limits.ts'

/** What decides where a service runs. */
export interface PlacedServices {
  readonly placement: Readonly<Record<string, Spawner | undefined>>
  readonly transport: TransportPart
  readonly limits: NodeLimits
}

/** The spawner of a service. A function call for all that is not placed: fastest on one thread. */
export function spawnerOf({ placement }: PlacedServices, service: string): Spawner {
  return placement[service] ?? inline()
}

/** The kind of that spawner, which a blocking transport chooses for its own services unless they are placed. */
export function spawnerKindOf(services: PlacedServices, service: string): string {
  const blocks = services.transport.blocking === true && blockingServices.some((each) => each === service)
  return blocks ? (services.placement[service]?.kind ?? 'thread') : spawnerOf(services, service).kind
}

/**
 * The name of the service that opens or seals a connection's records. It is `read` or `write` itself, but with a blocking transport these are the ones that
 * wait for bytes and room; records are then opened and sealed in the main loop's thread.
 */
export function recordService(
  { transport }: PlacedServices,
  service: 'read' | 'write'
): 'read' | 'write' | 'records.read' | 'records.write' {
  return transport.blocking === true ? `records.${service}` : service
}

/** What may wait at a service of a node, wherever it runs. */
export function boundsOf({ limits }: PlacedServices, service: string): SpawnBounds {
  switch (service) {
    case 'write':
    case 'records.write':
      // Its events are slabs of 64 KiB: few may wait beside those in the socket.
      return { queueLimit: limits.maxQueuedMessages, outboxLimit: limits.maxSlabsPerConnection }
    case 'read':
    case 'records.read':
      // Its commands are chunks of a socket: few may wait, then the socket does.
      return { queueLimit: limits.maxQueuedChunks }
    default:
      return { queueLimit: limits.maxQueuedCommands }
  }
}
