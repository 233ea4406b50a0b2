/**
 * @module service/runner-options
 * Options that every spawner of this thread takes. Their defaults are in `defaults.ts`.
 */

import type { RestartPolicy } from './restart-policy.ts'

/** Options that every spawner of this thread takes. */
export interface RunnerOptions {
  /** Commands that may wait. @default 1024 */
  readonly queueLimit?: number | undefined
  /** Events that may wait for the destination before commands are held back; past twice as many the service fails. @default 256 */
  readonly outboxLimit?: number | undefined
  /** Milliseconds that `close()` waits for an asynchronous `handle` and for the service's `close`. @default 5000 */
  readonly closeTimeoutMs?: number | undefined
  /** Measure `busyMs`: two clock readings per command. @default what the owner asks for (`SpawnParts.measure`), else false */
  readonly measure?: boolean | undefined
  /** How a node restarts services that it placed here and that failed (not a connection's own: those end with it). @default as `supervise` */
  readonly restarts?: RestartPolicy | undefined
}
