/**
 * @module queries/defaults
 * The numbers of the query engine, each with its reason, and the rules that an app gets when it brings none. Not here: what they bound (`engine.ts`).
 */
import type { EngineLimits, HistoryOption } from './query.ts'
import type { Linear, Rules } from './rules.ts'

/** Bounds of an engine. A pending query costs about 1 KiB and a trace about 150 bytes, so full tables stay near 6 MiB. */
export const defaultLimits: EngineLimits = {
  // Far above what one node answers in a lifetime of 17 s under normal load; reached only under a flood of questions.
  maxPending: 4096,
  // One peer may hold a sixteenth of the table, so it takes many to make us busy for everybody.
  maxPendingPerPeer: 256,
  maxTraces: 16384,
  // Twice the longest lifetime granted: a copy of a query cannot arrive, still alive, after we forgot it.
  traceMs: 120_000,
  // Honest peers pass on only what they verified: clocks that differ explain a few. At 90 µs a check, 64 cost a peer's victim 6 ms a minute.
  maxInvalidPerPeer: 64,
  // Four a second, for ever: a lively neighbour. Each may cost whoever it names an answer, so this bounds what a liar has us throw at a third party.
  // Past it answers go back along the path, so nothing is lost.
  maxDirectPerPeer: 256,
  // Verifying costs a signature check each: an honest peer may hold something of which our rules know more than its own.
  maxInvalidPerBranch: 8,
  // Long enough that a burst of honest work fits, short enough that a peer with a wrong clock is soon heard again.
  peerWindowMs: 60_000,
  // Four times the connections that a node holds by default: those who left a moment ago are still counted. About 100 bytes each.
  maxCountedPeers: 1024,
  // A quarter of a megabyte of answers of 1 KiB. Beyond it the oldest is dropped of the peer with most, and its query expires.
  maxHeld: 256,
  // Copies of one query cost one signature check. About 1 KiB each.
  maxAskers: 256,
  // Kademlia's k: that many hold a record, so that many must be found.
  searchWidth: 20,
  // A dial of one and a half round trips and a question across the world take about a second; who is slower than three costs more than he brings.
  hopMs: 3000,
  // A search of ten hops, each naming twenty, with room; about 600 bytes each.
  maxShortlist: 256,
  // A liar who named the first must not hide the true one, and need not fill the memory either.
  maxWays: 3,
  // A quarter of twenty: whoever rents one block must not be all that a search sees.
  maxPerBlockInSearch: 5,
}

/** How a question keeps its history when it does not say: the peers used in the last three hops, the original's setting in its tests. */
export const defaultHistory: HistoryOption = { keep: 'hops', limit: 3 }

/**
 * What a hop that keeps state holds back from the lifetime that it passes on, in milliseconds: the time for the last word from below to come
 * back and be passed up. A slow round trip across the world takes about 250 ms.
 */
export const lifetimeMarginMs = 250

/** The margin is never more than this part of what is left: after six hops nearly half of a short lifetime remains. */
export const lifetimeMarginShare = 8

/** Most disjoint paths of a search: more would leave each of them two or three of the 20 nearest to begin with. */
export const maxPaths = 8

/** Of the peers that a relay without state gave one query to before, those that it still takes answers from: all of one round. */
export const maxPassedTo = 12

/** Times that a relay without state tries another peer for the same query after a delivery failed: enough for a lost neighbour or two. */
export const maxPassRetries = 3

/** Most weight that one answer message can close: u32 on the wire. */
export const maxWeight = 0xffff_ffff

/** The value of a linear rule at this priority, rounded down, never below 0. */
export function linear(rule: Linear, priority: number): number {
  return Math.max(0, Math.floor(rule.base + rule.perPriority * priority))
}

/** What `simpleRules` can be told; the rest stays as it is. */
export interface SimpleRulesOptions extends Partial<Omit<Rules, 'max'>> {
  readonly max?: Partial<Rules['max']> | undefined
}

/**
 * Rules for small and middling networks, as plain data. Lifetime and the linear form follow the original's SimpleRules.
 *
 * @example
 * simpleRules({ hops: { base: 0, perPriority: 3 }, max: { budget: 256 } })
 */
export function simpleRules(options: SimpleRulesOptions = {}): Rules {
  return {
    defaultPriority: options.defaultPriority ?? 1,
    // 6 at priority 1: the diameter of a random graph of some thousand peers with eight links each is about 5.
    hops: options.hops ?? { base: 4, perPriority: 2 },
    // 3 at a time at priority 1: as Kademlia's alpha.
    fanOut: options.fanOut ?? { base: 2, perPriority: 1 },
    // 256 messages at priority 1: reaches every peer of a group of about 60 with duplicates paid for.
    budget: options.budget ?? { base: 128, perPriority: 128 },
    lifetimeMs: options.lifetimeMs ?? { base: 15_000, perPriority: 2000 },
    notFoundReplies: options.notFoundReplies ?? true,
    max: {
      priority: options.max?.priority ?? 10,
      // Beyond 16 hops a flood has gone round any network that it can cover with its budget.
      hops: options.max?.hops ?? 16,
      // How much one query can make us send at once.
      fanOut: options.max?.fanOut ?? 12,
      // An answer of 1 KiB each still fits one record.
      results: options.max?.results ?? 64,
      // How much one message can make a network send: the amplification that we grant to a stranger.
      budget: options.max?.budget ?? 1024,
      // Pending state is held that long for somebody else.
      lifetimeMs: options.max?.lifetimeMs ?? 60_000,
    },
  }
}
