/**
 * @module node/limits
 * Every bound of a node that a configuration may set, in one table, and its check. The reason for each default stands where it is defined:
 * `node/defaults.ts` and `peers/defaults.ts`. Bounds of apps, transports, stores and spawners are options of theirs.
 */
import { MyDhtError } from '../errors.ts'
import * as peers from '../peers/defaults.ts'
import * as node from './defaults.ts'

/** The bounds of a node, all in whole numbers of at least 1. Names end in their unit; without one they count. */
export interface NodeLimits {
  /** Connections in all, those that are being made included. */
  readonly maxConnections: number
  /** Connections from or to one host, and one block of hosts (/24, /48); loopback and in-process hosts are exempt. */
  readonly maxConnectionsPerHost: number
  readonly maxConnectionsPerBlock: number
  /** Slots of the table of peers that services share where `peerRef` is 'shared': peers past it, at one time, are copied references. */
  readonly maxSharedPeers: number
  /** The longest message that we take, in bytes: told to the other side in `ready`. */
  readonly maxMessageBytes: number
  /** Slabs of 64 KiB that one connection's socket may have to send. */
  readonly maxSlabsPerConnection: number
  /** Messages that may wait for one connection, chunks of bytes that may wait to be read, commands that may wait for any other service. */
  readonly maxQueuedMessages: number
  readonly maxQueuedChunks: number
  readonly maxQueuedCommands: number
  /** Bytes kept for one connection until its handshake has ended. */
  readonly maxEarlyBytes: number
  /** Calls of the program that may be open. */
  readonly maxCalls: number
  readonly callTimeoutMs: number
  /** From the first byte until both sides are ready. */
  readonly connectTimeoutMs: number
  /** How long a start waits for the rest of `join` when one of them has answered; they are dialled on after that. */
  readonly joinRestMs: number
  /** How long the other side may take for its `end`. */
  readonly closeMs: number
  /** One message of a handshake; all of it; the accept hook's answer. */
  readonly handshakeStepMs: number
  readonly handshakeTotalMs: number
  readonly acceptMs: number
  /** Handshakes under way in each direction; incoming ones of one host and one block. */
  readonly maxHandshakes: number
  readonly maxHandshakesPerHost: number
  readonly maxHandshakesPerBlock: number
  /** How long our signed record lives, and how long before its end it is signed anew. */
  readonly recordLifetimeMs: number
  readonly recordRenewMs: number
  /** Dials that others cause, in each window: by one peer, to one host, to one block. */
  readonly dialWindowMs: number
  readonly maxDialsPerCause: number
  readonly maxDialsPerHost: number
  readonly maxDialsPerBlock: number
  /** An address that failed is left alone at first so long, at last so long. */
  readonly backOffFirstMs: number
  readonly backOffMaxMs: number
  /** Dials of the pool at once. */
  readonly maxPoolDials: number
  /** Silence after which a sign of life is asked for, and after which the other side is taken for dead. */
  readonly keepAliveIdleMs: number
  readonly keepAliveDeadMs: number
  /** A peer that dialled us is dialled back so long after it came, to see where it listens; and where the route has no place for it. */
  readonly probeDelayMs: number
  readonly visitMs: number
  readonly probeRetryMs: number
  readonly upkeepMs: number
  /** With a route that keeps contacts (`kademlia`): connections that may stay open without use, and when one counts as unused. */
  readonly maxIdleConnections: number
  readonly idleMs: number
  /** How long a query waits for peers that such a route has us dial, and how many dials it may cause at one hop. */
  readonly routeDialMs: number
  readonly maxRouteDials: number
  /** How long a peer's proof of where it listens is good for. */
  readonly proofMs: number
  /** Peers that are dialled, of those that the peer store remembers, when such a route has lost all that it knew. */
  readonly wantedWhenAlone: number
  /** Peers kept on disk that are dialled after a start, in all and in one round of upkeep. */
  readonly maxRevisits: number
  readonly maxRevisitsAtOnce: number
}

/** What holds where the configuration says nothing. */
export const defaultLimits: NodeLimits = {
  maxConnections: node.maxConnections,
  maxConnectionsPerHost: peers.maxConnectionsPerHost,
  maxConnectionsPerBlock: peers.maxConnectionsPerBlock,
  maxSharedPeers: node.maxSharedPeers,
  maxMessageBytes: node.maxMessageBytes,
  maxSlabsPerConnection: node.maxSlabsPerConnection,
  maxQueuedMessages: node.maxQueuedMessages,
  maxQueuedChunks: node.maxQueuedChunks,
  maxQueuedCommands: node.maxQueuedCommands,
  maxEarlyBytes: node.maxEarlyBytes,
  maxCalls: node.maxCalls,
  callTimeoutMs: node.callTimeoutMs,
  connectTimeoutMs: node.connectTimeoutMs,
  joinRestMs: node.joinRestMs,
  closeMs: node.closeMs,
  handshakeStepMs: peers.handshakeStepMs,
  handshakeTotalMs: peers.handshakeTotalMs,
  acceptMs: peers.acceptMs,
  maxHandshakes: peers.maxHandshakes,
  maxHandshakesPerHost: peers.maxHandshakesPerHost,
  maxHandshakesPerBlock: peers.maxHandshakesPerBlock,
  recordLifetimeMs: peers.recordLifetimeMs,
  recordRenewMs: peers.recordRenewMs,
  dialWindowMs: peers.dialWindowMs,
  maxDialsPerCause: peers.maxDialsPerCause,
  maxDialsPerHost: peers.maxDialsPerHost,
  maxDialsPerBlock: peers.maxDialsPerBlock,
  backOffFirstMs: peers.backOffFirstMs,
  backOffMaxMs: peers.backOffMaxMs,
  maxPoolDials: peers.maxPoolDials,
  keepAliveIdleMs: peers.keepAliveIdleMs,
  keepAliveDeadMs: peers.keepAliveDeadMs,
  probeDelayMs: node.probeDelayMs,
  visitMs: node.visitMs,
  probeRetryMs: node.probeRetryMs,
  upkeepMs: node.upkeepMs,
  maxIdleConnections: node.maxIdleConnections,
  idleMs: node.idleMs,
  routeDialMs: node.routeDialMs,
  maxRouteDials: node.maxRouteDials,
  proofMs: node.proofMs,
  wantedWhenAlone: node.wantedWhenAlone,
  maxRevisits: node.maxRevisits,
  maxRevisitsAtOnce: node.maxRevisitsAtOnce,
}

/** The bounds with nothing left out. Throws MYDHT_BAD_CONFIG for a number that is none, and for a name that is no bound. */
export function resolveLimits(given: Readonly<Record<string, number | undefined>>): NodeLimits {
  const limits: Record<keyof NodeLimits, number> = { ...defaultLimits }
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue
    if (!isBound(name)) {
      const known = Object.keys(defaultLimits).join(', ')
      throw new MyDhtError('MYDHT_BAD_CONFIG', `limits.${name} is no bound of a node: use one of ${known}`)
    }
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new MyDhtError('MYDHT_BAD_CONFIG', `limits.${name} is ${value}: it must be a whole number of at least 1`)
    }
    limits[name] = value
  }
  return limits
}

function isBound(name: string): name is keyof NodeLimits {
  return Object.hasOwn(defaultLimits, name)
}
