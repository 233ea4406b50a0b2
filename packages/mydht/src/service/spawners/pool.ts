/**
 * @module service/spawners/pool
 * Runs many services on few worker threads. Not here: what a worker does (`thread-entry.ts`).
 */
import { part } from '../../part.ts'
import { Link } from '../remote/link.ts'
import { remoteChannel, spawnRemote, type Converting } from '../remote/remote-options.ts'
import { checkCount } from '../spawn-check.ts'
import type { RefKind, Spawner } from '../spawner.ts'
import { threadCarrier } from './thread-worker.ts'
import { checkLinger, type ThreadOptions } from './thread.ts'

/** Options of `pool`. A worker's limits are for all its services together. */
export type PoolOptions = ThreadOptions

/** What a pool's blueprint carries. */
export interface PoolPlan extends PoolOptions {
  readonly workers: number
}

/**
 * Runs services on up to `workers` threads. A service goes to the thread of its group (`SpawnParts.group`), else to the one with the fewest services,
 * and stays there, so its order is kept; a thread starts when it is needed and ends with its last service. A service that throws fails alone; a thread that ends (out of memory, an
 * exit, an error outside any `handle`) fails all of its services, and the next one gets a new thread. Needs `crossing`.
 *
 * @example
 * const workers = pool(4, { stuckMs: 10_000 })
 * const handles = jobs.map((job) => workers.spawn(hasher, job, parts, destination))
 */
export function pool(workers: number, options: PoolOptions & Converting): Spawner<'crossing', RefKind, 'pool'>
export function pool(workers: number, options?: PoolOptions): Spawner<'crossing', 'shared' | 'copied', 'pool'>
export function pool(workers: number, options: PoolOptions = {}): Spawner<'crossing', RefKind, 'pool'> {
  return createPool({ ...options, workers })
}

/** As `pool`, from one value: what its blueprint calls. */
export function createPool(plan: PoolPlan): Spawner<'crossing', RefKind, 'pool'> {
  const { workers, ...options } = plan
  checkCount('pool(workers)', workers)
  const lingerMs = checkLinger('pool', options.lingerMs)
  let links: Link[] = []
  const choose = (group: string | undefined): Link => {
    links = links.filter((link) => !link.gone)
    const theirs = group === undefined ? undefined : links.find((link) => link.has(group))
    if (theirs !== undefined) return theirs
    const [least] = links.toSorted((one, other) => one.size - other.size)
    if (least !== undefined && (least.size === 0 || links.length >= workers)) return least
    const link = new Link(threadCarrier(options.resourceLimits), options.stuckMs, lingerMs)
    links.push(link)
    return link
  }
  return {
    kind: 'pool',
    needs: ['crossing'],
    ...remoteChannel('pool', options, ['shared', 'copied']),
    restarts: options.restarts,
    blueprint: part(import.meta.url, 'createPool', plan, createPool),
    spawn: (definition, init, parts, destination, saved) =>
      spawnRemote('pool', () => choose(parts.group), definition, init, parts, destination, saved, options),
  }
}
