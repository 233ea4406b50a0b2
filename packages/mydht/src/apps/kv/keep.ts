/**
 * @module apps/kv/keep
 * Which record stays: the newest, within the quotas, in a store that may outlive us. Not here: whether a record is true (`validate.ts`), and the store itself
 * (`stores/`).
 */
import type { Clock } from '../../clock.ts'
import type { Store, StoredRecord } from '../../stores/store.ts'
import { createQuota, type KeptBy, type KeptEntry, type QuotaLimits } from '../quota.ts'
import * as defaults from './defaults.ts'
import { decodeKept, encodeKept, isSameCare, type Care, type Keeping } from './kept.ts'
import type { Key } from './key.ts'
import type { RecordRules } from './namespaces.ts'
import type { KvOptions } from './protocol.ts'
import { compareRecords, decodeRecord, encodeCarried, type KvRecord } from './records.ts'
import type { ValidRecord } from './validate.ts'

/**
 * `news`: kept, and newer than what was there or longer alive. `known`: the same. `older`: we have a newer one. `full`: newer, but no room. `busy`: newer, but the
 * store cannot follow.
 */
export type KeepOutcome = 'news' | 'known' | 'older' | 'full' | 'busy'

/** A record as it is kept. */
export interface KeptRecord {
  readonly record: KvRecord
  readonly keeping: Keeping
  /** Milliseconds since 1970, by our clock. */
  readonly expiresAtMs: number
}

/** Keeps records in a store. */
export interface Keeper {
  /**
   * Keeps a valid record. `by`: who had us keep it, so that its quota counts; undefined: our own wish. `block`: the public address block that it
   * came from, whose quota counts too; undefined: none is known, or it is a private one. `care`: how it is looked after from now on; undefined: as before.
   */
  keep(valid: ValidRecord, by?: KeptBy, block?: string, care?: Care): KeepOutcome
  /**
   * The same for a copy that passes by, which lives `mostMs` at the most and does not count as held. Where a record is kept for good a newer version of it takes its
   * place there, for its whole life.
   */
  cache(valid: ValidRecord, by: KeptBy, block?: string, mostMs?: number): KeepOutcome
  /** The same for a newer version of what is kept, whoever has us keep it. */
  renew(valid: ValidRecord): KeepOutcome
  /** Whether what is kept under a key is a cached copy. */
  isCached(key: Key): boolean
  /** What is kept under a key, why, and when it dies. */
  held(key: Key): KeptRecord | undefined
  /** The same as it travels, with its remaining lifetime. */
  carried(key: Key): Uint8Array | undefined
  remove(key: Key): boolean
  /** Counts a record that an earlier run kept for whoever had it kept. Gives how it was looked after. */
  recall(key: Key, stored: StoredRecord): Care | undefined
  size(): {
    readonly records: number
    readonly bytes: number
    readonly spreadRecords: number
    readonly spreadBytes: number
  }
}

/** What a keeper may be told beside its quotas. */
export interface KeeperRules {
  /** Which of two records is the better. @default the usual order */
  readonly compare?: RecordRules['compare'] | undefined
  /** Whose the records are (`apps/scope.ts`). @default 0 */
  readonly scope?: number | undefined
  /** A record of others made room. */
  readonly evicted?: ((key: string) => void) | undefined
}

