/**
 * @module test/node/watched
 * Things to wait for: a list that grows, a promise with a lever.
 */

/** Things as they happen, and a way to wait for one. */
export interface Watched<T> {
  readonly all: readonly T[]
  readonly push: (item: T) => void
  /** The first that matches, of those that were or of those to come. */
  first(matches: (item: T) => boolean): Promise<T>
  /** Settles when `count` of them match. */
  atLeast(count: number, matches: (item: T) => boolean): Promise<void>
}

export function watched<T>(): Watched<T> {
  const all: T[] = []
  const waiters = new Set<() => void>()
  const until = <R>(look: () => R | undefined): Promise<R> =>
    new Promise((resolve) => {
      const again = (): void => {
        const found = look()
        if (found === undefined) return
        waiters.delete(again)
        resolve(found)
      }
      waiters.add(again)
      again()
    })
  return {
    all,
    push: (item) => {
      all.push(item)
      for (const again of waiters) again()
    },
    first: async (matches) => (await until(() => wrap(all.find(matches)))).found,
    atLeast: async (count, matches) => {
      await until(() => (all.filter(matches).length >= count ? true : undefined))
    },
  }
}

function wrap<T>(found: T | undefined): { readonly found: T } | undefined {
  return found === undefined ? undefined : { found }
}

/** A promise and its levers. */
export function lever<T = void>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>((set) => {
    resolve = set
  })
  return { promise, resolve }
}
