/**
 * @module identity/defaults
 * The constants of identities, each with its reason. Those marked "wire" are the same for everybody: changing one changes the protocol.
 */

/** Wire. The longest signed PeerRecord: it travels in handshakes, in queries and in tables of thousands. */
export const maxPeerRecordBytes = 1024

/** Wire. The most addresses in a PeerRecord: two families on a few interfaces; each may cost others a dial. */
export const maxAddresses = 8

/** Wire. The longest node address in text: its length travels as one byte. */
export const maxAddressLength = 255

/** Hosts, and addresses, of which a thread remembers what they are: those of a few nodes' peer stores, or of all nodes of a simulation; about 300 bytes each. */
export const maxRecalled = 16_384

/** Checked PeerRecords that a thread remembers: those of the peer store's tables with their defaults, about 500 bytes each. */
export const maxVerifiedRecords = 4096

/** The longest life that we accept in a PeerRecord, from now: so that no record outlives its peer for long, and clocks may be days off. */
export const maxPeerRecordLifetimeMs: number = 30 * 24 * 60 * 60 * 1000

/** Local references of one thread: what 65 536 connections would need, far more than a process can hold. About 150 bytes each. */
export const maxLocalPeers = 65_536

/** Tables of shared references that one thread keeps open: one for each node that it works for. A closed node's is the oldest sooner or later. */
export const maxOpenPeerTables = 64
