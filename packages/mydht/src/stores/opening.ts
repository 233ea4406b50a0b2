/**
 * @module stores/opening
 * A store that can be spoken to before it is open: until then it is empty and takes nothing. Not here: who waits for it (`apps/`).
 */
import type { Store } from './store.ts'

/** A store, and when it is open. */
export interface OpeningStore {
  readonly store: Store
  /** Settles when the store is open and knows all that it kept. Rejects with why not. Undefined: it was open at once. */
  readonly opened: Promise<void> | undefined
}

/** Stands before what a store's factory gave. */
export function openingStore(made: Store | Promise<Store>): OpeningStore {
  if (!isPromise(made)) return { store: made, opened: made.loaded }
  let open: Store | undefined
  const opened = made.then(async (store) => {
    open = store
    await store.loaded
  })
  // Whoever asks for `opened` hears of it; a store that nobody asks about must not end the process.
  opened.catch(() => {})
  const store: Store = {
    get: (key) => open?.get(key),
    put: (key, bytes, expiresAtMs) => open?.put(key, bytes, expiresAtMs) ?? 'busy',
    delete: (key) => open?.delete(key) ?? false,
    entries: () => open?.entries() ?? [],
    size: () => open?.size() ?? { records: 0, bytes: 0 },
    flush: async () => (await made).flush(),
    get outlives() {
      return open?.outlives
    },
    // One that never opened is closed already.
    close: () =>
      made.then(
        (it) => it.close(),
        () => {}
      ),
  }
  return { store, opened }
}

function isPromise(made: Store | Promise<Store>): made is Promise<Store> {
  return 'then' in made
}
