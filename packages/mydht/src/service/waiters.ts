/**
 * @module service/waiters
 * Those who wait until something has room again. Each is one pending promise, owned by its sender and ended by its AbortSignal.
 */

interface Waiter {
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

/** A set of waits that end together. */
export class Waiters {
  // Made by the first wait: most services of most connections never have one.
  private all: Set<Waiter> | undefined = undefined

  /** How many wait. */
  get size(): number {
    return this.all?.size ?? 0
  }

  /** Waits for `wake` or `fail`. Rejects with `signal.reason` when aborted, at once if it has been. */
  wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason)
        return
      }
      const end = (): void => {
        signal.removeEventListener('abort', aborted)
        this.all?.delete(waiter)
      }
      const aborted = (): void => waiter.reject(signal.reason)
      const waiter: Waiter = {
        resolve: () => {
          end()
          resolve()
        },
        reject: (reason) => {
          end()
          reject(reason)
        },
      }
      signal.addEventListener('abort', aborted)
      this.all ??= new Set()
      this.all.add(waiter)
    })
  }

  /** Settles all waits. */
  wake(): void {
    for (const waiter of this.all ?? []) waiter.resolve()
  }

  /** Rejects all waits with `reason`. */
  fail(reason: unknown): void {
    for (const waiter of this.all ?? []) waiter.reject(reason)
  }
}
