/**
 * @module service/shared-memory
 * Memory that services on several threads share, by name: each thread has its own table of names, which spawners fill from
 * `SpawnParts.memory`. Not here: what is in the memory, and how it gets to another thread (`spawners/thread-worker.ts`).
 */

/** What is known by name in this thread, and for how many. */
const known: Map<string, { readonly memory: SharedArrayBuffer; users: number }> = new Map()

/**
 * Makes `memory` known in this thread until the function that it gives is called. Names must be unique in a program: while a name is in use it keeps
 * its first memory.
 */
export function shareMemory(name: string, memory: SharedArrayBuffer): () => void {
  const entry = known.get(name) ?? { memory, users: 0 }
  known.set(name, entry)
  entry.users++
  let shared = true
  return () => {
    if (!shared) return
    shared = false
    if (--entry.users === 0) known.delete(name)
  }
}

/** As `shareMemory`, all of it at once. */
export function shareAll(memory: Readonly<Record<string, SharedArrayBuffer>> | undefined): () => void {
  const releases = Object.entries(memory ?? {}).map(([name, each]) => shareMemory(name, each))
  return () => {
    for (const release of releases) release()
  }
}

/** The memory of that name, or undefined where nobody shares it with this thread. */
export function sharedMemory(name: string): SharedArrayBuffer | undefined {
  return known.get(name)?.memory
}