/** Makes a keeper over a store, whose records nobody else changes from then on. */
export function createKeeper(
  store: Store,
  clock: Clock,
  option: KvOptions['keepSpread'],
  { compare = compareRecords, scope = 0, evicted }: KeeperRules = {}
): Keeper {
  const quota = createQuota(limitsOf(option))

  const keptOf = (stored: StoredRecord | undefined): KeptRecord | undefined => {
    const kept = stored && decodeKept(scope, stored.bytes)
    const decoded = kept && decodeRecord(kept.record)
    if (!stored || !kept || !decoded?.ok) return undefined
    return { record: decoded.value, keeping: kept.keeping, expiresAtMs: stored.expiresAtMs }
  }
  const held = (key: Key): KeptRecord | undefined => keptOf(store.get(key))
  const keepingOf = (key: Key): Keeping | undefined => {
    const stored = store.get(key)
    return stored && decodeKept(scope, stored.bytes)?.keeping
  }
  const evict = (keys: readonly string[]): void => {
    for (const key of keys) {
      quota.forget(key)
      store.delete(key)
      evicted?.(key)
    }
  }

  /** Puts a record of others where its quota lets it. */
  const putFor = (entry: KeptEntry, value: Uint8Array): 'stored' | 'full' | 'busy' => {
    let goes = quota.room(entry, false)
    if (!goes) return 'full'
    let outcome = store.put(entry.key, value, entry.expiresAtMs)
    if (outcome === 'full') {
      goes = quota.room(entry, true)
      if (!goes) return 'full'
      evict(goes)
      goes = []
      outcome = store.put(entry.key, value, entry.expiresAtMs)
    }
    if (outcome !== 'stored') return outcome
    evict(goes)
    quota.add(entry)
    return 'stored'
  }
  /** Puts what our own program wants kept: that of others makes room. */
  const putOurs = (key: Key, value: Uint8Array, expiresAtMs: number): 'stored' | 'full' | 'busy' => {
    let outcome = store.put(key, value, expiresAtMs)
    // One record may be one too many, or its bytes are.
    for (const bytes of [0, value.length]) {
      const goes = outcome === 'full' ? quota.roomForOurs(bytes) : undefined
      if (!goes) break
      evict(goes)
      outcome = store.put(key, value, expiresAtMs)
    }
    if (outcome === 'stored') quota.forget(key)
    return outcome
  }
  const write = (valid: ValidRecord, keeping: Keeping, before: KeptRecord | undefined): KeepOutcome => {
    const { key, expiresAtMs } = valid
    const put = ({ by, block, cached, care }: Keeping): 'stored' | 'full' | 'busy' => {
      const value = encodeKept(scope, { by, block, cached, care }, valid.bytes)
      if (by === undefined) return putOurs(key, value, expiresAtMs)
      return putFor({ key, by, block, bytes: value.length, expiresAtMs, cached }, value)
    }
    const { by, block } = keeping
    const entry = by && { key, by, block, bytes: 0, expiresAtMs, cached: keeping.cached }
    if (!entry || quota.mayBring(entry)) return said(put(keeping))
    // The newest wins: whoever brings it may have no more here, but it takes the place of what is here already.
    const stays = before && !before.keeping.cached && !keeping.cached
    return stays ? said(put({ ...keeping, by: before.keeping.by, block: before.keeping.block })) : 'full'
  }

  const put = (valid: ValidRecord, asked: Keeping): KeepOutcome => {
    quota.sweep(clock.now())
    const before = held(valid.key)
    if (!before) return write(valid, asked, undefined)
    const order = compare(valid.record, before.record)
    if (order < 0) return 'older'
    const was = before.keeping
    const care = asked.care?.type === 'publish' || was.care === undefined ? (asked.care ?? was.care) : was.care
    const passesBy = asked.cached && !was.cached
    // What passes by does not take over what is kept for good, and what was kept by our own wish stays ours, whoever brings its next version.
    const stays = asked.by !== undefined && (passesBy || was.by === undefined)
    const keeping = stays ? { ...was, care } : { ...asked, care }
    const becomesOurs = keeping.by === undefined && was.by !== undefined
    // The same again: news only if it lives notably longer, or transit times would keep it alive for ever.
    const longerMs = valid.expiresAtMs - before.expiresAtMs
    const isSame =
      order === 0 &&
      !becomesOurs &&
      keeping.cached === was.cached &&
      (passesBy || longerMs < (asked.by === undefined ? 1 : defaults.refreshMs))
    const expiresAtMs = order === 0 ? Math.max(valid.expiresAtMs, before.expiresAtMs) : valid.expiresAtMs
    if (!isSame) return write({ ...valid, expiresAtMs }, keeping, before)
    if (!isSameCare(care, was.care)) write({ ...valid, expiresAtMs: before.expiresAtMs }, { ...was, care }, before)
    return 'known'
  }

  const cache = (valid: ValidRecord, by: KeptBy, block: string | undefined, mostMs: number): KeepOutcome => {
    const isForGood = keepingOf(valid.key)?.cached === false
    const expiresAtMs = isForGood ? valid.expiresAtMs : Math.min(valid.expiresAtMs, clock.now() + mostMs)
    return put({ ...valid, expiresAtMs }, { by, block, cached: true, care: undefined })
  }

  return {
    held,
    isCached: (key) => keepingOf(key)?.cached === true,
    keep: (valid, by, block, care) =>
      by === 'passing' ? cache(valid, by, block, Infinity) : put(valid, { by, block, cached: false, care }),
    cache: (valid, by, block, mostMs = Infinity) => cache(valid, by, block, mostMs),
    renew(valid) {
      const { by, block, cached = false } = keepingOf(valid.key) ?? {}
      return put(valid, { by, block, cached, care: undefined })
    },
    carried(key) {
      const stored = store.get(key)
      const kept = stored && decodeKept(scope, stored.bytes)
      return kept && encodeCarried(stored.expiresAtMs - clock.now(), kept.record)
    },
    remove(key) {
      quota.forget(key)
      return store.delete(key)
    },
    recall(key, { bytes, expiresAtMs }) {
      const kept = decodeKept(scope, bytes)
      if (!kept) return undefined
      const { by, block, cached, care } = kept.keeping
      if (by !== undefined && !quota.get(key)) quota.add({ key, by, block, bytes: bytes.length, expiresAtMs, cached })
      return care
    },
    size() {
      quota.sweep(clock.now())
      return { ...store.size(), spreadRecords: quota.size, spreadBytes: quota.bytes }
    },
  }
}

function said(outcome: 'stored' | 'full' | 'busy'): KeepOutcome {
  return outcome === 'stored' ? 'news' : outcome
}

function limitsOf(option: KvOptions['keepSpread']): QuotaLimits {
  const { maxVictims } = defaults
  if (option === false) return { maxRecords: 0, maxBytes: 0, maxPerPeer: 0, maxPerBlock: 0, maxVictims }
  return {
    maxRecords: option?.maxRecords ?? defaults.maxSpreadRecords,
    maxBytes: option?.maxBytes ?? defaults.maxSpreadBytes,
    maxPerPeer: option?.maxPerPeer ?? defaults.maxSpreadPerPeer,
    maxPerBlock: option?.maxPerBlock ?? defaults.maxSpreadPerBlock,
    maxVictims,
  }
}
