/**
 * @module wire/limits
 * Bounds that belong to the protocol: both sides know them, and neither can change them alone. Not here: what a node chooses for itself (`defaults.ts`).
 */

/** Longest app name. It travels in every message of the app; 32 leaves room for `vendor-app-version`. */
export const maxAppNameBytes = 32

/** Apps that a `ready` may name. More than any node runs; 64 names of 32 bytes are 2 KiB. */
export const maxApps = 64

/** Longest code for programs (`ready`, `end`, `stream-end`). The longest ErrorCode of today has 25 letters. */
export const maxCodeBytes = 64

/** Peers in a history: 64 × 32 bytes are 2 KiB, as much as a query may carry for a hint. */
export const maxHistoryPeers = 64

/** Answers in one message. A peer with more sends more messages. */
export const maxAnswers = 64

/** PeerRecords in one `contacts`: more than the 20 of Kademlia, in 32 KiB at most. */
export const maxContacts = 32

/** Longest PeerRecord in a message: of `contacts`. The bound of every PeerRecord. */
export const maxContactBytes = 1024

/** Longest PeerRecord of an asker in `direct` mode: the bound of every PeerRecord (DESIGN, "Who may make us do what", 3). */
export const maxAskerBytes = 1024

/** Longest `maxMessageBytes` that a number of 4 bytes can announce. */
export const mostMaxMessageBytes = 0xffff_ffff

/**
 * The least that a `ready` may announce as `maxMessageBytes`, and what a writer keeps to before it has seen one.
 * The longest `ready` (2184 bytes) fits, and so does a query with a full history, an asker and a body of 900 bytes.
 */
export const leastMaxMessageBytes = 4096

/** Bytes before each record: its length, without itself. */
export const recordHeaderBytes = 2

/** Longest record after its header: what 2 bytes can say (Noise Protocol Framework, rev. 34, section 3). */
export const maxRecordBytes = 0xffff

/** Bytes of a slab: one record of 2 + 65 518 + 16 bytes. One byte of plaintext less than the longest record, for a round number of memory. */
export const slabBytes = 65_536

/**
 * The best size for the pieces of an attachment: with the head of its message, two record headers and two tags of 16 bytes it still fills one slab.
 * 65 536 - 2 × (2 + 16) - (varint 3 + type 1 + app 33 + stream 4) leaves 65 459; rounded down to a multiple of 64.
 */
export const bestChunkBytes = 65_408
