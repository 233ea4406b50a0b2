/**
 * @module transports/memory
 * A transport within one thread: `memory://name`, with latency, jitter and loss of connections by seeded chance. For tests, the simulator and
 * examples without a network. Not here: other threads and processes (`tcp.ts`).
 */
import type { Timer } from '../clock.ts'
import { MyDhtError } from '../errors.ts'
import { part } from '../part.ts'
import type { Random } from '../random.ts'
import { DEFAULT_CHUNK_BYTES, DEFAULT_MAX_BUFFERED_BYTES, DEFAULT_MAX_CONNECTIONS } from './defaults.ts'
import { createLink } from './memory-link.ts'
import type { MemoryEnd } from './memory-link.ts'
import { joinNetwork, memoryNetwork } from './memory-network.ts'
import type { MemoryNetwork, MemoryNetworkOptions } from './memory-network.ts'
import type {
  IncomingLink,
  OutgoingLink,
  Transport,
  TransportFactory,
  TransportPart,
  TransportParts,
} from './transport.ts'

export { memoryNetwork }
export type { MemoryNetwork, MemoryNetworkOptions }

/** Options of `memory`. Plain data, unless `network` is an object. What a link does is decided by the side that opens it. */
export interface MemoryOptions {
  /** Our name in the network: 1 to 64 of a–z, 0–9, `-`, `_`, `.`. @default the next free `node-1`, `node-2` … */
  readonly name?: string | undefined
  /** The network to meet in: a name (all of this thread that give it meet) or what `memoryNetwork()` gave. @default 'default' */
  readonly network?: string | MemoryNetwork | undefined
  /** False: a client that nobody connects to. @default true */
  readonly listen?: boolean | undefined
  /** `duplex`: both ends read and write. `one-way`: the dialer writes, the listener reads. Duplex only when both ends are. @default 'duplex' */
  readonly links?: 'duplex' | 'one-way' | undefined
  /** Milliseconds one way. @default 0 */
  readonly latencyMs?: number | undefined
  /** Up to so many milliseconds more, evenly by chance, for each chunk; order is kept. @default 0 */
  readonly jitterMs?: number | undefined
  /** The chance, from 0 to 1, that a link breaks instead of carrying one more chunk. @default 0 */
  readonly lossOfConnection?: number | undefined
  /** Bytes per direction that may wait for the reader before `onSent` waits. @default 262 144 */
  readonly maxBufferedBytes?: number | undefined
  /** Most bytes of one chunk. @default 65 536 */
  readonly chunkBytes?: number | undefined
  /** Incoming links open at once; further connects fail. @default 512 */
  readonly maxConnections?: number | undefined
}

/**
 * The memory transport as a part. Throws MYDHT_BAD_CONFIG when made real with bad options.
 *
 * @example
 * const a = await createNode({ transport: memory({ network: 'demo' }), apps: {} })
 */
export const memory = (options: MemoryOptions = {}): TransportPart =>
  part(import.meta.url, 'createMemory', options, createMemory)

/** Makes the memory transport's factory from its options. Throws MYDHT_BAD_CONFIG. */
export function createMemory(options: MemoryOptions = {}): TransportFactory {
  const { name } = options
  if (name !== undefined && !namePattern.test(name)) throw badOption('name', name, '1 to 64 of a–z, 0–9, - _ .')
  const settings: Settings = {
    name,
    network: options.network ?? 'default',
    listen: options.listen ?? true,
    duplex: (options.links ?? 'duplex') === 'duplex',
    latencyMs: within('latencyMs', options.latencyMs ?? 0, 0, 3_600_000),
    jitterMs: within('jitterMs', options.jitterMs ?? 0, 0, 3_600_000),
    lossOfConnection: within('lossOfConnection', options.lossOfConnection ?? 0, 0, 1),
    maxBufferedBytes: whole('maxBufferedBytes', options.maxBufferedBytes ?? DEFAULT_MAX_BUFFERED_BYTES),
    chunkBytes: whole('chunkBytes', options.chunkBytes ?? DEFAULT_CHUNK_BYTES),
    maxConnections: whole('maxConnections', options.maxConnections ?? DEFAULT_MAX_CONNECTIONS),
  }
  return (parts) => memoryTransport(settings, parts)
}

interface Settings {
  readonly name: string | undefined
  readonly network: string | MemoryNetwork
  readonly listen: boolean
  readonly duplex: boolean
  readonly latencyMs: number
  readonly jitterMs: number
  readonly lossOfConnection: number
  readonly maxBufferedBytes: number
  readonly chunkBytes: number
  readonly maxConnections: number
}

const namePattern = /^[a-z0-9_.-]{1,64}$/

