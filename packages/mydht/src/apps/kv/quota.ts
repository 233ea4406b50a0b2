/**
 * @module apps/kv/quota
 * What others have us keep, counted by who brought it: bounds for all of it, for one peer, and for the peers of one public address block. When all of it
 * is too much, cached copies go first, then the oldest of whoever has the most here, as long as that is more than the newcomer has.
 * Not here: the records (`keep.ts`).
 */
import type { PeerId } from '../../identity/peer-id.ts'
import { createExpiryHeap } from '../../stores/expiry-heap.ts'
import * as defaults from './defaults.ts'
import type { Key } from './key.ts'
import type { KvOptions } from './protocol.ts'

/** Why we keep a record of others: a peer that had us keep it, or that it passed through us as an answer. */
export type KeptBy = PeerId | 'passing'

/** A record that we keep for others. */
export interface KeptEntry {
  readonly key: Key
  readonly by: KeptBy
  /** The public address block that it came from. */
  readonly block: string | undefined
  readonly expiresAtMs: number
  /** It passed by, and does not count as held. */
  readonly cached: boolean
}

/** The counts. */
export interface Quota {
  get(key: Key): KeptEntry | undefined
  /** `full`: for whoever brings it, or his block. `crowded`: for all; somebody may have to go. */
  fits(entry: KeptEntry): 'fits' | 'full' | 'crowded'
  /** Who goes for a newcomer; undefined: nobody has more than he. */
  victim(entry: KeptEntry): Key | undefined
  add(entry: KeptEntry): void
  forget(key: Key): void
  /** Forgets what is dead. */
  sweep(nowMs: number): void
  readonly size: number
}

/** Makes empty counts. */
export function createQuota(option: KvOptions['keepSpread']): Quota {
  const limits = option === false ? { maxRecords: 0, maxPerPeer: 0, maxPerBlock: 0 } : option
  const maxRecords = limits?.maxRecords ?? defaults.maxSpreadRecords
  const maxPerPeer = limits?.maxPerPeer ?? defaults.maxSpreadPerPeer
  const maxPerBlock = limits?.maxPerBlock ?? defaults.maxSpreadPerBlock
  const entries = new Map<Key, KeptEntry>()
  /** Keys by peer and by block, the oldest first. A peer's name is 52 letters, a block's has a stroke. */
  const groups = new Map<string, Set<Key>>()
  const cached = new Set<Key>()
  const heap = createExpiryHeap<KeptEntry>((entry) => entries.get(entry.key) === entry)

  const sizeOf = (group: string): number => groups.get(group)?.size ?? 0
  const namesOf = ({ by, block }: KeptEntry): readonly string[] => (block === undefined ? [by] : [by, block])
  /** Who answers for a record: a block for all of its peers, since PeerIds cost nothing. */
  const ownerOf = ({ by, block }: KeptEntry): string => block ?? by
  const forget = (key: Key): void => {
    const entry = entries.get(key)
    if (!entry) return
    entries.delete(key)
    cached.delete(key)
    for (const name of namesOf(entry)) {
      const group = groups.get(name)
      group?.delete(key)
      if (group?.size === 0) groups.delete(name)
    }
  }

  return {
    get: (key) => entries.get(key),
    forget,
    fits(entry) {
      const there = entries.get(entry.key)
      const { by, block } = entry
      if (there?.by !== by && sizeOf(by) >= maxPerPeer) return 'full'
      if (block !== undefined && there?.block !== block && sizeOf(block) >= maxPerBlock) return 'full'
      return !there && entries.size >= maxRecords ? 'crowded' : 'fits'
    },
    victim(entry) {
      const [copy] = cached
      if (copy !== undefined) return copy
      // A cached copy pushes nobody out.
      if (entry.cached) return undefined
      let largest: KeptEntry | undefined
      for (const group of groups.values()) {
        const [oldest] = group
        const one = oldest === undefined ? undefined : entries.get(oldest)
        if (one && (!largest || sizeOf(ownerOf(one)) > sizeOf(ownerOf(largest)))) largest = one
      }
      return largest && sizeOf(ownerOf(largest)) > sizeOf(ownerOf(entry)) + 1 ? largest.key : undefined
    },
    add(entry) {
      forget(entry.key)
      entries.set(entry.key, entry)
      if (entry.cached) cached.add(entry.key)
      for (const name of namesOf(entry)) {
        const group = groups.get(name)
        if (group) group.add(entry.key)
        else groups.set(name, new Set([entry.key]))
      }
      heap.add(entry, entries.size)
    },
    sweep(nowMs) {
      for (let dead = heap.next(nowMs); dead; dead = heap.next(nowMs)) forget(dead.key)
    },
    get size() {
      return entries.size
    },
  }
}
