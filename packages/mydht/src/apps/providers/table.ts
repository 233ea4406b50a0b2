/**
 * @module apps/providers/table
 * The provider records that a node keeps: one per key and peer, the newest wins, bounded in every direction, in memory. Withdrawn ones are kept too,
 * until everything that they withdraw is dead, so that an old record does not bring a provider back. Not here: whether a record is true.
 */
import type { Clock } from '../../clock.ts'
import type { PeerId } from '../../identity/peer-id.ts'
import type { Random } from '../../random.ts'
import { createExpiryHeap } from '../../stores/expiry-heap.ts'
import { compareProviders, type ProviderRecord } from './provider-record.ts'

/** `news`: kept, newer than what was there. `known`: we have just this one. `older`: we have a newer one. `full`: newer, but no room. */
export type KeptAs = 'news' | 'known' | 'older' | 'full'

/** How much is kept for others. */
export interface TableLimits {
  readonly maxRecords: number
  readonly maxPerKey: number
  readonly maxPerPeer: number
  readonly maxPerBlock: number
}

/** A record as it is kept. */
export interface KeptProvider {
  readonly record: ProviderRecord
  /** Milliseconds since 1970, by our clock. */
  readonly expiresAtMs: number
  /** Who had us keep it; undefined: it is our own. */
  readonly by: PeerId | undefined
  /** The public address block that it came from; undefined: none is known, or it is a private one. */
  readonly block: string | undefined
}

/** The records of a node. */
export interface ProviderTable {
  keep(entry: KeptProvider): KeptAs
  /** What is kept of one provider of one key, a withdrawn record too. */
  get(key: string, provider: PeerId): KeptProvider | undefined
  /** Those that provide a key, at most `limit`; of more than that a random choice, so that all get their share. */
  of(key: string, limit: number): readonly KeptProvider[]
  /** Live records; `others`: those kept for others, withdrawn ones too. */
  size(): { readonly records: number; readonly others: number }
}

/** Makes an empty table. `evicted` hears of records that made room for others. */
export function createProviderTable(
  clock: Clock,
  random: Random,
  limits: TableLimits,
  evicted: (record: ProviderRecord) => void = () => {}
): ProviderTable {
  const byKey = new Map<string, Map<PeerId, KeptProvider>>()
  const perPeer = new Map<PeerId, number>()
  const perBlock = new Map<string, number>()
  const heap = createExpiryHeap<KeptProvider>((entry) => at(entry) === entry)
  let records = 0
  let others = 0

  const at = ({ record }: KeptProvider): KeptProvider | undefined => byKey.get(record.key)?.get(record.provider)
  const count = ({ by, block }: KeptProvider, change: number): void => {
    records += change
    if (by === undefined) return
    others += change
    addTo(perPeer, by, change)
    if (block !== undefined) addTo(perBlock, block, change)
  }
  const remove = (entry: KeptProvider): void => {
    const { key, provider } = entry.record
    const slots = byKey.get(key)
    if (!slots?.delete(provider)) return
    if (slots.size === 0) byKey.delete(key)
    count(entry, -1)
  }
  const sweep = (): void => {
    const now = clock.now()
    for (let dead = heap.next(now); dead; dead = heap.next(now)) remove(dead)
  }
  /** Whether a record of others fits where `before` is replaced. */
  const fits = ({ by, block }: KeptProvider, before: KeptProvider | undefined): boolean => {
    if (by === undefined) return true
    if (!before && others >= limits.maxRecords) return false
    if (before?.by !== by && (perPeer.get(by) ?? 0) >= limits.maxPerPeer) return false
    return block === undefined || before?.block === block || (perBlock.get(block) ?? 0) < limits.maxPerBlock
  }

  return {
    get(key, provider) {
      sweep()
      return byKey.get(key)?.get(provider)
    },
    keep(entry) {
      sweep()
      const { key, provider } = entry.record
      const slots = byKey.get(key)
      const before = slots?.get(provider)
      if (before) {
        const order = compareProviders(entry.record, before.record)
        if (order <= 0) return order < 0 ? 'older' : 'known'
      }
      if (entry.expiresAtMs <= clock.now()) return 'older'
      if (!fits(entry, before)) return 'full'
      if (!before && entry.by !== undefined && slots && slots.size >= limits.maxPerKey) {
        const victim = spareable(slots, entry)
        if (!victim) return 'full'
        remove(victim)
        evicted(victim.record)
      }
      if (before) remove(before)
      const mine = byKey.get(key) ?? new Map<PeerId, KeptProvider>()
      byKey.set(key, mine.set(provider, entry))
      count(entry, 1)
      heap.add(entry, records)
      return 'news'
    },
    of(key, limit) {
      sweep()
      const live = [...(byKey.get(key)?.values() ?? [])].filter(({ record }) => !record.withdrawn)
      // The beginning of a shuffle (Fisher and Yates): only as far as it is wanted.
      for (let i = 0; i < Math.min(limit, live.length - 1); i++) {
        const other = i + random.below(live.length - i)
        const [one, two] = [live[i], live[other]]
        if (one && two) [live[i], live[other]] = [two, one]
      }
      return live.slice(0, Math.max(0, limit))
    },
    size() {
      sweep()
      return { records, others }
    },
  }
}

/**
 * Who of a full key makes room for a new provider: one that has withdrawn, else one from the address block that has most of them, if the new one's has
 * fewer. Nobody for a withdrawal, or for somebody of an unknown block: they are no reason to lose a provider.
 */
function spareable(
  slots: ReadonlyMap<PeerId, KeptProvider>,
  { record, block }: KeptProvider
): KeptProvider | undefined {
  if (record.withdrawn) return undefined
  const inBlock = new Map<string, KeptProvider[]>()
  for (const kept of slots.values()) {
    if (kept.by === undefined) continue
    if (kept.record.withdrawn) return kept
    if (kept.block === undefined) continue
    const list = inBlock.get(kept.block)
    if (list) list.push(kept)
    else inBlock.set(kept.block, [kept])
  }
  if (block === undefined) return undefined
  let most: readonly KeptProvider[] = []
  for (const list of inBlock.values()) if (list.length > most.length) most = list
  // The one that has been here longest: it is the first to be replaced by its own next record anyway.
  return most.length > (inBlock.get(block)?.length ?? 0) + 1 ? most[0] : undefined
}

/** Counts up or down; what is at 0 is forgotten. */
function addTo<K>(counts: Map<K, number>, key: K, change: number): void {
  const sum = (counts.get(key) ?? 0) + change
  if (sum > 0) counts.set(key, sum)
  else counts.delete(key)
}
