/**
 * @module apps/files/index-job
 * Finding and hashing what is to be shared, one job after the other, beside the service. Not here: the walk itself (`disk/walk.ts`).
 */
import type { Promises } from '../../attachments/promises.ts'
import { walk, type WalkOptions, type Walked } from './disk/walk.ts'
import type { Shared } from './protocol.ts'
import type { Shares } from './shares.ts'

/** Jobs of sharing. */
export interface IndexJobs {
  /** Adds what is below some paths; `done` hears within a later command. Jobs before this one are done by then. */
  add(paths: readonly string[], done: (shared: Shared | { readonly error: unknown }) => void): void
  /** Stops what is under way. */
  close(): void
  readonly jobs: number
}

/** Makes the queue of jobs that fill `shares`. */
export function createIndexJobs(
  shares: Shares,
  promises: Promises,
  bounds: Pick<WalkOptions, 'maxFiles' | 'maxDepth'>
): IndexJobs {
  const stop = new AbortController()
  const options: WalkOptions = { ...bounds, known: (file) => shares.byPath(file), signal: stop.signal }
  let before: Promise<unknown> = Promise.resolve()
  let jobs = 0

  const keep = ({ files, skipped }: Walked): Shared => {
    let kept = 0
    let bytes = 0
    for (const file of files) {
      if (!shares.add(file)) continue
      kept++
      bytes += file.bytes
    }
    return { files: kept, bytes, skipped: skipped + files.length - kept }
  }

  return {
    add(paths, done) {
      jobs++
      const job = after(before, () => walk(paths, options))
      before = job
      promises.watch(job, (outcome) => {
        jobs--
        done(outcome.ok ? keep(outcome.value) : { error: outcome.error })
      })
    },
    close: () => stop.abort(),
    get jobs() {
      return jobs
    },
  }
}

async function after<T>(before: Promise<unknown>, run: () => Promise<T>): Promise<T> {
  // How the job before ended is its own caller's business.
  await before.catch(() => undefined)
  return run()
}
