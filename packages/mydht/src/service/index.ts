/**
 * @module service
 * The service layer, usable alone as `mydht/service`: services, the spawners of this thread, supervision. No peer in sight. Not here: the
 * spawners that need Node, `mydht/service/thread`, `mydht/service/pool` and `mydht/service/process`.
 */
export { systemClock } from '../clock.ts'
export type { Clock, Timer } from '../clock.ts'
export type { Log, LogLevel } from '../log.ts'
export { seededRandom, systemRandom } from '../random.ts'
export type { Random } from '../random.ts'
export { define } from './define.ts'
export type { CallOptions, Destination, Ended, Handle, ServiceState, ServiceStats } from './handle.ts'
export type { RestartPolicy } from './restart-policy.ts'
export type { RunnerOptions } from './runner-options.ts'
export type { Converting, RemoteChannel, RemoteOptions } from './remote/remote-options.ts'
export { link, type DirectLink, type LinkOptions, type Returned } from './remote/direct-link.ts'
export { sharedMemory } from './shared-memory.ts'
export type { Codec, Crossing, Emit, Service, ServiceDefinition, ServiceParts, Split } from './service.ts'
export type { ChannelKind, Need, RefKind, SpawnBounds, Spawner, SpawnParts } from './spawner.ts'
export { findForeign, plain, type Foreign, type PlainCodec, type PlainExtension } from './plain.ts'
export { coroutine, type CoroutineOptions } from './spawners/coroutine.ts'
export { inline, type InlineOptions } from './spawners/inline.ts'
export { restart, type RestartOptions } from './spawners/restart.ts'
export type { TurnOptions } from './spawners/turns.ts'
export { supervise, type SuperviseOptions } from './supervisor.ts'
