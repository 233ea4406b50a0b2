/**
 * @module apps/files/defaults
 * The numbers of the files app that its options leave out, each with its reason.
 */
import { bestChunkBytes } from '../../wire/limits.ts'

/** Bytes of one read from a shared file: sixteen chunks of an attachment, a megabyte. Two such are in memory for each file that is sent. */
export const readBytes: number = 16 * bestChunkBytes

/** Chunks of one fetch that are being written before its sender has to wait: on a busy machine each write waits some milliseconds for its thread. */
export const maxSaving = 4

/** Files shared at a time: a search by name looks at each, so a question costs a millisecond at the most. */
export const maxFiles = 16_384

/** Folders inside each other. Beyond it somebody has built a trap. */
export const maxDepth = 32

/** Memory for the manifests of shared files, in bytes: 64 MiB is enough for half a terabyte in chunks of 256 KiB. */
export const maxManifestsBytes: number = 64 * 1024 * 1024

/** Files that are fetched at a time: each holds an open file and up to three chunks. */
export const maxFetches = 16

/** Providers that one fetch tries: as many as a peer keeps of one key, so that those who lie cannot hide one who has the file. */
export const maxProviders = 64

/** Providers that a fetch asks for: the first is used, the others stand by. */
export const providerResults = 4

/** Files that are sent at a time: each holds an open file and two reads of a megabyte, so 128 MiB at the most. */
export const maxServing = 64

/** The same to one peer: its fetches of several files, not all that we can do. */
export const maxServingPerPeer = 8

/** Bytes asked for at once: 1 GiB. Short enough for a provider to say no in between, long enough not to matter. */
export const maxRangeBytes: number = 1024 * 1024 * 1024

/** A provider's answer to a request may wait for a slow disk. In milliseconds. */
export const requestTimeoutMs = 15_000

/** A provider from which nothing comes for that long is left for the next. In milliseconds. */
export const idleMs = 20_000

/** When all providers are busy they are asked again after that long. In milliseconds. */
export const busyRetryMs = 1000

/**
 * A provider that brings no whole verified chunk for that long is left for the next, and a fetch whose providers are all busy for that long ends:
 * two minutes, 2 KiB/s for chunks of 256 KiB. In milliseconds.
 */
export const stallMs = 120_000

/** The longest that a fetch takes when its caller does not say: a day, 10 GiB at 1 Mbit/s. In milliseconds. */
export const fetchTimeoutMs: number = 24 * 60 * 60 * 1000

/** Indexing what is shared may take that long for the caller of `share`: 256 GiB at 100 MB/s. In milliseconds. */
export const shareTimeoutMs: number = 60 * 60 * 1000

/** Answers that `find` and `providers` ask for: a screenful. */
export const findResults = 16
