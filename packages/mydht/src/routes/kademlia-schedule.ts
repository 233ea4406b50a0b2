/**
 * @module routes/kademlia-schedule
 * What a routing table looks for by itself: our own key when we have joined, then something in each range that is not full, one at a time; later
 * what nobody looked for in an hour. Not here: the searches.
 */
import type { Random } from '../random.ts'
import type { KademliaTable } from './kademlia-table.ts'
import { keySharing } from './xor.ts'

/** The searches to come. */
export interface Schedule {
  /** Keys to look for now, one at most. `company`: there is somebody to ask. */
  due(company: boolean, nowMs: number): readonly Uint8Array[]
}

/** Makes it for a table around our own key. */
export function createSchedule(self: Uint8Array, table: KademliaTable, random: Random): Schedule {
  let phase: 'alone' | 'joining' | 'joined' = 'alone'
  /** Ranges to look into, as bits shared with us; taken from the end. */
  let ranges: readonly number[] = []
  return {
    due(company, nowMs) {
      if (!company) {
        // Alone: whoever comes next is a new beginning.
        phase = 'alone'
        ranges = []
        return []
      }
      if (phase === 'alone') {
        phase = 'joining'
        return [self]
      }
      if (phase === 'joining') {
        phase = 'joined'
        ranges = table.openRanges()
      } else if (ranges.length === 0) ranges = table.toRefresh(nowMs)
      const bits = ranges.at(-1)
      ranges = ranges.slice(0, -1)
      return bits === undefined ? [] : [bits === table.buckets().length - 1 ? self : keySharing(self, bits, random)]
    },
  }
}
