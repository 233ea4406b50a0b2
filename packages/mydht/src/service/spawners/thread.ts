/**
 * @module service/spawners/thread
 * Runs each service on a worker thread of its own. Not here: many services on few threads (`pool.ts`).
 */
import { part } from '../../part.ts'
import { Link } from '../remote/link.ts'
import { remoteChannel, spawnRemote, type Converting, type RemoteOptions } from '../remote/remote-options.ts'
import { checkMs } from '../spawn-check.ts'
import type { RefKind, Spawner } from '../spawner.ts'
import { threadCarrier, type WorkerLimits } from './thread-worker.ts'

/** Options of `thread`. */
export interface ThreadOptions extends RemoteOptions {
  /** Limits of each service's worker, in MiB. Beyond them the service fails. @default Node's own */
  readonly resourceLimits?: WorkerLimits | undefined
  /**
   * Milliseconds that a worker whose services have ended waits for the next one, which then needs no start; the program lives so long at least.
   * For services that come and go, as those of connections do. @default 0: it ends with its last service
   */
  readonly lingerMs?: number | undefined
}

/** The option `lingerMs`, checked. */
export function checkLinger(kind: string, lingerMs: number | undefined): number {
  return lingerMs === undefined || lingerMs === 0 ? 0 : checkMs(`${kind}({ lingerMs })`, lingerMs)
}

/**
 * Runs each service on its own worker thread, which starts with it (about 60 ms and 9 MB) and ends with it. Needs `crossing`, and a
 * compiled module that exports the definition. What `create` throws fails the handle. The program lives as long as the service.
 *
 * @example
 * const handle = thread({ resourceLimits: { maxOldGenerationSizeMb: 64 } }).spawn(hasher, {}, parts, destination)
 */
export function thread(options: ThreadOptions & Converting): Spawner<'crossing', RefKind, 'thread'>
export function thread(options?: ThreadOptions): Spawner<'crossing', 'shared' | 'copied', 'thread'>
export function thread(options: ThreadOptions = {}): Spawner<'crossing', RefKind, 'thread'> {
  const { stuckMs, resourceLimits } = options
  const lingerMs = checkLinger('thread', options.lingerMs)
  let links: Link[] = []
  return {
    kind: 'thread',
    needs: ['crossing'],
    ...remoteChannel('thread', options, ['shared', 'copied']),
    restarts: options.restarts,
    blueprint: part(import.meta.url, 'thread', options, thread),
    spawn: (definition, init, parts, destination, saved) => {
      const link = (): Link => {
        links = links.filter((each) => !each.gone)
        const chosen =
          links.find((each) => each.size === 0) ?? new Link(threadCarrier(resourceLimits), stuckMs, lingerMs)
        if (lingerMs > 0 && !links.includes(chosen)) links.push(chosen)
        return chosen
      }
      return spawnRemote('thread', link, definition, init, parts, destination, saved, options)
    },
  }
}
