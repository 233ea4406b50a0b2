/**
 * @module apps/quota
 * What others have us keep, counted by who brought it: bounds for all of it, in number and in bytes, for one peer, and for the peers of one public address block. When all of it
 * is too much, cached copies go first, then the oldest of whoever has the greatest share here, as long as that is more than the newcomer's.
 * Not here: the things themselves.
 */
import type { PeerId } from '../identity/peer-id.ts'
import { createExpiryHeap } from '../stores/expiry-heap.ts'

/** Why we keep something of others: a peer that had us keep it, or that it passed through us as an answer. */
export type KeptBy = PeerId | 'passing'

/** How much is kept for others. */
export interface QuotaLimits {
  readonly maxRecords: number
  readonly maxBytes: number
  readonly maxPerPeer: number
  readonly maxPerBlock: number
  /** Of what is there, so much may go for one newcomer. */
  readonly maxVictims: number
}

/** Something that we keep for others. */
export interface KeptEntry {
  readonly key: string
  readonly by: KeptBy
  /** The public address block that it came from. */
  readonly block: string | undefined
  readonly bytes: number
  readonly expiresAtMs: number
  /** It passed by, and does not count as held. */
  readonly cached: boolean
}

/** The counts. */
export interface Quota {
  get(key: string): KeptEntry | undefined
  /** Whether whoever brings it, and his block, may have one more here. */
  mayBring(entry: KeptEntry): boolean
  /**
   * Who goes so that it fits, perhaps nobody; undefined: too much would have to go, or that of those who have no more than the newcomer. `isStoreFull`: there is
   * no room for it either where all of it is kept, so at least as many bytes go as it has.
   */
  room(entry: KeptEntry, isStoreFull: boolean): readonly string[] | undefined
  /** Who goes for something of our own; undefined: nothing of others is left that would do. */
  roomForOurs(bytes: number): readonly string[] | undefined
  add(entry: KeptEntry): void
  forget(key: string): void
  /** Forgets what is dead. */
  sweep(nowMs: number): void
  readonly size: number
  readonly bytes: number
}

interface Group {
  /** The oldest first. */
  readonly keys: Set<string>
  bytes: number
}

/** Makes empty counts. */
export function createQuota({ maxRecords, maxBytes, maxPerPeer, maxPerBlock, maxVictims }: QuotaLimits): Quota {
  const entries = new Map<string, KeptEntry>()
  /** By peer and by block. A peer's name is 52 letters, a block's has a stroke. */
  const groups = new Map<string, Group>()
  const cached = new Set<string>()
  const heap = createExpiryHeap<KeptEntry>((entry) => entries.get(entry.key) === entry)
  let bytes = 0

  const sizeOf = (group: string): number => groups.get(group)?.keys.size ?? 0
  const namesOf = ({ by, block }: KeptEntry): readonly string[] => (block === undefined ? [by] : [by, block])
  /** Who answers for it: a block for all of its peers, since PeerIds cost nothing. */
  const ownerOf = ({ by, block }: KeptEntry): string => block ?? by
  const shareOf = (records: number, size: number): number => Math.max(records / maxRecords, size / maxBytes)
  const forget = (key: string): void => {
    const entry = entries.get(key)
    if (!entry) return
    entries.delete(key)
    cached.delete(key)
    bytes -= entry.bytes
    for (const name of namesOf(entry)) {
      const group = groups.get(name)
      if (!group) continue
      group.keys.delete(key)
      group.bytes -= entry.bytes
      if (group.keys.size === 0) groups.delete(name)
    }
  }

  /** Those who go, one after the other, until `isEnough`; nothing is changed. `least`: only of whoever has a greater share than that. */
  const victims = (
    spared: string | undefined,
    isEnough: (records: number, size: number) => boolean,
    least: number | undefined
  ): readonly string[] | undefined => {
    const gone = new Set<string>()
    const goneOf = new Map<string, { records: number; bytes: number }>()
    let goneBytes = 0
    const take = (entry: KeptEntry): void => {
      gone.add(entry.key)
      goneBytes += entry.bytes
      const of = goneOf.get(ownerOf(entry)) ?? { records: 0, bytes: 0 }
      goneOf.set(ownerOf(entry), { records: of.records + 1, bytes: of.bytes + entry.bytes })
    }
    const oldestOf = (keys: Iterable<string>): KeptEntry | undefined => {
      for (const key of keys) if (key !== spared && !gone.has(key)) return entries.get(key)
      return undefined
    }
    const leftOf = (owner: string): number => {
      const group = groups.get(owner)
      const of = goneOf.get(owner)
      return shareOf((group?.keys.size ?? 0) - (of?.records ?? 0), (group?.bytes ?? 0) - (of?.bytes ?? 0))
    }
    const next = (): KeptEntry | undefined => {
      const copy = oldestOf(cached)
      if (copy) return copy
      // A cached copy pushes nobody out.
      if (least === Infinity) return undefined
      let largest: KeptEntry | undefined
      let its = 0
      for (const { keys } of groups.values()) {
        const one = oldestOf(keys)
        const share = one ? leftOf(ownerOf(one)) : 0
        if (one && share > its) [largest, its] = [one, share]
      }
      return least !== undefined && its <= least ? undefined : largest
    }
    while (!isEnough(gone.size, goneBytes)) {
      const one = gone.size < maxVictims ? next() : undefined
      if (!one) return undefined
      take(one)
    }
    return [...gone]
  }

  return {
    get: (key) => entries.get(key),
    forget,
    mayBring(entry) {
      const there = entries.get(entry.key)
      const { by, block } = entry
      if (there?.by !== by && sizeOf(by) >= maxPerPeer) return false
      return block === undefined || there?.block === block || sizeOf(block) < maxPerBlock
    },
    room(entry, isStoreFull) {
      const there = entries.get(entry.key)
      const [records, size] = [entries.size + (there ? 0 : 1), bytes - (there?.bytes ?? 0) + entry.bytes]
      if (maxRecords < 1 || entry.bytes > maxBytes) return undefined
      const isEnough = (goneRecords: number, goneBytes: number): boolean =>
        records - goneRecords <= maxRecords &&
        size - goneBytes <= maxBytes &&
        (!isStoreFull || (goneRecords > 0 && goneBytes >= entry.bytes - (there?.bytes ?? 0)))
      const owner = ownerOf(entry)
      const counted = there && ownerOf(there) === owner ? there : undefined
      const its = groups.get(owner)
      // What he would have with it.
      const least = shareOf(
        (its?.keys.size ?? 0) + (counted ? 0 : 1),
        (its?.bytes ?? 0) - (counted?.bytes ?? 0) + entry.bytes
      )
      return victims(entry.key, isEnough, entry.cached ? Infinity : least)
    },
    roomForOurs: (size) => victims(undefined, (records, goneBytes) => records > 0 && goneBytes >= size, undefined),
    add(entry) {
      forget(entry.key)
      entries.set(entry.key, entry)
      bytes += entry.bytes
      if (entry.cached) cached.add(entry.key)
      for (const name of namesOf(entry)) {
        const group = groups.get(name) ?? { keys: new Set(), bytes: 0 }
        group.keys.add(entry.key)
        group.bytes += entry.bytes
        groups.set(name, group)
      }
      heap.add(entry, entries.size)
    },
    sweep(nowMs) {
      for (let dead = heap.next(nowMs); dead; dead = heap.next(nowMs)) forget(dead.key)
    },
    get size() {
      return entries.size
    },
    get bytes() {
      return bytes
    },
  }
}
