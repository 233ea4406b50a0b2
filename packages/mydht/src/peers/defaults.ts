/**
 * @module peers/defaults
 * The numbers of authentication and of the peer policies that nobody has to give, each with its reason.
 */

/** One step of a handshake may take that long, in milliseconds: a bad mobile line's round trip several times over. */
export const handshakeStepMs = 5_000

/** A whole handshake may take that long, in milliseconds: three messages, a dial back for one-way links, no patience beyond it. */
export const handshakeTotalMs = 10_000

/** The accept hook may take that long to decide, in milliseconds: it may ask a database or a person's phone, but a connection waits for it. */
export const acceptMs = 5_000

/** Handshakes under way at once, in each direction: about 5 KiB and one millisecond of arithmetic each. */
export const maxHandshakes = 128

/** Incoming handshakes under way from one host: a household behind one address starts a few programs at once, not dozens. */
export const maxHandshakesPerHost = 16

/** Incoming handshakes under way from one address block (/24, /48): whoever holds a block must not hold all places. */
export const maxHandshakesPerBlock = 48

/** Our own record is true that long, in milliseconds: a day, so that a node which went away is forgotten the next day. */
export const recordLifetimeMs: number = 24 * 3_600_000

/** Our own record is signed afresh that often, in milliseconds: a quarter of its life, so that three renewals may fail to spread. */
export const recordRenewMs: number = 6 * 3_600_000

/** Connections with one host: several programs behind one address, but no crowd. */
export const maxConnectionsPerHost = 16

/** Connections with one address block: an eighth of all places, so that renting one block does not surround a node. */
export const maxConnectionsPerBlock = 32

/** Dials that one peer may cause within `dialWindowMs`: as many as one join's first round of a routing table asks for. */
export const maxDialsPerCause = 32

/** Dials to one host within `dialWindowMs` that others caused: too few to scan its ports or to burden it. */
export const maxDialsPerHost = 8

/** Dials into one address block within `dialWindowMs` that others caused. */
export const maxDialsPerBlock = 24

/** The window of the dial budgets, in milliseconds. */
export const dialWindowMs = 60_000

/** Hosts of which a thread remembers their keys: as many as the dial policy's tables hold. About 300 bytes each. */
export const maxRecalledHosts = 4_096

/** Entries in each table of the dial policy: causes, hosts, blocks, failures. About 100 bytes each. */
export const maxDialEntries = 4_096

/** The first wait after a failed dial, in milliseconds; it doubles with each further failure. */
export const backOffFirstMs = 1_000

/** The longest wait after failed dials, in milliseconds: a peer that came back is found within minutes. */
export const backOffMaxMs: number = 10 * 60_000

/** Dials of the pool that may be under way at once: joining stays gentle. */
export const maxPoolDials = 8

/** How many more peers the pool dials than it misses: some will not answer. The original's 0.1 is too little where half of the addresses are stale. */
export const poolExtraRatio = 0.5

/** Silence after which we ask for a sign of life, in milliseconds: below the 30 s at which home routers begin to forget a connection. */
export const keepAliveIdleMs = 20_000

/** Silence after which the other end is taken for dead, in milliseconds: two unanswered pings and some. */
export const keepAliveDeadMs = 50_000

/** Shadows whose ciphers a thread keeps at hand: every node of a program has one, and few programs run more nodes in one thread. */
export const maxRecordCiphers = 64
