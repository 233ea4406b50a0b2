/**
 * @module routes/kademlia-schedule
 * What a routing table looks for by itself: our own key when we have joined, then something in each range that is not half full, one at a time; later
 * what nobody looked for in an hour. Not here: the searches.
 */
import type { Random } from '../random.ts'
import type { KademliaTable } from './kademlia-table.ts'
import type { RouteSearch } from './route.ts'
import { keySharing } from './xor.ts'

/** The searches to come. */
export interface Schedule {
  /** What to look for now, one key at most. `company`: there is somebody to ask. */
  due(company: boolean, nowMs: number): readonly RouteSearch[]
}

/** Makes it for a table around our own key; `fillWidth`: how many nearest are looked for elsewhere than around us. */
export function createSchedule(self: Uint8Array, table: KademliaTable, fillWidth: number, random: Random): Schedule {
  /** Around us whoever is there must be found. */
  const around: RouteSearch = { key: self, width: undefined }
  let isAlone = true
  /** Ranges that were looked into because they are not half full: once each. */
  const looked = new Set<number>()
  /** Ranges to look into, as bits shared with us; taken from the end. */
  let ranges: readonly number[] = []
  return {
    due(company, nowMs) {
      if (!company) {
        // Alone: whoever comes next is a new beginning.
        isAlone = true
        looked.clear()
        ranges = []
        return []
      }
      if (isAlone) {
        isAlone = false
        return [around]
      }
      if (ranges.length === 0) {
        // The first search takes longer than a round where peers are far away: ranges come up as the table grows.
        const open = table.openRanges().filter((bits) => !looked.has(bits))
        for (const bits of open) looked.add(bits)
        ranges = open.length > 0 ? open : table.toRefresh(nowMs)
      }
      const bits = ranges.at(-1)
      ranges = ranges.slice(0, -1)
      if (bits === undefined) return []
      return [bits === table.buckets().length - 1 ? around : { key: keySharing(self, bits, random), width: fillWidth }]
    },
  }
}
