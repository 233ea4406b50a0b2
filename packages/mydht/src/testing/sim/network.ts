/**
 * @module testing/sim/network
 * A simulated internet: hosts with addresses, and what happens between two of them. Latency, jitter, loss (as delay: a stream has no gaps), bandwidth,
 * hosts that nobody can dial, partitions, power cuts. All by a seed. Not here: the transport of one node (`transport.ts`).
 */
import type { Clock } from '../../clock.ts'
import { seededRandom, type Random } from '../../random.ts'
import type { TransportPart } from '../../transports/transport.ts'
import { part } from '../../part.ts'
import { checkDistribution, draw, fraction, type Distribution } from './distribution.ts'
import type { EventLog } from './event-log.ts'
import { simTransport, type Listener, type OpenEnd } from './transport.ts'

/** How a simulated network behaves. Plain data. */
export interface SimNetworkOptions {
  /** Milliseconds one way between two hosts, drawn once for each pair. @default log-normal, median 40, sigma 0.5 */
  readonly latencyMs?: Distribution | undefined
  /** Milliseconds more for each chunk. @default uniform 0 to 5 */
  readonly jitterMs?: Distribution | undefined
  /** The chance, from 0 to 1, that a packet of 1400 bytes is lost: the stream then waits for it to be sent again. @default 0 */
  readonly packetLoss?: number | undefined
  /** The chance, from 0 to 1, that a link breaks instead of carrying one more chunk. @default 0 */
  readonly resetChance?: number | undefined
  /** Bytes per second of a host that does not say. @default Infinity */
  readonly upBytesPerSecond?: number | undefined
  readonly downBytesPerSecond?: number | undefined
  /** Bytes per direction of a link that may wait for the reader. @default 262 144 */
  readonly maxBufferedBytes?: number | undefined
  /** Incoming links that a transport takes at once. @default 4096 */
  readonly maxConnections?: number | undefined
}

/** What one host has that others do not. */
export interface SimHostOptions {
  /** An IP literal. @default a public IPv4 address by chance */
  readonly host?: string | undefined
  /** False: behind a router that lets nobody in. @default true */
  readonly dialable?: boolean | undefined
  readonly upBytesPerSecond?: number | undefined
  readonly downBytesPerSecond?: number | undefined
}

/** One machine of the simulated network. */
export interface SimHost {
  readonly host: string
  /** A transport for one node on this machine; each gets the next port, unless given one that is free. */
  transport(port?: number): TransportPart
  /**
   * The machine's nodes are gone at once. `reset`: their system tells the other ends (a killed process). `silent`: nobody hears anything
   * (a power cut), and dials are not answered.
   */
  down(how: 'reset' | 'silent'): void
  /** The machine is back, with nothing running. */
  up(): void
}

/** What went over the network. */
export interface SimNetworkStats {
  readonly dials: number
  readonly opened: number
  /** Nobody listened there, or had no room. */
  readonly refused: number
  /** No answer ever came: the dialler gave up. */
  readonly unanswered: number
  readonly chunks: number
  readonly bytes: number
}

/** The network of one simulation. */
export interface SimNetwork {
  addHost(options?: SimHostOptions): SimHost
  /** Hosts of different sides cannot reach each other, and their links stand still, until `heal`. */
  partition(side: (host: string) => number | string | boolean): void
  heal(): void
  /** Who can open a link to whom, beside partitions: one-way reachability. Undefined: everybody to everybody. */
  reach(rule: ((from: string, to: string) => boolean) | undefined): void
  stats(): SimNetworkStats
}

/** A host as the network keeps it. */
export interface Host {
  readonly host: string
  readonly index: number
  readonly dialable: boolean
  readonly upBytesPerMs: number
  readonly downBytesPerMs: number
  /** When its line is free again, in monotonic milliseconds. */
  upFreeMs: number
  downFreeMs: number
  dark: boolean
  nextPort: number
  readonly listeners: Map<number, Listener>
  readonly ends: Set<OpenEnd>
}

/** What transports need of their network. */
export interface Wires {
  readonly clock: Clock
  readonly log: EventLog
  readonly random: Random
  readonly maxBufferedBytes: number
  readonly maxConnections: number
  readonly counts: { -readonly [K in keyof SimNetworkStats]: SimNetworkStats[K] }
  nextLink: number
  find(host: string): Host | undefined
  /** Whether nothing passes between two hosts now. */
  cut(a: Host, b: Host): boolean
  /** Whether `from` may open a link to `to`, apart from cuts. */
  mayDial(from: Host, to: Host): boolean
  /** Latency of a pair, the same both ways. */
  latencyMs(a: Host, b: Host): number
  /** Milliseconds until so many bytes, sent now, are there. Takes the lines of both for as long as that needs. */
  delayMs(from: Host, to: Host, latencyMs: number, bytes: number): number
  breaks(): boolean
}

/** Bytes of a packet, as on Ethernet behind the usual headers. */
const packetBytes = 1400
/** The least that a sender waits before it sends a packet again, in milliseconds: Linux's. */
const leastRetryMs = 200
/** Up to which port a host numbers its transports. */
const mostPort = 65_535

