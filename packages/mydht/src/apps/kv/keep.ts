/**
 * @module apps/kv/keep
 * Keeping valid records: the newest wins before it is stored, and what others had us keep stays within quotas. Not here: whether a record is
 * true (`validate.ts`), or where its bytes lie (`stores/`).
 */
import type { Clock } from '../../clock.ts'
import type { Store } from '../../stores/store.ts'
import * as defaults from './defaults.ts'
import type { Key } from './key.ts'
import type { RecordRules } from './namespaces.ts'
import type { KvOptions } from './protocol.ts'
import { createQuota, type KeptBy, type KeptEntry } from './quota.ts'
import { compareRecords, decodeRecord, encodeCarried, type KvRecord } from './records.ts'
import type { ValidRecord } from './validate.ts'

/** `news`: kept, and newer than what was there or longer alive. `known`: the same. `older`: we have a newer one. `full`: newer, but no room. */
export type KeepOutcome = 'news' | 'known' | 'older' | 'full'

/** Keeps records in a store. */
export interface Keeper {
  /**
   * Keeps a valid record. `by`: who had us keep it, so that its quota counts; undefined: our own wish. `block`: the public address block that it
   * came from, whose quota counts too; undefined: none is known, or it is a private one.
   */
  keep(valid: ValidRecord, by?: KeptBy, block?: string): KeepOutcome
  /** The same for a copy that passes by: it does not take the place of one that is kept for good, and does not count as held. */
  cache(valid: ValidRecord, by: KeptBy, block?: string): KeepOutcome
  /** The same for a newer version of what is kept, whoever has us keep it. */
  renew(valid: ValidRecord): KeepOutcome
  /** Whether what is kept under a key is a cached copy. */
  isCached(key: Key): boolean
  /** What is kept under a key, and when it dies. */
  held(key: Key): { readonly record: KvRecord; readonly expiresAtMs: number } | undefined
  /** The same as it travels, with its remaining lifetime. */
  carried(key: Key): Uint8Array | undefined
  remove(key: Key): boolean
  size(): { readonly records: number; readonly bytes: number; readonly spreadRecords: number }
}

/** Makes a keeper over a store, which nobody else changes from then on. */
export function createKeeper(
  store: Store,
  clock: Clock,
  option: KvOptions['keepSpread'],
  compare: RecordRules['compare'] = compareRecords
): Keeper {
  const quota = createQuota(option)

  const held: Keeper['held'] = (key) => {
    const kept = store.get(key)
    if (!kept) return undefined
    const decoded = decodeRecord(kept.bytes)
    return decoded.ok ? { record: decoded.value, expiresAtMs: kept.expiresAtMs } : undefined
  }

  const isCached = (key: Key): boolean => quota.get(key)?.cached === true
  /** Makes room for one more, if somebody has more here than he may keep. False: nobody has. */
  const makeRoom = (entry: KeptEntry): boolean => {
    const victim = quota.victim(entry)
    if (victim === undefined) return false
    quota.forget(victim)
    store.delete(victim)
    return true
  }
  /** Puts a record of others where its quota lets it. */
  const putFor = (entry: KeptEntry, bytes: Uint8Array): boolean => {
    for (let tries = 0; tries <= defaults.maxVictims; tries++) {
      const fits = quota.fits(entry)
      if (fits === 'full') return false
      if (fits === 'fits' && store.put(entry.key, bytes, entry.expiresAtMs) === 'stored') {
        quota.add(entry)
        return true
      }
      if (!makeRoom(entry)) return false
    }
    return false
  }

  const put = (valid: ValidRecord, by: KeptBy | undefined, block: string | undefined, cached: boolean): KeepOutcome => {
    const { key, record, bytes, expiresAtMs } = valid
    quota.sweep(clock.now())
    const before = held(key)
    if (before) {
      const order = compare(record, before.record)
      if (order < 0) return 'older'
      // What is kept for good is not replaced by what passes by.
      if (cached && !isCached(key)) return 'known'
      const promoted = !cached && isCached(key)
      // The same again: news only if it lives notably longer, or transit times would keep it alive for ever.
      const longerMs = expiresAtMs - before.expiresAtMs
      if (order === 0 && !promoted && longerMs < (by === undefined ? 1 : defaults.refreshMs)) return 'known'
    }
    // What was kept by our own wish stays ours, whoever brings its next version.
    if (by !== undefined && (!before || quota.get(key)))
      return putFor({ key, by, block, expiresAtMs, cached }, bytes) ? 'news' : 'full'
    if (store.put(key, bytes, expiresAtMs) === 'full') return 'full'
    quota.forget(key)
    return 'news'
  }

  return {
    held,
    isCached,
    keep: (valid, by, block) => put(valid, by, block, by === 'passing'),
    cache: (valid, by, block) => put(valid, by, block, true),
    renew(valid) {
      const { by, block, cached = false } = quota.get(valid.key) ?? {}
      return put(valid, by, block, cached)
    },
    carried(key) {
      const kept = store.get(key)
      return kept && encodeCarried(kept.expiresAtMs - clock.now(), kept.bytes)
    },
    remove(key) {
      quota.forget(key)
      return store.delete(key)
    },
    size() {
      quota.sweep(clock.now())
      return { ...store.size(), spreadRecords: quota.size }
    },
  }
}
