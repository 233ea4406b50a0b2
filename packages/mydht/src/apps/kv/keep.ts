/**
 * @module apps/kv/keep
 * Keeping valid records: the newest wins before it is stored, and what others had us keep stays within quotas. Not here: whether a record is
 * true (`validate.ts`), or where its bytes lie (`stores/`).
 */
import type { Clock } from '../../clock.ts'
import type { PeerId } from '../../identity/peer-id.ts'
import { createExpiryHeap } from '../../stores/expiry-heap.ts'
import type { Store } from '../../stores/store.ts'
import * as defaults from './defaults.ts'
import type { Key } from './key.ts'
import type { KvOptions } from './protocol.ts'
import { compareRecords, decodeRecord, encodeCarried, type KvRecord } from './records.ts'
import type { ValidRecord } from './validate.ts'

/** `news`: kept, and newer than what was there or longer alive. `known`: the same. `older`: we have a newer one. `full`: newer, but no room. */
export type KeepOutcome = 'news' | 'known' | 'older' | 'full'

/** Why we keep a record of others: a peer that spread it, or that it passed through us as an answer. */
export type KeptBy = PeerId | 'passing'

/** Keeps records in a store. */
export interface Keeper {
  /**
   * Keeps a valid record. `by`: who had us keep it, so that its quota counts; undefined: our own wish. `block`: the public address block that it
   * came from, whose quota counts too; undefined: none is known, or it is a private one.
   */
  keep(valid: ValidRecord, by?: KeptBy, block?: string): KeepOutcome
  /** What is kept under a key, and when it dies. */
  held(key: Key): { readonly record: KvRecord; readonly expiresAtMs: number } | undefined
  /** The same as it travels, with its remaining lifetime. */
  carried(key: Key): Uint8Array | undefined
  remove(key: Key): boolean
  size(): { readonly records: number; readonly bytes: number; readonly spreadRecords: number }
}

interface SpreadEntry {
  readonly key: Key
  readonly by: KeptBy
  readonly block: string | undefined
  readonly expiresAtMs: number
}

/** Makes a keeper over a store, which nobody else changes from then on. */
export function createKeeper(store: Store, clock: Clock, quota: KvOptions['keepSpread']): Keeper {
  const limits = quota === false ? { maxRecords: 0, maxPerPeer: 0, maxPerBlock: 0 } : quota
  const maxRecords = limits?.maxRecords ?? defaults.maxSpreadRecords
  const maxPerPeer = limits?.maxPerPeer ?? defaults.maxSpreadPerPeer
  const maxPerBlock = limits?.maxPerBlock ?? defaults.maxSpreadPerBlock
  const spread = new Map<Key, SpreadEntry>()
  const perPeer = new Map<KeptBy, number>()
  const perBlock = new Map<string, number>()
  const heap = createExpiryHeap<SpreadEntry>((entry) => spread.get(entry.key) === entry)

  const forget = (key: Key): void => {
    const entry = spread.get(key)
    if (!entry) return
    spread.delete(key)
    addTo(perPeer, entry.by, -1)
    if (entry.block !== undefined) addTo(perBlock, entry.block, -1)
  }
  const sweep = (): void => {
    const now = clock.now()
    for (let dead = heap.next(now); dead; dead = heap.next(now)) forget(dead.key)
  }
  const fits = (key: Key, by: KeptBy, block: string | undefined): boolean => {
    const there = spread.get(key)
    if (!there && spread.size >= maxRecords) return false
    if (there?.by !== by && (perPeer.get(by) ?? 0) >= maxPerPeer) return false
    return block === undefined || there?.block === block || (perBlock.get(block) ?? 0) < maxPerBlock
  }

  const held: Keeper['held'] = (key) => {
    const kept = store.get(key)
    if (!kept) return undefined
    const decoded = decodeRecord(kept.bytes)
    return decoded.ok ? { record: decoded.value, expiresAtMs: kept.expiresAtMs } : undefined
  }

  return {
    held,
    keep({ key, record, bytes, expiresAtMs }, by, block) {
      sweep()
      const before = held(key)
      if (before) {
        const order = compareRecords(record, before.record)
        if (order < 0) return 'older'
        // The same again: news only if it lives notably longer, or transit times would keep it alive for ever.
        const longerMs = expiresAtMs - before.expiresAtMs
        if (order === 0 && longerMs < (by === undefined ? 1 : defaults.refreshMs)) return 'known'
      }
      // What was kept by our own wish stays ours, whoever brings its next version.
      const counts = by !== undefined && (!before || spread.has(key))
      if (counts && !fits(key, by, block)) return 'full'
      if (store.put(key, bytes, expiresAtMs) === 'full') return 'full'
      forget(key)
      if (counts) {
        const entry: SpreadEntry = { key, by, block, expiresAtMs }
        spread.set(key, entry)
        addTo(perPeer, by, 1)
        if (block !== undefined) addTo(perBlock, block, 1)
        heap.add(entry, spread.size)
      }
      return 'news'
    },
    carried(key) {
      const kept = store.get(key)
      return kept && encodeCarried(kept.expiresAtMs - clock.now(), kept.bytes)
    },
    remove(key) {
      forget(key)
      return store.delete(key)
    },
    size() {
      sweep()
      return { ...store.size(), spreadRecords: spread.size }
    },
  }
}

/** Counts up or down; what is at 0 is forgotten. */
function addTo<K>(counts: Map<K, number>, key: K, change: number): void {
  const count = (counts.get(key) ?? 0) + change
  if (count > 0) counts.set(key, count)
  else counts.delete(key)
}
