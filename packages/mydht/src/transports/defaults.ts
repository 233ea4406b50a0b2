/**
 * @module transports/defaults
 * Defaults of the transports, each with its reason. Not here: how many connections a node keeps (`peers/defaults.ts`).
 */

/** Only this machine can connect until somebody asks for more: a node in a test or a notebook is never open to the network by accident. */
export const DEFAULT_TCP_HOST = '127.0.0.1'

/** The system picks a free port: any number of nodes start on one machine without configuration; the address says which it was. */
export const DEFAULT_TCP_PORT = 0

/** Connections that the system completes before we accept them. What Linux grants at most unless told otherwise is 4096; Node asks for 511. */
export const DEFAULT_TCP_BACKLOG = 511

/**
 * Incoming links open at once. A process may have 1024 files by default on most systems; this leaves half to connections that we open
 * ourselves, to stores and to files. The node's own limits (per host, per peer) are stricter and come after.
 */
export const DEFAULT_MAX_CONNECTIONS = 512

/** Silence before the system probes whether the other machine is there: below the five minutes after which common routers forget a connection. */
export const DEFAULT_KEEP_ALIVE_MS = 60_000

/** Bytes that a paused reader may leave waiting in this process per direction before the writer's `onSent` waits: four full 64 KiB slabs. */
export const DEFAULT_MAX_BUFFERED_BYTES = 262_144

/** Most bytes of one chunk: what Node gives per read of a socket, so that code tried in memory meets the same sizes on TCP. */
export const DEFAULT_CHUNK_BYTES = 65_536

/** Names in one memory network: a simulation of a hundred thousand nodes fits; a loop that forgets to close does not. */
export const MAX_MEMORY_NAMES = 131_072

/** Memory networks with a name in this process: far more than tests that run at once, few enough to find a leak. */
export const MAX_MEMORY_NETWORKS = 1024

/** Links of the fifo transport open at once in each direction: each may hold a thread of about 10 MB, so that these cost what a browser tab does. */
export const DEFAULT_FIFO_LINKS = 64

/** Links that the fifo transport opens at once: a listener that hangs holds one of these threads until its dial is called off. */
export const DEFAULT_FIFO_DIALS = 8

/** Threads of each kind that the fifo transport keeps for later: starting one takes about 70 ms, keeping one about 10 MB. */
export const DEFAULT_FIFO_IDLE_THREADS = 2
