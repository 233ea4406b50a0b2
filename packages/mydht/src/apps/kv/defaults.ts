/**
 * @module apps/kv/defaults
 * The numbers of the kv app that its options leave out, each with its reason.
 */

/** The longest value, in bytes: one message, one slab. Longer things are files. */
export const maxValueBytes = 65_536

/** Wire. The longest name of a record, in bytes of UTF-8. */
export const maxNameBytes = 255

/** How long a record lives when its writer does not say: a day, as in BitTorrent's and most DHTs, so dead things go. In milliseconds. */
export const ttlMs: number = 24 * 60 * 60 * 1000

/** The longest that we keep a record before somebody must bring it again: a month. In milliseconds. */
export const maxTtlMs: number = 30 * 24 * 60 * 60 * 1000

/** How far ahead of our clock an open record's sequence may be: clocks of desktops are seconds off. Ten minutes, in milliseconds. */
export const maxClockSkewMs: number = 10 * 60 * 1000

/** A record that we hold is news again only if it lives that much longer: otherwise transit times alone would keep it alive. In milliseconds. */
export const refreshMs = 60_000

/** Records that others had us keep: a quarter of the store. */
export const maxSpreadRecords = 16_384

/** The same in bytes: half of a store in memory. One peer may use all of it while nobody else wants to. 32 MiB. */
export const maxSpreadBytes: number = 32 * 1024 * 1024

/** Of those, from one peer: it takes sixteen peers to fill our quota. */
export const maxSpreadPerPeer = 1024

/** Of those, from one public address block (/24, /48): an eighth, so that PeerIds, which cost nothing, are no way around the quota per peer. */
export const maxSpreadPerBlock = 2048

/** How long a peer that is asked to hold a record has for its answer, in milliseconds: as much as a hop of a search. */
export const holdTimeoutMs = 3000

/** A cached copy of a record that we are near to lives that long at most, in milliseconds; a tenth of a day's record, so that updates are seen. */
export const cacheMs: number = 60 * 60 * 1000

/** Answers that a search for holders takes in: more than it can meet, so that it goes on to the nearest whatever it finds. */
export const searchResults = 64

/** Records of others that may go for one newcomer: a long one may take the place of several short ones. */
export const maxVictims = 8

/** A holder gives a record to the nearest again when nobody has brought it for so long, in milliseconds: the hour of Kademlia, in which few of twenty holders leave. */
export const replicateMs: number = 60 * 60 * 1000

/** A publisher gives its records a new life that often, in milliseconds, or half-way through their life if that is sooner: twice a day. */
export const republishMs: number = 12 * 60 * 60 * 1000

/** A record that nobody acknowledged is tried again after this part of the usual time: the network may have been away. */
export const retryShare = 8

/** Stored records that are looked at in one go at a start: a millisecond or two, between which other work is done. */
export const recalledAtOnce = 256

/** Acknowledgements that may wait for the disk, where it is asked first: one durable write serves them all. Past it the next is told that we are busy. */
export const maxUnacknowledged = 1024

/** Searches for the upkeep of records that may be under way at once: the program's own come first. */
export const maxUpkeepSearches = 4

/** The upkeep of records looks no more often than that at what is due, in milliseconds. */
export const upkeepGrainMs = 1000

/** Records that a newcomer is given at once; the rest follows when they are due. */
export const maxGivenOnMeeting = 128

/** Newcomers that are remembered, so that one that comes and goes is given its records once an hour. */
export const maxMet = 1024

/** Signatures asked for that may be under way: the auth service makes 17 000 a second. */
export const maxSigning = 1024

/** Answers that `resolve` asks for: the newest of three holders is stale only if all three missed the update. */
export const resolveResults = 3

/** Providers that `providers` asks for: a screenful, and more than one download uses. */
export const providerResults = 16