function memoryTransport(settings: Settings, { clock, random }: TransportParts): Transport {
  const { network, leave } =
    typeof settings.network === 'string'
      ? joinNetwork(settings.network)
      : { network: settings.network, leave: () => {} }
  const name = settings.name ?? network.nextName()
  const ends = new Set<MemoryEnd>()
  /** Connects under way, each as what calls it off. */
  const dialling = new Set<(reason: unknown) => void>()
  const closed = new MyDhtError('MYDHT_CLOSED', 'this transport was closed: make a new one')
  let incoming = 0
  let listening = false
  let bound = false
  let closeOnce: Promise<void> | undefined

  const setup = {
    clock,
    delayMs: () => settings.latencyMs + (settings.jitterMs > 0 ? settings.jitterMs * fraction(random) : 0),
    breaks: () => settings.lossOfConnection > 0 && fraction(random) < settings.lossOfConnection,
    maxBufferedBytes: settings.maxBufferedBytes,
    chunkBytes: settings.chunkBytes,
  }

  const adopt = (end: MemoryEnd, whenDone?: () => void) => {
    ends.add(end)
    end.onDone(() => {
      ends.delete(end)
      whenDone?.()
    })
  }

  /** Runs after the network's delay; gives how to call it off. */
  const later = (run: () => void): Timer => {
    const delay = setup.delayMs()
    if (delay > 0) return clock.after(delay, run)
    let cancelled = false
    clock.soon(() => {
      if (!cancelled) run()
    })
    return { cancel: () => (cancelled = true) }
  }

  const open = (target: string, signal: AbortSignal) =>
    new Promise<OutgoingLink>((resolve, reject) => {
      let opened: MemoryEnd | undefined
      const settle = () => {
        dialling.delete(callOff)
        signal.removeEventListener('abort', onAbort)
      }
      const callOff = (reason: unknown) => {
        settle()
        wait.cancel()
        opened?.drop(undefined)
        reject(reason)
      }
      const onAbort = () => callOff(signal.reason)
      const arrive = () => {
        const listener = network.find(target)
        if (!listener?.hasRoom()) {
          settle()
          reject(refused(target, listener !== undefined))
          return
        }
        const duplex = settings.duplex && listener.duplex
        const link = createLink(setup, duplex)
        opened = link.dialer
        adopt(link.dialer)
        listener.accept(link.listener, name)
        wait = later(() => {
          settle()
          const { write, read } = link.dialer
          if (write) resolve({ write, read, remoteHost: target })
        })
      }
      dialling.add(callOff)
      signal.addEventListener('abort', onAbort)
      let wait = later(arrive)
    })

  return {
    scheme: 'memory',
    supports: { duplex: settings.duplex, blocking: false },
    listen: async (onLink) => {
      if (closeOnce) throw closed
      if (listening) throw new TypeError('this transport listens already: call listen once')
      listening = true
      if (!settings.listen) return []
      network.add(name, {
        duplex: settings.duplex,
        hasRoom: () => incoming < settings.maxConnections,
        accept: (end, from) => {
          incoming += 1
          adopt(end, () => {
            incoming -= 1
          })
          const link = incomingLink(end, from)
          if (link) onLink(link)
        },
      })
      bound = true
      return [`memory://${name}`]
    },
    connect: async (address, { signal }) => {
      if (closeOnce) throw closed
      const target = parseMemoryAddress(address)
      signal.throwIfAborted()
      return open(target, signal)
    },
    close: () => {
      closeOnce ??= new Promise((resolve) => {
        for (const callOff of dialling) callOff(closed)
        if (bound) network.remove(name)
        leave()
        for (const end of ends) end.drop(closed)
        // Behind the news of the ends, which were asked for just now.
        clock.soon(resolve)
      })
      return closeOnce
    },
  }
}

function incomingLink({ read, write }: MemoryEnd, remoteHost: string): IncomingLink | undefined {
  return read && { read, write, remoteHost }
}

/** Reads `memory://name`. Throws MYDHT_BAD_ADDRESS. */
function parseMemoryAddress(address: string): string {
  const name = address.startsWith('memory://') ? address.slice('memory://'.length) : ''
  if (namePattern.test(name)) return name
  throw new MyDhtError(
    'MYDHT_BAD_ADDRESS',
    `got address '${address.slice(0, 300)}': write memory://name with 1 to 64 of a–z, 0–9, - _ .`
  )
}

function refused(target: string, full: boolean): MyDhtError {
  const why = full ? 'it has as many links as it takes' : 'nobody listens under that name in this network'
  return new MyDhtError('MYDHT_CONNECT_FAILED', `cannot connect to memory://${target}: ${why}`, {
    details: { name: target },
  })
}

/** Evenly from 0 up to, not including, 1, in steps of 2^-24. */
function fraction(random: Random): number {
  return random.below(16_777_216) / 16_777_216
}

function whole(name: string, value: number): number {
  return Number.isSafeInteger(value) && value >= 1 ? value : fail(name, value, 'a whole number from 1')
}

function within(name: string, value: number, least: number, most: number): number {
  return value >= least && value <= most ? value : fail(name, value, `a number from ${least} to ${most}`)
}

function fail(name: string, value: unknown, wanted: string): never {
  throw badOption(name, value, wanted)
}

function badOption(name: string, value: unknown, wanted: string): MyDhtError {
  return new MyDhtError('MYDHT_BAD_CONFIG', `memory({ ${name} }): got ${String(value)}, give ${wanted}`)
}