/** Makes a network whose every chance comes from `seed`. Throws TypeError on options that make no sense. */
export function createSimNetwork(options: SimNetworkOptions, seed: number, clock: Clock, log: EventLog): SimNetwork {
  const latency = checkDistribution('latencyMs', options.latencyMs ?? { kind: 'log-normal', median: 40, sigma: 0.5 })
  const jitter = checkDistribution('jitterMs', options.jitterMs ?? { kind: 'uniform', from: 0, to: 5 })
  const packetLoss = chance('packetLoss', options.packetLoss ?? 0)
  const resetChance = chance('resetChance', options.resetChance ?? 0)
  const random = seededRandom(seed)
  const hosts = new Map<string, Host>()
  let side: ((host: string) => number | string | boolean) | undefined
  let rule: ((from: string, to: string) => boolean) | undefined

  const wires: Wires = {
    clock,
    log,
    random,
    maxBufferedBytes: options.maxBufferedBytes ?? 262_144,
    maxConnections: options.maxConnections ?? 4096,
    counts: { dials: 0, opened: 0, refused: 0, unanswered: 0, chunks: 0, bytes: 0 },
    nextLink: 1,
    find: (host) => hosts.get(host),
    cut: (a, b) => a.dark || b.dark || (side !== undefined && side(a.host) !== side(b.host)),
    mayDial: (from, to) => to.dialable && (rule?.(from.host, to.host) ?? true),
    latencyMs(a, b) {
      const [low, high] = a.index < b.index ? [a.index, b.index] : [b.index, a.index]
      return draw(latency, seededRandom(Math.imul(low, 0x9e3779b1) ^ Math.imul(high + 1, 0x85ebca77) ^ seed))
    },
    delayMs(from, to, latencyMs, bytes) {
      const nowMs = clock.monotonicMs()
      const leavesMs = Math.max(nowMs, from.upFreeMs) + bytes / from.upBytesPerMs
      from.upFreeMs = leavesMs
      let arrivesMs = leavesMs + latencyMs + draw(jitter, random)
      for (let left = bytes; packetLoss > 0 && left > 0; left -= packetBytes) {
        for (let retryMs = Math.max(leastRetryMs, 2 * latencyMs); fraction(random) < packetLoss; retryMs *= 2)
          arrivesMs += retryMs
      }
      arrivesMs = Math.max(arrivesMs, to.downFreeMs) + bytes / to.downBytesPerMs
      to.downFreeMs = Number.isFinite(to.downBytesPerMs) ? arrivesMs : 0
      return arrivesMs - nowMs
    },
    breaks: () => resetChance > 0 && fraction(random) < resetChance,
  }

  const wake = (): void => {
    for (const host of hosts.values()) for (const { end } of host.ends) end.wake()
  }

  return {
    addHost(own = {}) {
      const text = own.host ?? freeHost(hosts, random)
      if (hosts.has(text)) throw new TypeError(`host ${text} is in this network already`)
      const host: Host = {
        host: text,
        index: hosts.size,
        dialable: own.dialable ?? true,
        upBytesPerMs: rate(own.upBytesPerSecond ?? options.upBytesPerSecond),
        downBytesPerMs: rate(own.downBytesPerSecond ?? options.downBytesPerSecond),
        upFreeMs: 0,
        downFreeMs: 0,
        dark: false,
        nextPort: 1,
        listeners: new Map(),
        ends: new Set(),
      }
      hosts.set(text, host)
      return {
        host: text,
        transport(port) {
          const own = port ?? host.nextPort
          host.nextPort = Math.max(host.nextPort, own + 1) % mostPort
          // Real in this thread only, as the clock is: the name is one that no module exports.
          return part(
            import.meta.url,
            'only in the thread of the simulation',
            {},
            () => (parts) => simTransport(wires, host, own, parts)
          )
        },
        down(how) {
          log.add(`down ${text} ${how}`)
          if (how === 'silent') host.dark = true
          host.listeners.clear()
          for (const { end } of host.ends) end.drop(undefined)
        },
        up() {
          log.add(`up ${text}`)
          host.dark = false
        },
      }
    },
    partition(given) {
      log.add('partition')
      side = given
      wake()
    },
    heal() {
      log.add('heal')
      side = undefined
      wake()
    },
    reach: (given) => {
      rule = given
    },
    stats: () => ({ ...wires.counts }),
  }
}

/** An address that no registry keeps for something else: 11.0.0.0 to 90.255.255.255 are all public. */
function freeHost(taken: ReadonlyMap<string, unknown>, random: Random): string {
  for (;;) {
    const host = `${11 + random.below(80)}.${random.below(256)}.${random.below(256)}.${1 + random.below(254)}`
    if (!taken.has(host)) return host
  }
}

function rate(bytesPerSecond: number | undefined): number {
  if (bytesPerSecond === undefined) return Infinity
  if (bytesPerSecond > 0) return bytesPerSecond / 1000
  throw new TypeError(`bytes per second: got ${bytesPerSecond}, give a number above 0`)
}

function chance(name: string, value: number): number {
  if (value >= 0 && value < 1) return value
  throw new TypeError(`${name}: got ${value}, give a number from 0 to below 1`)
}
