/**
 * @module apps/peers/table
 * A bounded table of verified PeerRecords: the newest of each peer, few of each address block, dead ones dropped. Pure: no clock, no events.
 */
import type { PeerId } from '../../identity/peer-id.ts'
import { newerRecord, type PeerRecord } from '../../identity/peer-record.ts'
import { publicBlocks } from '../../peers/host-key.ts'
import { createExpiryHeap } from '../../stores/expiry-heap.ts'

/** A verified record and its bytes. */
export interface KnownPeer {
  readonly record: PeerRecord
  readonly bytes: Uint8Array
  /** Who named it first; undefined: the peer itself. */
  readonly cause?: PeerId | undefined
  /** The public address block that it was named from. */
  readonly namedFrom?: string | undefined
  /** Of a proven peer: the host of the link on which it proved itself. */
  readonly host?: string | undefined
}

/** Peers that can be dialled, in order of `add`. */
export interface PeerTable {
  /** Takes a verified record in, as the latest. `old`: a newer one is there. `refused`: its block or that of who named it is full, or it cannot be dialled. */
  add(peer: KnownPeer): 'news' | 'known' | 'old' | 'refused'
  get(id: PeerId): KnownPeer | undefined
  delete(id: PeerId): boolean
  /** The same, and `dropped` is not told. */
  take(id: PeerId): boolean
  /** Up to `count` peers, the latest first, none of `exclude`. */
  some(count: number, exclude: ReadonlySet<PeerId>): readonly KnownPeer[]
  /** The same, the earliest first. */
  earliest(count: number, exclude: ReadonlySet<PeerId>): readonly KnownPeer[]
  /** Drops what is dead at `nowMs`. */
  sweep(nowMs: number): void
  readonly size: number
}

interface Entry extends KnownPeer {
  readonly expiresAtMs: number
  readonly blocks: readonly string[]
}

/** Bounds of a table, and who hears of it. */
export interface PeerTableOptions {
  /** Peers in all. When it is full the earliest goes. */
  readonly max: number
  /** Peers in one public address block. */
  readonly maxPerBlock: number
  /** Peers that were named from one. @default Infinity */
  readonly maxNamedPerBlock?: number | undefined
  /** How much longer than its record a peer stays, in milliseconds. @default 0 */
  readonly graceMs?: number | undefined
  /** Told who is not in it any more: dead, deleted, or the earliest of a full table. */
  readonly dropped?: ((peer: KnownPeer) => void) | undefined
}

/** Makes an empty table. */
export function createPeerTable(options: PeerTableOptions): PeerTable {
  const { max, maxPerBlock, maxNamedPerBlock = Infinity, graceMs = 0, dropped = () => {} } = options
  const entries = new Map<PeerId, Entry>()
  const namedPerBlock = new Map<string, number>()
  const perBlock = new Map<string, number>()
  const heap = createExpiryHeap<Entry>((entry) => entries.get(entry.record.id) === entry)

  const drop = (entry: Entry): void => {
    entries.delete(entry.record.id)
    for (const block of entry.blocks) addTo(perBlock, block, -1)
    if (entry.namedFrom !== undefined) addTo(namedPerBlock, entry.namedFrom, -1)
  }

  const leave = (entry: Entry): void => {
    drop(entry)
    dropped(entry)
  }

  return {
    add({ record, bytes, cause, namedFrom, host }) {
      if (record.clientOnly || record.addresses.length === 0) return 'refused'
      const before = entries.get(record.id)
      if (before && before.record.sequence !== record.sequence && newerRecord(before.record, record) === before.record)
        return 'old'
      const known = before?.record.sequence === record.sequence
      const blocks = known && before ? before.blocks : publicBlocks(record.addresses)
      const others = (block: string): number => (perBlock.get(block) ?? 0) - (before?.blocks.includes(block) ? 1 : 0)
      if (blocks.some((block) => others(block) >= maxPerBlock)) return 'refused'
      const isCounted = known || namedFrom === undefined || before?.namedFrom === namedFrom
      if (!isCounted && (namedPerBlock.get(namedFrom) ?? 0) >= maxNamedPerBlock) return 'refused'
      const earliest = !before && entries.size >= max ? entries.values().next().value : undefined
      if (before) drop(before)
      if (earliest) leave(earliest)
      const entry: Entry =
        known && before
          ? before
          : { record, bytes: bytes.slice(), cause, namedFrom, host, expiresAtMs: record.expiresAtMs + graceMs, blocks }
      entries.set(record.id, entry)
      for (const block of blocks) addTo(perBlock, block, 1)
      if (entry.namedFrom !== undefined) addTo(namedPerBlock, entry.namedFrom, 1)
      if (entry !== before) heap.add(entry, entries.size)
      return known ? 'known' : 'news'
    },
    get: (id) => entries.get(id),
    delete(id) {
      const entry = entries.get(id)
      if (entry) leave(entry)
      return entry !== undefined
    },
    take(id) {
      const entry = entries.get(id)
      if (entry) drop(entry)
      return entry !== undefined
    },
    some: (count, exclude) => firstOf([...entries.values()].toReversed(), count, exclude),
    earliest: (count, exclude) => firstOf(entries.values(), count, exclude),
    sweep(nowMs) {
      for (let dead = heap.next(nowMs); dead; dead = heap.next(nowMs)) leave(dead)
    },
    get size() {
      return entries.size
    },
  }
}

function firstOf(entries: Iterable<KnownPeer>, count: number, exclude: ReadonlySet<PeerId>): readonly KnownPeer[] {
  const first: KnownPeer[] = []
  for (const entry of entries) {
    if (first.length >= count) break
    if (!exclude.has(entry.record.id)) first.push(entry)
  }
  return first
}

function addTo(counts: Map<string, number>, key: string, change: number): void {
  const count = (counts.get(key) ?? 0) + change
  if (count > 0) counts.set(key, count)
  else counts.delete(key)
}
