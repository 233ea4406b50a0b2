/**
 * @module routes/kademlia-table
 * The routing table of Kademlia as pure data: contacts that proved themselves, in buckets by how many leading bits of the key they share with us.
 * Only the bucket around our own key splits. Whoever is there and answers stays; newcomers of a full bucket wait until somebody in it fails.
 * Not here: who is connected and who is asked (`kademlia.ts`), dials, time (every moment is passed in, in monotonic milliseconds).
 *
 * One exception to "the old stay": our nearest k are always taken in, at the cost of the farthest of their bucket. A node must know its
 * neighbourhood whole, because it is there that records are kept (the paper's section 2.4 splits further for it).
 */
import { readU32 } from '../bytes.ts'
import type { PeerId } from '../identity/peer-id.ts'
import { addTo, createBucket, type Bucket, type BucketEntry } from './kademlia-bucket.ts'
import type { KademliaLimits } from './defaults.ts'
import { compareDistance, keyBits, sharedBits } from './xor.ts'

/** A peer that we dialled at an address of its own record and that proved itself there. */
export interface Contact {
  readonly id: PeerId
  /** `peerKey(id)`. */
  readonly key: Uint8Array
  /** Its signed PeerRecord. */
  readonly record: Uint8Array
  /** The public address blocks (/24, /48) that it listens in; none on this machine and in private networks. */
  readonly blocks: readonly string[]
}

/** What became of a contact: in the table, waiting for a place, or of an address block that has its share already. */
export type SeenOutcome = 'kept' | 'waiting' | 'refused'

/** A routing table. */
export interface KademliaTable {
  /** A contact proved itself just now. It is the most recently seen of its bucket then, and any failure is forgotten. */
  seen(contact: Contact, nowMs: number): SeenOutcome
  /** Whether a peer that we do not know would get a place, or might soon, if it proved itself. */
  wants(contact: Pick<Contact, 'key' | 'blocks'>): boolean
  /** Known to be alive just now, without a new proof of where it listens. */
  alive(id: PeerId, nowMs: number): void
  /** A dial to it failed. Its place goes to whoever waits for one; where nobody does, it may fail a few times. */
  failed(id: PeerId, nowMs: number): void
  /** Takes it out; its place goes to whoever waits for one. */
  remove(id: PeerId): void
  get(id: PeerId): Contact | undefined
  /** The `count` contacts nearest to `target`, nearest first, of those that have not failed last time and that `accept` takes. */
  closest(target: Uint8Array, count: number, accept?: (contact: Contact) => boolean): readonly Contact[]
  /** Contacts to dial because somebody wants their place, because they failed, or because nothing was heard of them for long. Each is named once per `checkMs`. */
  toCheck(nowMs: number, count: number): readonly Contact[]
  /** Somebody looks for `target`: its bucket is fresh. */
  touched(target: Uint8Array, nowMs: number): void
  /** Buckets in whose range nobody looked for anything for `refreshMs`, as shared bits. They count as fresh then. */
  toRefresh(nowMs: number): readonly number[]
  /** Buckets that are less than half full, as shared bits, without the one around us. */
  openRanges(): readonly number[]
  /** Contacts of each bucket, least recently seen first. */
  buckets(): readonly (readonly Contact[])[]
  readonly size: number
}

