/**
 * @module routes/defaults
 * The numbers of the route `kademlia` that its options leave out, each with its reason.
 */

/** Bounds and times of a routing table. */
export interface KademliaLimits {
  /** Contacts of one bucket, and how many nearest ones are looked for. */
  readonly k: number
  /** Contacts that wait for a place in one bucket; and how many of a full one are worth a dial of our own. */
  readonly maxWaiting: number
  readonly wantedWaiting: number
  /** How many nearest ones are looked for in a range of the table that is to be filled or refreshed. */
  readonly fillWidth: number
  /** Contacts of one public address block (/24, /48) in one bucket, and in the whole table. This machine and private networks are exempt. */
  readonly maxPerBlockInBucket: number
  readonly maxPerBlock: number
  /** Dials in a row that may fail where nobody waits for the place. */
  readonly maxFailures: number
  /** A contact that was asked and said nothing so often in a row, each time within `quietMs` of the last, is not asked, named or taken in again for `quietMs`. */
  readonly maxSilences: number
  readonly quietMs: number
  /** How often one contact is dialled at most to see whether it is alive, in milliseconds. Doubles with each failure. */
  readonly checkMs: number
  /**
   * How long a contact may go unheard of before it is dialled, in milliseconds: of the buckets that hold our nearest k, of others; and the one longest
   * unheard of, when another wants its place.
   */
  readonly staleMs: number
  readonly farStaleMs: number
  readonly contestedMs: number
  /** How long a bucket may go without a search in its range, in milliseconds. */
  readonly refreshMs: number
}

/** What holds where `kademlia()` is told nothing. */
export const defaultKademlia: KademliaLimits = {
  // So many that it is very unlikely that all of them leave within an hour: Maymounkov and Mazières 2002, section 2.2.
  k: 20,
  // One full change of the bucket.
  maxWaiting: 20,
  // A quarter of the bucket: a dial for whoever passes by would cost a full table as many dials as it has visitors, for nothing.
  wantedWaiting: 5,
  // A search asks some on its way too, and as many look into our range as we into theirs: a bucket of 20 fills within minutes. Reckoned
  // (not measured), joining a network of 1000 costs 340 dials with 20, and 150 with 8.
  fillWidth: 8,
  // Whoever rents one block must not hold a bucket, nor most of what we know: two of twenty, and eight as in the peer store.
  maxPerBlockInBucket: 2,
  maxPerBlock: 8,
  // A node that restarts is away for a minute or two: checks at 1, 3 and 7 minutes find it again.
  maxFailures: 3,
  // A slow minute may cost an honest peer two answers; who never answers is out after three searches, and does not come back by the next dial.
  maxSilences: 3,
  quietMs: 10 * 60_000,
  checkMs: 60_000,
  // A quarter of the median session of an hour that public networks show: of those that left, most are noticed before somebody needs them.
  staleMs: 15 * 60_000,
  // Records are kept by the nearest only. Of twenty far ones a few may be gone: any one that is there leads on, and the paper checks none sooner.
  farStaleMs: 3_600_000,
  contestedMs: 5 * 60_000,
  // The paper's hour.
  refreshMs: 3_600_000,
}

/** Silent peers that are remembered. About 100 bytes each. */
export const maxQuiet = 1024

/** Contacts that are dialled in one round of upkeep to see whether they are alive: at most so many a second. */
export const maxChecks = 3
