/**
 * @module apps/providers/defaults
 * The numbers of provider records that options leave out, each with its reason.
 */

/** How long a provider record lives: providers come and go, so what is dead should be gone within an evening. Three hours, in milliseconds. */
export const ttlMs: number = 3 * 60 * 60 * 1000

/** The longest life that we grant a provider record before it must come again: a day, as long as the PeerRecord inside lives. In milliseconds. */
export const maxTtlMs: number = 24 * 60 * 60 * 1000

/** A record is signed afresh when this part of its life is over: two republications may fail before it dies. */
export const republishShare = 3

/** What we provide is known that long after its last record, on disk: a node that was away for longer must be told again. A day, as long as any record lives. In milliseconds. */
export const keptMs: number = maxTtlMs

/** Hops outward, where the caller does not say: our neighbours. Who asks across hops finds us anyway; this is for when we cannot be asked. */
export const spread = 1

/** Wire. The longest note of a record, in bytes: a file's name and size, or a port. What is longer is data, and that stays where it is. */
export const maxNoteBytes = 512

/** Wire. The longest carried record: a PeerRecord, a note, and what surrounds them. In bytes. */
export const maxCarriedBytes = 2048

/** Records that we keep for others: at 400 bytes, and 2 KiB at the most, 13 to 64 MiB. */
export const maxRecords = 32_768

/** Providers of one key: as many as one answer message holds. Who needs more asks other holders. */
export const maxPerKey = 64

/** Records that one peer brought: it takes sixteen peers to fill our table. */
export const maxPerPeer = 2048

/** Records that came from one public address block (/24, /48): an eighth, because PeerIds cost nothing. */
export const maxPerBlock = 4096

/** Keys that we provide ourselves: every file that the files app shares at its default limit, and as many again. */
export const maxProvided = 32_768

/** Calls that may wait for signatures: the auth service makes 17 000 a second. */
export const maxSigning = 1024

/** Records that are republished in one go: with three peers told of each, a burst of a hundred messages. */
export const batch = 32

/** The same where each one is a search for the nearest to its key, which costs twenty messages and more. */
export const placeBatch = 2

/** Answers that such a search may get before it ends: more than the nearest have, so that it does not end before it has found them. */
export const searchResults = 64

/** Time between two such goes, in milliseconds: all of 16 384 shared files within a minute, at 1000 messages a second. */
export const batchMs = 100

/** Due times are looked at this often at the most, in milliseconds: an hour's interval needs no more. */
export const grainMs = 1000

/** Answers asked for per provider wanted: holders near each other hold the same records, and each answers for itself. */
export const answersPerProvider = 4
