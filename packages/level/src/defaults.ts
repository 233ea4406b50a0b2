/**
 * @module defaults
 * Bounds of the store on disk that its options leave out, each with its reason.
 */

/** Records in all: each costs about 200 bytes of memory for its key and end, so 50 MB. */
export const maxRecords = 262_144

/** Letters of keys and bytes of records in all: 1 GiB, little for a disk. */
export const maxBytes: number = 1024 * 1024 * 1024

/** What may wait in memory for the disk: 16 MiB, a tenth of a second of a slow one. Past it a put is `busy`. */
export const maxUnwrittenBytes: number = 16 * 1024 * 1024

/** How long an opening waits for another holder of the folder: a service that restarts is still closing. Milliseconds. */
export const lockWaitMs = 1000

/** How often it tries meanwhile. Milliseconds. */
export const lockRetryMs = 20

/** The namespace of a store that names none. */
export const namespace = 'records'

/** Records that are read at a time while the index is filled: a millisecond or two, between which other work is done. */
export const loadAtOnce = 1000

/** Bytes that LevelDB collects for one such reading: some hundred records; its own 16 KiB would be four times the trips to another thread. 64 KiB. */
export const readAheadBytes: number = 64 * 1024

/** Records that the index makes room for before it has seen them: as many as the default bound. What the folder says is not believed further. */
export const maxExpected: number = maxRecords

/** Records that died and are taken out with one put, so that a million that die at once do not make it wait. */
export const sweepAtOnce = 64

/** LevelDB's cache of blocks: its own default, which holds the hot part of a small store. 8 MiB. */
export const cacheBytes: number = 8 * 1024 * 1024

/** What LevelDB collects before it writes a sorted file, and reads back when it opens: its own default, read in some ten milliseconds. 4 MiB. */
export const writeBufferBytes: number = 4 * 1024 * 1024
