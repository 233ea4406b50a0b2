/**
 * @module service/restart-policy
 * How a supervisor restarts what failed, as plain data: said to `supervise`, or with a spawner for the services that a node places with it.
 */

/** How long to wait before a restart, and how often. */
export interface RestartPolicy {
  /** Milliseconds before the first restart; doubled for each further failure within the window. @default 100 */
  readonly firstDelayMs?: number | undefined
  /** The longest delay in milliseconds. @default 10 000 */
  readonly maxDelayMs?: number | undefined
  /** Restarts within `windowMs` after which the next failure is the end. @default 5 */
  readonly maxRestarts?: number | undefined
  /** Milliseconds in which failures count together. @default 60 000 */
  readonly windowMs?: number | undefined
}
