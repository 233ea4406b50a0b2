/**
 * @module service/remote/remote-options
 * What `thread`, `pool` and `process` have in common: their options, the checks when a service is placed, and the handle they give.
 */
import { systemClock } from '../../clock.ts'
import { MyDhtError } from '../../errors.ts'
import { systemRandom } from '../../random.ts'
import {
  CLOSE_TIMEOUT_MS,
  REMOTE_OUTBOX_LIMIT,
  REMOTE_QUEUE_LIMIT,
  REMOTE_TURN_COMMANDS,
  TURN_MS,
} from '../defaults.ts'
import type { Destination, Handle } from '../handle.ts'
import type { ServiceDefinition } from '../service.ts'
import { checkChannel, checkCount, checkMs, checkNeeds } from '../spawn-check.ts'
import type { RefKind, SpawnParts } from '../spawner.ts'
import type { TurnOptions } from '../spawners/turns.ts'
import type { Link } from './link.ts'
import type { Birth } from './papers.ts'
import { RemoteHandle } from './remote-handle.ts'

/**
 * Options of every spawner that runs services elsewhere. `queueLimit` (here 4096) counts commands from `send` until the service is done
 * with them; `outboxLimit` (here 4096) counts events from `emit` until the destination took them, so that one `handle` may emit at
 * most twice as many.
 */
export interface RemoteOptions extends TurnOptions {
  /**
   * Milliseconds without a sign of life, while commands wait, after which the worker is ended and its services fail; seen within half as much
   * again. Longer than any synchronous `handle` may take; the time that the owner's own thread stands still does not count; a worker that has not said anything yet gets 10 s to start. @default undefined: a stuck worker is only seen, in `stats().lagMs`
   */
  readonly stuckMs?: number | undefined
  /**
   * Both move init, commands and events as the bytes that `crossing` makes of them. `converting` says also that local `PeerRef`s may be among them:
   * at the other end they become the refs of that thread, so that identity holds on each side but not across. @default 'port'
   */
  readonly channel?: RemoteChannel | undefined
}

/** The channels of spawners that run services elsewhere. */
export type RemoteChannel = 'port' | 'converting'

/** Options that ask for a channel over which local `PeerRef`s may go too. */
export interface Converting {
  readonly channel: 'converting'
}

/** The options' channel, and the kinds of `PeerRef` that it carries: those of a port, and `local` where it converts. */
export function remoteChannel<R extends RefKind>(
  kind: string,
  { channel }: RemoteOptions,
  overPort: readonly R[]
): { readonly channel: RemoteChannel; readonly carries: readonly (R | 'local')[] } {
  const checked = checkChannel<RemoteChannel>(kind, channel, ['port', 'converting'])
  return { channel: checked, carries: checked === 'port' ? overPort : [...overPort, 'local'] }
}

/** Places a service on the worker that `link` gives. Throws MYDHT_BAD_CONFIG before it asks for one. */
export function spawnRemote<Init, Command, Event, Saved>(
  kind: string,
  link: () => Link,
  definition: ServiceDefinition<Init, Command, Event, Saved>,
  init: Init,
  parts: SpawnParts,
  destination: Destination<Event>,
  saved: Saved | undefined,
  options: RemoteOptions
): Handle<Command, Event, Saved> {
  checkNeeds(definition, kind, ['crossing'])
  const { crossing, name } = definition
  if (crossing === undefined || (saved !== undefined && crossing.saved === undefined)) {
    const said = `service '${name}' cannot go on from saved state with ${kind}(): give its crossing a codec 'saved'`
    throw new MyDhtError('MYDHT_BAD_CONFIG', said)
  }
  if (parts.clock !== systemClock) {
    const said = `service '${name}' cannot be placed with ${kind}(): virtual clocks allow same-thread placements only; use systemClock, or coroutine()`
    throw new MyDhtError('MYDHT_BAD_CONFIG', said)
  }
  const birth = birthOf(kind, definition, parts, saved !== undefined, options)
  // Before a worker is asked for, which nobody would end if the codec throws.
  const papers = [crossing.init.encode(init)]
  if (saved !== undefined && crossing.saved !== undefined) papers.push(crossing.saved.encode(saved))
  return new RemoteHandle(link(), birth, papers, crossing, parts, destination, saved)
}

function birthOf(
  kind: string,
  { module, name }: { readonly module: string; readonly name: string },
  { random, bounds, measure }: SpawnParts,
  goesOn: boolean,
  options: RemoteOptions
): Birth {
  const count = (key: 'queueLimit' | 'outboxLimit' | 'turnCommands', value: number): number =>
    checkCount(`${kind}({ ${key} })`, options[key] ?? value)
  const ms = (key: 'turnMs' | 'closeTimeoutMs', value: number): number =>
    checkMs(`${kind}({ ${key} })`, options[key] ?? value)
  if (options.stuckMs !== undefined) checkMs(`${kind}({ stuckMs })`, options.stuckMs)
  return {
    kind,
    module,
    name,
    queueLimit: count('queueLimit', bounds?.queueLimit ?? REMOTE_QUEUE_LIMIT),
    outboxLimit: count('outboxLimit', bounds?.outboxLimit ?? REMOTE_OUTBOX_LIMIT),
    turnCommands: count('turnCommands', REMOTE_TURN_COMMANDS),
    turnMs: ms('turnMs', TURN_MS),
    closeTimeoutMs: ms('closeTimeoutMs', CLOSE_TIMEOUT_MS),
    measure: options.measure ?? measure ?? false,
    seed: random === systemRandom ? undefined : random.below(2 ** 32),
    goesOn,
  }
}
