/**
 * @module routes/kademlia-bucket
 * One bucket of a routing table: at most k contacts, least recently seen first, and a cache of those who would take the place of one that fails.
 */
import type { PeerId } from '../identity/peer-id.ts'
import type { KademliaLimits } from './defaults.ts'
import type { Contact } from './kademlia-table.ts'
import { compareDistance } from './xor.ts'

/** A contact in its bucket. Times in monotonic milliseconds. */
export interface BucketEntry extends Contact {
  /** The first 32 bits of the key. */
  readonly head: number
  seenMs: number
  /** When it was last named for a check, or failed one. */
  checkedMs: number
  /** Dials in a row that failed. */
  failures: number
}

/** A contact that waits for a place, and when it was last heard of, in monotonic milliseconds. */
export interface Waiting {
  readonly contact: Contact
  readonly seenMs: number
}

/** A bucket. It trusts its table to keep it within k. */
export interface Bucket {
  /** Adds an entry as the most recently seen. */
  add(entry: BucketEntry): void
  delete(entry: BucketEntry): void
  /** Least recently seen first. Deleting meanwhile is allowed. */
  entries(): Iterable<BucketEntry>
  readonly size: number
  /** Whether its address blocks have room in this bucket. */
  fits(contact: Pick<Contact, 'blocks'>): boolean
  /** Lets a contact wait for a place that was last heard of at `seenMs`; the one that waits longest goes when too many do. */
  wait(contact: Contact, seenMs: number): void
  /** Whether more who wait would be of use. */
  readonly wantsWaiting: boolean
  /** Those who wait, least recently seen first. */
  waiting(): readonly Waiting[]
  forget(id: PeerId): void
  farthestFrom(key: Uint8Array): BucketEntry | undefined
  /** One that failed and got the benefit of the doubt. */
  failing(): BucketEntry | undefined
  /** Entries to be checked now, the most needed first; `staleMs`: how long one may go unheard of. Costs next to nothing while nobody can be due. */
  due(nowMs: number, staleMs: number): readonly BucketEntry[]
  /** An entry was changed: somebody may be due sooner. */
  changed(): void
  /** When somebody last looked for something in its range. */
  touchedMs: number
}

/** Makes an empty bucket. */
export function createBucket(limits: KademliaLimits, nowMs: number): Bucket {
  const entries = new Set<BucketEntry>()
  const waiting = new Map<PeerId, Waiting>()
  const perBlock = new Map<string, number>()
  /** Until then nobody is due, unless something changes or others may go unheard of for as long. */
  let idle = { untilMs: 0, staleMs: 0 }
  const changed = (): void => {
    idle = { untilMs: 0, staleMs: 0 }
  }
  /** When an entry is due. Each failure doubles the pause. */
  const dueMs = ({ checkedMs, seenMs, failures }: BucketEntry, staleMs: number): number =>
    Math.max(checkedMs + limits.checkMs * 2 ** failures, failures > 0 ? 0 : seenMs + staleMs)
  /** Somebody wants a place: the one longest unheard of has to show that it is alive, once for each who wants one. */
  let isContested = false
  const askedForMs = ({ checkedMs, seenMs }: BucketEntry): number =>
    isContested ? Math.max(seenMs + limits.contestedMs, checkedMs + limits.checkMs) : Infinity
  return {
    touchedMs: nowMs,
    changed,
    add(entry) {
      changed()
      entries.add(entry)
      for (const block of entry.blocks) addTo(perBlock, block, 1)
    },
    delete(entry) {
      if (entries.delete(entry)) for (const block of entry.blocks) addTo(perBlock, block, -1)
    },
    entries: () => entries,
    get size() {
      return entries.size
    },
    fits: ({ blocks }) => blocks.every((block) => (perBlock.get(block) ?? 0) < limits.maxPerBlockInBucket),
    wait(contact, seenMs) {
      changed()
      isContested = true
      waiting.delete(contact.id)
      waiting.set(contact.id, { contact, seenMs })
      if (waiting.size <= limits.maxWaiting) return
      for (const id of waiting.keys()) {
        waiting.delete(id)
        return
      }
    },
    waiting: () => [...waiting.values()],
    get wantsWaiting() {
      return waiting.size < limits.wantedWaiting
    },
    forget: (id) => void waiting.delete(id),
    farthestFrom(key) {
      let farthest: BucketEntry | undefined
      for (const entry of entries) if (!farthest || compareDistance(key, entry.key, farthest.key) > 0) farthest = entry
      return farthest
    },
    failing: () => [...entries].find(({ failures }) => failures > 0),
    due(at, staleMs) {
      const due: BucketEntry[] = []
      if (at < idle.untilMs && staleMs === idle.staleMs) return due
      let untilMs = Infinity
      for (const entry of entries) {
        const [ownMs, contestedMs] = [dueMs(entry, staleMs), askedForMs(entry)]
        const isAskedFor = at >= contestedMs
        if (at >= ownMs || isAskedFor) due.push(entry)
        if (isAskedFor) isContested = false
        untilMs = Math.min(untilMs, ownMs, contestedMs)
      }
      if (due.length === 0) idle = { untilMs, staleMs }
      return due
    },
  }
}

/** Counts up or down; what is at 0 is forgotten. */
export function addTo(counts: Map<string, number>, key: string, change: number): void {
  const count = (counts.get(key) ?? 0) + change
  if (count > 0) counts.set(key, count)
  else counts.delete(key)
}
