/**
 * @module service/spawner
 * What runs services: the contract of `inline`, `restart`, `coroutine`, `thread`, `pool` and `process`.
 */
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Part } from '../part.ts'
import type { Random } from '../random.ts'
import type { Destination, Handle } from './handle.ts'
import type { RestartPolicy } from './restart-policy.ts'
import type { ServiceDefinition } from './service.ts'

/** What a service must offer to be run: plain-byte conversions, a synchronous `handle`, or `save` and a synchronous `handle`. */
export type Need = 'crossing' | 'sync' | 'restartable'

/** How services hold a peer: in shared memory, by object identity, or as a copy of its record. */
export type RefKind = 'shared' | 'local' | 'copied'

/**
 * What is between a service and its owner: nothing (a function call), a queue on one thread, a port to elsewhere, or a port whose ends agree that
 * what has its identity on one thread only (a local `PeerRef`) is made anew at the other end.
 */
export type ChannelKind = 'none' | 'queue' | 'port' | 'converting'

/** What a spawner gets to make a service with. `clock` drives its turns and deadlines. */
export interface SpawnParts {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Bounds that suit this service, for a spawner whose own options do not say. */
  readonly bounds?: SpawnBounds | undefined
  /** Measure `busyMs`, for a spawner whose own options do not say. */
  readonly measure?: boolean | undefined
  /** Services of one group are best placed on one worker, where a spawner has a choice. */
  readonly group?: string | undefined
  /** Memory that the service shares with its owner, by name: reachable there as `sharedMemory(name)`. Where memory cannot be shared, it is left out. */
  readonly memory?: Readonly<Record<string, SharedArrayBuffer>> | undefined
}

/** How much may wait at a service: commands for it, events of it. */
export interface SpawnBounds {
  readonly queueLimit?: number | undefined
  readonly outboxLimit?: number | undefined
}

/**
 * Runs services of one kind of placement. `Needs`, `Refs` and `Kind` are read by the types of `createNode` and again at run time.
 * `spawn` throws MYDHT_BAD_CONFIG when the definition lacks what `needs` names, and whatever `create` throws; where `create` runs
 * on another thread, its throw fails the handle instead.
 */
export interface Spawner<
  out Needs extends Need = Need,
  out Refs extends RefKind = RefKind,
  out Kind extends string = string,
> {
  /** Its name in stats and errors: `inline`, `coroutine`, … */
  readonly kind: Kind
  readonly needs: readonly Needs[]
  /** The kinds of `PeerRef` that may be in init, commands and events. */
  readonly carries: readonly Refs[]
  readonly channel: ChannelKind
  /** How an owner that supervises restarts what runs here. */
  readonly restarts?: RestartPolicy | undefined
  /** How to make this spawner again in another thread: what crosses when a node that places services itself runs elsewhere. */
  readonly blueprint: Part<Spawner<Needs, Refs, Kind>>
  /** `saved` is what `Ended.saved` of an earlier run gave: the new one goes on from there. */
  spawn<Init, Command, Event, Saved>(
    definition: ServiceDefinition<Init, Command, Event, Saved>,
    init: Init,
    parts: SpawnParts,
    destination: Destination<Event>,
    saved?: Saved
  ): Handle<Command, Event, Saved>
}
