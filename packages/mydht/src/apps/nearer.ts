/**
 * @module apps/nearer
 * How near we are to a key: how many that we know are nearer. A holder takes what it is near to, and nothing else. Not here: what it holds.
 */
import { peerKey } from '../identity/peer-key.ts'
import type { PeerId } from '../identity/peer-id.ts'
import { peekPeerRecordId } from '../identity/peer-record.ts'
import type { PeerRef } from '../identity/peer-ref.ts'
import { compareDistance } from '../routes/xor.ts'
import type { QueryApp } from './query-app.ts'

/** Counts those nearer to a key than we, up to some number, but for `from`, who asks. `take` is called once, perhaps before this returns. */
export type CountNearer = (from: PeerRef, key: Uint8Array, take: (nearer: number) => void) => void

/** Makes it. `most`: more than that are not counted. `nearest`: as the query app has it. */
export function createCountNearer(self: PeerId, most: number, nearest: QueryApp<never, never>['nearest']): CountNearer {
  const own = peerKey(self)
  return (from, key, take) =>
    nearest(key, most, [from.id], (records) => {
      let nearer = 0
      for (const record of records) {
        const id = peekPeerRecordId(record)
        if (id !== undefined && compareDistance(key, peerKey(id), own) < 0) nearer++
      }
      take(nearer)
    })
}
