/**
 * @module service/handle
 * What the owner of a service holds, and where a service's events go. Not here: how a spawner keeps these promises.
 */
import type { MyDhtError } from '../errors.ts'

/** Where events go. `send` gives false when the event was not taken: it is still the sender's, who tries again after `drained`. */
export interface Destination<Event> {
  send(event: Event): boolean
  /** Settles when `send` may take again. Rejects with `signal.reason` when aborted. A destination that never refuses may leave it out. */
  drained?(signal: AbortSignal): Promise<void>
}

/**
 * `running`: takes commands. `suspended`: saved and dropped, the next command wakes it; or waiting for its supervisor to restart it.
 * `ended`: closed, or closing. `failed`: threw, see `failure`.
 */
export type ServiceState = 'running' | 'suspended' | 'ended' | 'failed'

/** Counters of one service since it was spawned. Times in milliseconds. */
export interface ServiceStats {
  /** Commands that wait now. */
  readonly queued: number
  /** Commands handled so far. */
  readonly handled: number
  /**
   * Time spent inside `handle`, without that of measured services which ran on its stack, and of an asynchronous one up to its first `await`.
   * Measured only where `SpawnParts.measure` or the spawner's option asks for it; 0 otherwise.
   */
  readonly busyMs: number
  /** How long the last sampled command (one per turn, the oldest of its batch) had waited. 0 where nothing queues. */
  readonly lagMs: number
  readonly restarts: number
  /** Commands that it has sent to other services directly (`link`). Left out where there were none. */
  readonly direct?: number
  /** Events that a dead incarnation emitted, or that had nowhere to go. */
  readonly dropped: number
}

/** What is left of a service that has ended: its saved state where it can save, and the commands it did not handle. */
export interface Ended<out Command, out Saved = unknown> {
  /** What `save()` gave last, between two commands: never the half-changed state of an instance that threw. */
  readonly saved: Saved | undefined
  /** Commands that were never handed to the service: still the senders'. Commands of calls are not among them: their callers got the error. */
  readonly notSent: readonly Command[]
  /** The command whose `handle` threw, none or one: its work is half done. Not the command of a call: its caller got the error. */
  readonly failedOn: readonly Command[]
  /** Commands that a crash caught between delivery and acknowledgement. Empty for services on this thread, which know. */
  readonly maybeHandled: readonly Command[]
  readonly failure: MyDhtError | undefined
}

/** How long a call may take. */
export interface CallOptions {
  /** Milliseconds until the call rejects with MYDHT_TIMEOUT. @default 5000 as in Erlang's gen_server */
  readonly timeoutMs?: number | undefined
  /** Rejects with `signal.reason`; the command may still be handled. */
  readonly signal?: AbortSignal | undefined
}

/** The owner's end of a running service. It is a `Destination` of its commands: services chain by passing one's handle to the next. */
export interface Handle<in out Command, out Event, out Saved = unknown> {
  /** Hands over a command. False: not taken (queue full, ended or failed); it is still the sender's. Events may arrive before this returns. */
  send(command: Command): boolean
  /**
   * Sends a command and gives the first event emitted while it was handled; that event does not go to the destination.
   * Rejects with MYDHT_FULL, MYDHT_TIMEOUT, MYDHT_NO_REPLY, MYDHT_SERVICE_FAILED or MYDHT_SERVICE_ENDED.
   */
  call(command: Command, options?: CallOptions): Promise<Event>
  /** Settles when `send` may take again. Rejects with `signal.reason`, or MYDHT_SERVICE_FAILED / MYDHT_SERVICE_ENDED. */
  drained(signal: AbortSignal): Promise<void>
  readonly state: ServiceState
  /** Why the state is `failed`. */
  readonly failure: MyDhtError | undefined
  stats(): ServiceStats
  /**
   * Takes no more commands, lets the one under way finish, closes the service. Closing twice gives the same promise, which never
   * rejects: a service that does not finish in time ends with the failure MYDHT_TIMEOUT.
   */
  close(): Promise<Ended<Command, Saved>>
  /** Calls `listener` once when the service ends or fails, at once if it has. This is what a supervisor watches. */
  onEnd(listener: (ended: Ended<Command, Saved>) => void): void
}
