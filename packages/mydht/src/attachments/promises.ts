/**
 * @module attachments/promises
 * Promises inside a service whose `handle` is synchronous: what they settle to comes back while a later command is handled, never in between.
 */

/** What a promise settled to. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown }

/** The promises of one service. */
export interface Promises {
  /** Calls `done` with what the promise settles to, from within `run`. */
  watch<T>(promise: Promise<T>, done: (outcome: Outcome<T>) => void): void
  /** Calls `work` from within the next `run`: to go on after other commands had their turn. */
  later(work: () => void): void
  /** Runs what has settled. Call it first in every `handle`, whatever the command. */
  run(): void
  /** Forgets everything: what settles from now on is dropped. */
  close(): void
  /** Promises under way. */
  readonly pending: number
}

/**
 * Makes one. `nudge` sends the service a command of its own, whose only purpose is that `run` is called. It may give false (a full queue): then
 * other commands wait, and the first of them runs what has settled; nothing is lost.
 *
 * @example
 * const promises = createPromises(() => parts.self({ type: 'own', from: undefined, command: 'settled' }))
 * handle(command, emit) { promises.run(); … }
 */
export function createPromises(nudge: () => boolean): Promises {
  let settled: (() => void)[] = []
  let nudged = false
  let closed = false
  let pending = 0

  const add = (work: () => void): void => {
    if (closed) return
    settled.push(work)
    if (nudged) return
    // Set before: an idle service that runs inline handles the nudge, and so calls `run`, before `nudge` returns.
    nudged = true
    if (!nudge()) nudged = false
  }

  return {
    watch(promise, done) {
      pending++
      const settle = (outcome: Parameters<typeof done>[0]): void => {
        pending--
        add(() => done(outcome))
      }
      promise.then(
        (value) => settle({ ok: true, value }),
        (error: unknown) => settle({ ok: false, error })
      )
    },
    later: add,
    run() {
      nudged = false
      if (settled.length === 0) return
      const works = settled
      settled = []
      for (const work of works) if (!closed) work()
    },
    close() {
      closed = true
      settled = []
    },
    get pending() {
      return pending
    },
  }
}
