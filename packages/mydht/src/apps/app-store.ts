/**
 * @module apps/app-store
 * A store inside a global service. It may still be opening, and a disk takes its time: calls wait for the one and may wait for the other, and what
 * follows comes back as a command, so that it runs in `handle` like everything else. Not here: what is kept.
 *
 * In your service's `handle`: `own` with `settled` goes to `settled()`; a call that needs the store goes through `whenOpen`, its `cancel` to `cancel`.
 */
import type { Clock } from '../clock.ts'
import { toMyDhtError, type ErrorCode, type MyDhtError } from '../errors.ts'
import type { Log } from '../log.ts'
import { realise } from '../part.ts'
import { openingStore } from '../stores/opening.ts'
import type { Store, StorePart } from '../stores/store.ts'

/** What the service tells itself: something that it waited for is over. */
export interface Settled {
  readonly type: 'settled'
}

/** What it needs of its service. */
export interface AppStoreInit {
  readonly part: StorePart
  readonly clock: Clock
  readonly log: Log
  /** Sends `own` with `settled` to the service itself. False: its queue is full; it is tried again. */
  readonly self: () => boolean
  /** Called once when it is open, before the calls that waited. */
  readonly opened?: (() => void) | undefined
  /** Ends a call that cannot be done. */
  readonly fail: (call: number, code: ErrorCode, message: string) => void
}

/** A store and who waits for it. */
export interface AppStore {
  /** Until it is open: empty, and busy. */
  readonly store: Store
  /** Runs what a call wants: now, or once the store is open. A store that does not open fails the call, then throws out of `settled`. */
  whenOpen(call: number, run: () => void): void
  /** The caller is gone: what waits for the store to open is dropped. */
  cancel(call: number): void
  /** Runs `resume` once all that was put is as durable as the store makes it; fails the call if that cannot be. */
  whenDurable(call: number, resume: () => void): void
  /** The same for what is no call: tells why it cannot be. */
  flushed(told: (error: MyDhtError | undefined) => void): void
  /** Call it on the `settled` command. Throws when the store did not open: the service is restarted, and tries again. */
  settled(): void
  close(): Promise<void>
}

/** Makes the store real and begins to open it. Throws MYDHT_BAD_CONFIG for a part that is not loaded, or what its factory throws. */
export function openAppStore({ part, clock, log, self, fail, opened: tellOpened }: AppStoreInit): AppStore {
  const { store, opened } = openingStore(realise(part)({ clock, log }))
  /** Calls that wait for it to open, at most as many as a node takes; undefined: it is open. */
  let waiting: Map<number, () => void> | undefined = opened && new Map()
  let due: (() => void)[] = []
  let isClosed = false

  const wake = (): void => {
    if (!isClosed && due.length > 0 && !self()) clock.soon(wake)
  }
  const later = (run: () => void): void => {
    due.push(run)
    // The first one asks for the command; those that come before it is handled go with it.
    if (due.length === 1) wake()
  }
  const isOpen = (): void => {
    const runs = waiting?.values() ?? []
    waiting = undefined
    tellOpened?.()
    for (const run of runs) run()
  }
  const isNot = (error: MyDhtError): void => {
    for (const call of waiting?.keys() ?? []) fail(call, error.code, error.message)
    waiting?.clear()
    throw error
  }
  const errorOf = (thrown: unknown): MyDhtError => toMyDhtError(thrown, 'MYDHT_STORE_FAILED', 'the store failed')
  const notOpened = (thrown: unknown): void => later(() => isNot(errorOf(thrown)))
  // A store that was there at once is open when the service handles its first command.
  if (opened) opened.then(() => later(isOpen), notOpened)
  else if (tellOpened) later(tellOpened)

  const flushed: AppStore['flushed'] = (told) =>
    void store.flush().then(
      () => later(() => told(undefined)),
      (thrown: unknown) => later(() => told(errorOf(thrown)))
    )

  return {
    store,
    whenOpen(call, run) {
      if (waiting) waiting.set(call, run)
      else run()
    },
    cancel: (call) => void waiting?.delete(call),
    whenDurable(call, resume) {
      flushed((error) => (error ? fail(call, error.code, error.message) : resume()))
    },
    flushed,
    settled() {
      const runs = due
      due = []
      for (const run of runs) run()
    },
    close() {
      isClosed = true
      return store.close()
    },
  }
}
