/**
 * The service of `12-hashing-pool.ts`. It has a module of its own, because that is what a worker imports: in the example itself it would run
 * the whole program again.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { threadId } from 'node:worker_threads'
import { define, plain, type Service } from 'mydht/service'

/** A file to hash. */
export interface Job {
  readonly path: string
}

/** What came of it, and on which thread. */
export type Hashed =
  | { readonly type: 'hashed'; readonly sha256: string; readonly bytes: number; readonly thread: number }
  | { readonly type: 'failed'; readonly message: string }

/** Reads and hashes without a promise: nobody but its own queue waits for that. */
export const hasher = define({
  name: 'hasher',
  module: import.meta.url,
  sync: true,
  crossing: { init: plain<undefined>(), command: plain<Job>(), event: plain<Hashed>() },
  create: (): Service<Job, Hashed> => ({
    handle({ path }, emit) {
      try {
        const content = readFileSync(path)
        const sha256 = createHash('sha256').update(content).digest('hex')
        emit({ type: 'hashed', sha256, bytes: content.length, thread: threadId })
      } catch (thrown) {
        // A file that cannot be read is an answer. A throw would fail the service.
        emit({ type: 'failed', message: thrown instanceof Error ? thrown.message : String(thrown) })
      }
    },
  }),
})
