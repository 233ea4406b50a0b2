/**
 * @module transports/memory-network
 * Where memory transports meet: names and who listens under them. Not here: links and bytes.
 */
import { MyDhtError } from '../errors.ts'
import { MAX_MEMORY_NAMES, MAX_MEMORY_NETWORKS } from './defaults.ts'
import type { MemoryEnd } from './memory-link.ts'

/** Who listens under a name. */
export interface MemoryListener {
  readonly duplex: boolean
  /** True while it takes links. */
  hasRoom(): boolean
  /** `from` is the name of the dialer. */
  accept(end: MemoryEnd, from: string): void
}

/** Names of one network. Made by `memoryNetwork()`, or by giving several transports the same network name. */
export interface MemoryNetwork {
  /** The next free name: `node-1`, `node-2` … */
  nextName(): string
  /** Takes a name. Throws MYDHT_CONNECT_FAILED when it is taken, MYDHT_FULL when the network is. */
  add(name: string, listener: MemoryListener): void
  remove(name: string): void
  find(name: string): MemoryListener | undefined
  readonly size: number
}

/** Options of `memoryNetwork`. */
export interface MemoryNetworkOptions {
  /** Most names at once. @default 131 072 */
  readonly maxNames?: number | undefined
}

/** Makes a network that only those meet in who hold it. It does not cross threads. */
export function memoryNetwork(options: MemoryNetworkOptions = {}): MemoryNetwork {
  const maxNames = options.maxNames ?? MAX_MEMORY_NAMES
  const listeners = new Map<string, MemoryListener>()
  let names = 0
  return {
    nextName: () => {
      do names += 1
      while (listeners.has(`node-${names}`))
      return `node-${names}`
    },
    add: (name, listener) => {
      if (listeners.has(name)) {
        throw new MyDhtError('MYDHT_CONNECT_FAILED', `memory://${name} is in use: choose another name, or none`)
      }
      if (listeners.size >= maxNames) {
        throw new MyDhtError(
          'MYDHT_FULL',
          `this memory network has ${maxNames} names, its most: close transports or raise maxNames`
        )
      }
      listeners.set(name, listener)
    },
    remove: (name) => {
      listeners.delete(name)
    },
    find: (name) => listeners.get(name),
    get size() {
      return listeners.size
    },
  }
}

interface Shared {
  readonly network: MemoryNetwork
  users: number
}

/** Networks by name, in this thread. Each is here only while a transport uses it. */
const shared = new Map<string, Shared>()

/** The network of that name and how to give it back; it is forgotten when the last user has. Throws MYDHT_FULL. */
export function joinNetwork(name: string): { readonly network: MemoryNetwork; readonly leave: () => void } {
  const entry = shared.get(name) ?? { network: memoryNetwork(), users: 0 }
  if (entry.users === 0 && shared.size >= MAX_MEMORY_NETWORKS) {
    throw new MyDhtError(
      'MYDHT_FULL',
      `this thread has ${MAX_MEMORY_NETWORKS} memory networks, its most: close their transports`
    )
  }
  entry.users += 1
  shared.set(name, entry)
  let left = false
  return {
    network: entry.network,
    leave: () => {
      if (left) return
      left = true
      entry.users -= 1
      if (entry.users === 0) shared.delete(name)
    },
  }
}

/** How many named networks are in use in this thread: for tests that look for leaks. */
export function networksInUse(): number {
  return shared.size
}