/** Makes an empty table around our own key. */
export function createKademliaTable(self: Uint8Array, limits: KademliaLimits, startMs: number): KademliaTable {
  const { k } = limits
  const entries = new Map<PeerId, BucketEntry>()
  const perBlock = new Map<string, number>()
  const buckets: Bucket[] = [createBucket(limits, startMs)]

  const indexOf = (key: Uint8Array): number => Math.min(sharedBits(self, key), buckets.length - 1)
  const bucketOf = (key: Uint8Array): Bucket => {
    const bucket = buckets[indexOf(key)]
    if (bucket === undefined) throw new TypeError('a table has a bucket for every key')
    return bucket
  }
  const fitsTable = ({ blocks }: Pick<Contact, 'blocks'>): boolean =>
    blocks.every((block) => (perBlock.get(block) ?? 0) < limits.maxPerBlock)
  const put = (bucket: Bucket, contact: Contact, seenMs: number): void => {
    const entry: BucketEntry = { ...contact, head: headOf(contact.key), seenMs, checkedMs: seenMs, failures: 0 }
    bucket.add(entry)
    entries.set(contact.id, entry)
    for (const block of contact.blocks) addTo(perBlock, block, 1)
  }
  const drop = (bucket: Bucket, entry: BucketEntry): void => {
    bucket.delete(entry)
    entries.delete(entry.id)
    for (const block of entry.blocks) addTo(perBlock, block, -1)
  }
  const split = (nowMs: number): void => {
    const index = buckets.length - 1
    const last = buckets[index]
    if (last === undefined) return
    const nearer = createBucket(limits, nowMs)
    for (const entry of last.entries()) {
      if (sharedBits(self, entry.key) <= index) continue
      last.delete(entry)
      nearer.add(entry)
    }
    for (const { contact, seenMs } of last.waiting()) {
      if (sharedBits(self, contact.key) <= index) continue
      last.forget(contact.id)
      nearer.wait(contact, seenMs)
    }
    buckets.push(nearer)
    for (const bucket of [last, nearer]) promote(bucket)
  }
  /** Gives free places to those who wait, the most recently seen first. */
  const promote = (bucket: Bucket): void => {
    for (const { contact, seenMs } of bucket.waiting().toReversed()) {
      if (bucket.size >= k) return
      if (!fitsTable(contact) || !bucket.fits(contact)) continue
      bucket.forget(contact.id)
      put(bucket, contact, seenMs)
    }
  }
  const closest: KademliaTable['closest'] = (target, count, accept) => {
    const nearest: BucketEntry[] = []
    if (count < 1) return nearest
    // The first 32 bits of a distance decide nearly always, and a number compares faster than bytes.
    const head = headOf(target)
    let farthest = Infinity
    for (const entry of entries.values()) {
      const distance = (entry.head ^ head) >>> 0
      if (distance > farthest || entry.failures > 0 || (accept && !accept(entry))) continue
      let at = nearest.length
      for (let before = nearest[at - 1]; before && isNearer(target, head, entry, before); at--) before = nearest[at - 2]
      if (at >= count) continue
      nearest.splice(at, 0, entry)
      if (nearest.length > count) nearest.pop()
      const last = nearest.length === count ? nearest[count - 1] : undefined
      if (last) farthest = (last.head ^ head) >>> 0
    }
    return nearest
  }
  /** Of our nearest k, though its bucket is full: the farthest of the bucket makes room. */
  const isNeighbour = (contact: Pick<Contact, 'key'>): boolean => {
    const last = closest(self, k)[k - 1]
    return last !== undefined && compareDistance(self, contact.key, last.key) < 0
  }

  return {
    seen(contact, nowMs) {
      const before = entries.get(contact.id)
      if (before) drop(bucketOf(before.key), before)
      while (bucketOf(contact.key).size >= k && canSplit(contact.key)) split(nowMs)
      const bucket = bucketOf(contact.key)
      bucket.forget(contact.id)
      if (!fitsTable(contact) || !bucket.fits(contact)) {
        if (before) promote(bucket)
        return 'refused'
      }
      if (bucket.size >= k) {
        const failing = bucket.failing()
        const farthest = !failing && isNeighbour(contact) ? bucket.farthestFrom(self) : undefined
        if (failing) drop(bucket, failing)
        else if (farthest) {
          drop(bucket, farthest)
          bucket.wait(farthest, farthest.seenMs)
        } else {
          bucket.wait(contact, nowMs)
          return 'waiting'
        }
      }
      put(bucket, contact, nowMs)
      return 'kept'
    },
    wants(contact) {
      if (!fitsTable(contact)) return false
      const bucket = bucketOf(contact.key)
      if (bucket.size >= k && canSplit(contact.key)) return true
      if (!bucket.fits(contact)) return false
      return bucket.size < k || bucket.wantsWaiting || bucket.failing() !== undefined || isNeighbour(contact)
    },
    alive(id, nowMs) {
      const entry = entries.get(id)
      if (!entry) return
      const bucket = bucketOf(entry.key)
      bucket.delete(entry)
      entry.seenMs = nowMs
      entry.failures = 0
      bucket.add(entry)
    },
    failed(id, nowMs) {
      const entry = entries.get(id)
      if (!entry) {
        for (const bucket of buckets) bucket.forget(id)
        return
      }
      const bucket = bucketOf(entry.key)
      entry.failures++
      entry.checkedMs = nowMs
      bucket.changed()
      if (bucket.waiting().length === 0 && entry.failures < limits.maxFailures) return
      drop(bucket, entry)
      promote(bucket)
    },
    remove(id) {
      const entry = entries.get(id)
      if (entry) {
        const bucket = bucketOf(entry.key)
        drop(bucket, entry)
        promote(bucket)
      } else for (const bucket of buckets) bucket.forget(id)
    },
    get: (id) => entries.get(id),
    closest,
    toCheck(nowMs, count) {
      const due: BucketEntry[] = []
      let nearer = 0
      for (const bucket of buckets.toReversed()) {
        if (due.length >= count) break
        due.push(...bucket.due(nowMs, nearer < k ? limits.staleMs : limits.farStaleMs))
        nearer += bucket.size
      }
      const named = due.slice(0, count)
      for (const entry of named) entry.checkedMs = nowMs
      return named
    },
    touched(target, nowMs) {
      bucketOf(target).touchedMs = nowMs
    },
    toRefresh(nowMs) {
      const stale: number[] = []
      for (const [index, bucket] of buckets.entries()) {
        if (nowMs - bucket.touchedMs < limits.refreshMs) continue
        bucket.touchedMs = nowMs
        stale.push(index)
      }
      return stale
    },
    openRanges: () => [...buckets.slice(0, -1).entries()].flatMap(([index, { size }]) => (size < k / 2 ? [index] : [])),
    buckets: () => buckets.map((bucket) => [...bucket.entries()]),
    get size() {
      return entries.size
    },
  }

  function canSplit(key: Uint8Array): boolean {
    return buckets.length < keyBits && indexOf(key) === buckets.length - 1
  }
}

/** The first 32 bits of a key. */
function headOf(key: Uint8Array): number {
  return readU32(key, 0)
}

function isNearer(target: Uint8Array, head: number, a: BucketEntry, b: BucketEntry): boolean {
  const order = ((a.head ^ head) >>> 0) - ((b.head ^ head) >>> 0)
  return (order === 0 ? compareDistance(target, a.key, b.key) : order) < 0
}
