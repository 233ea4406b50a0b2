/**
 * @module wire/defaults
 * What a node chooses for itself on the wire where its configuration says nothing. Not here: bounds of the protocol (`limits.ts`).
 */

/**
 * Bytes after which a turn's messages leave without waiting for its end. Tuned here (DESIGN, "Measured here"): at 8–16 KiB a window of 256
 * requests runs as fast as node:tls or faster, at the turn's end alone it runs at 0.7×.
 */
export const defaultFlushBytes = 13_000

/** Slabs that wait for their next use: 4 MiB a thread at most. */
export const defaultMaxFreeSlabs = 64

/** What leaves is copied out of its slab up to this length where slabs are scarce: a sixteenth of one, a microsecond. */
export const maxCopiedBytes = 4096

/** Messages that a write service keeps while its slabs wait for the socket: as many as a service's queue. */
export const defaultMaxWaitingMessages = 1024
