/**
 * @module attachments/defaults
 * The numbers of attachments that options leave out, each with its reason.
 */
import { bestChunkBytes } from '../wire/limits.ts'

/** One chunk and its head fill one slab, which leaves as one write. In bytes. */
export const chunkBytes: number = bestChunkBytes

/**
 * Bytes that one stream may have on the way: 16 chunks. On loopback a round trip takes 1 to 2 ms under load, so this allows about 0.5 GB/s;
 * over 50 ms it allows 20 MB/s. A message behind a full window waits 8 ms on a link of 1 Gbit/s. A multiple of the chunk, so that no short
 * chunk is sent for the sake of the last bytes of credit.
 */
export const windowBytes: number = 16 * bestChunkBytes

/** Credit goes back when that part of the window is used up: a quarter keeps three quarters on the way, at one small message for four chunks. */
export const creditShare = 4

/** The most credit that we accept for one stream: eight windows. Beyond it the receiver would have us fill our memory with chunks. In bytes. */
export const maxCreditBytes: number = 8 * windowBytes

/** Reads of one stream that may be under way: enough to keep a disk busy while one chunk is sent. */
export const maxReads = 4

/** Streams that we send at a time, in all: at four reads of 64 KiB each, 64 MiB. */
export const maxOutgoing = 256

/** The same to one peer: it takes sixteen peers to use up what we have. */
export const maxOutgoingPerPeer = 16

/** Streams that we receive at a time: each is one that we asked for. */
export const maxIncoming = 256

/** A stream on which nothing moves for that long is given up: as long as a TCP connection may stall before users give up. In milliseconds. */
export const idleMs = 30_000

/** A peer that said `full` and never `writable` is tried again after that long. In milliseconds. */
export const retryMs = 2000

/** Words to one peer that wait for it to be writable, besides chunks. */
export const maxHeldWords = 256
