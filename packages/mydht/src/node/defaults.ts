/**
 * @module node/defaults
 * The numbers of a node that the configuration leaves out, each with its reason.
 */
import type { RefKind } from '../service/spawner.ts'

/** The network's name when none is given: such nodes find each other, which is what a first try wants. */
export const network = 'mydht'

/** How services hold a peer: copies cross every channel of every spawner, so that a placement can be changed without another thought. */
export const peerRef: RefKind = 'copied'

/** A call of the API waits that long, in milliseconds: a person's patience, and longer than a query's lifetime at priority 1 needs in a small group. */
export const callTimeoutMs = 20_000

/** How long createNode waits for an app's store to open, in milliseconds: a million records take a second or two, on a cold disk ten. */
export const readyMs = 60_000

/** Calls of the API that may wait at once: past it the caller is too fast, and gets MYDHT_BUSY. */
export const maxCalls = 16_384

/** Opening a link and proving both ends takes a few round trips: 10 s covers a bad mobile line twice. In milliseconds. */
export const connectTimeoutMs = 10_000

/** How long a start waits for the other addresses of `join` when one has answered: those that live take about as long, one that is dead must not hold it up. Milliseconds. */
export const joinRestMs = 1_000

/** Connections in all: about 150 KiB each under load, so 40 MiB. */
export const maxConnections = 256

/** Slabs of 64 KiB that may wait in one connection's socket: enough to keep a loopback socket busy, little enough to notice a slow reader. */
export const maxSlabsPerConnection = 4

/**
 * Peers that services can share: 36 bytes each, taken as they are used. A slot is used again when all others have been, so that references stay good
 * for the next 65 536 peers, which outlasts every queue.
 */
export const maxSharedPeers = 65_536

/** The longest message we take, in bytes: a kv record of 64 KiB with its envelope, and a file chunk. */
export const maxMessageBytes: number = 128 * 1024

/** Messages that wait for one connection while its slabs are out. */
export const maxQueuedMessages = 1024

/** Chunks of at most 64 KiB that may wait for one connection's read service before its socket is paused: 1 MiB. */
export const maxQueuedChunks = 16

/** Commands that may wait for the main loop or an app in one turn: a burst of a full read buffer of the smallest messages. */
export const maxQueuedCommands = 65_536

/** How often the node looks after its connections (sign of life, pool, probes), in milliseconds. */
export const upkeepMs = 1_000

/** How long after going online a peer that dialled us is dialled back to see whether its address is true, in milliseconds. Short visits are spared. */
export const probeDelayMs = 1_000

/** The same for a peer that the route has no place for: who stays longer than a search needs is of use all the same, to direct answers. In milliseconds. */
export const visitMs = 30_000

/**
 * A peer that proved where it listens need not do so again for so long, in milliseconds: searches of a large network come and go by the second. As long
 * as a contact of a routing table goes unchecked.
 */
export const proofMs: number = 3_600_000

/** How long a query waits for peers that its route has us dial, in milliseconds: two bad round trips. Who comes later is of use to the next query. */
export const routeDialMs = 2_000

/** Peers that are dialled, of those that the peer store remembers, when a route with contacts has lost all of them. */
export const wantedWhenAlone = 3

/**
 * With a route that keeps contacts, peers from disk that are dialled beside those that a start connects to: if all of a network start at once, so many dials
 * by chance make one network of it.
 */
export const maxRevisits = 64

/** Of these, how many in one round of upkeep: three a second burden nobody. */
export const maxRevisitsAtOnce = 3

/** Dials that one query may cause at one hop: the most fan-out that rules grant, and as many that fail. */
export const maxRouteDials = 24

/**
 * Connections to peers that the route can dial again which a node keeps though nobody uses them: enough that half of a search in a network of thousands
 * meets one, at a sign of life each 20 s. Others are ended.
 */
export const maxIdleConnections = 64

/** Without a message of an app for so long a connection counts as idle, in milliseconds: most queries are answered within. */
export const idleMs = 10_000

/** From this share of `maxConnections` on, connections are ended that have been idle for a tenth of `idleMs`: there must be room for the next dial. */
export const crowdedShare = 0.75

/** A probe that our own dial policy denied is tried again that much later, in milliseconds. */
export const probeRetryMs = 30_000

/** How long a close waits for the other ends to say their `end`, in milliseconds. */
export const closeMs = 1_000

/** Messages, route requests and calls of apps that may wait for one dial which somebody else caused: a burst of answers to one asker. */
export const maxWaitersPerDial = 64

/** Dials of one peer at a time that somebody else caused: one by the record that most know, and one by a newer record, after the peer has moved. */
export const maxDialsPerPeer = 2

/** Bytes that a link may send while its handshake is not over, beyond which it is closed: two messages of 2 KiB and a full read buffer behind them. */
export const maxEarlyBytes: number = 256 * 1024

/** What has to be said to an app, or to the api service, and waits while it is full: past it the oldest news of all peers would be older than their deadlines. */
export const maxOwed = 65_536

/** A timer whose command finds the main loop's queue full tries again that soon, in milliseconds. */
export const retryMs = 50

/** Peers whose host is remembered after they left, so that what they named before can be judged by where it came from. About 100 bytes each. */
export const maxRememberedHosts = 4_096

/** The event loop's delay in `stats()` is that of the last one to two windows, in milliseconds: long enough for a 99th percentile of 10 ms samples, short enough to see a change. */
export const loopWindowMs = 5_000
