/**
 * @module apps/kv/upkeep
 * Records that outlive their holders. Who holds a record gives it to the nearest again when nobody has brought it for a while; who published it does so
 * half-way through its life, with a new life; and a peer that turns up among the nearest is given what it should hold. Not here: how (`holders.ts`).
 */
import { peerKey } from '../../identity/peer-key.ts'
import { peekPeerRecordId } from '../../identity/peer-record.ts'
import type { PeerId } from '../../identity/peer-id.ts'
import type { PeerRef } from '../../identity/peer-ref.ts'
import type { Clock } from '../../clock.ts'
import type { Random } from '../../random.ts'
import { boundedTable } from '../../peers/bounded-table.ts'
import { compareDistance } from '../../routes/xor.ts'
import type { Alarm } from '../alarm.ts'
import * as defaults from './defaults.ts'
import type { Holders } from './holders.ts'
import type { Keeper } from './keep.ts'
import { keyToBytes, type Key } from './key.ts'

/** What upkeep needs of its service. */
export interface UpkeepInit {
  readonly self: PeerId
  readonly clock: Clock
  readonly random: Random
  readonly alarm: Alarm
  readonly keeper: Keeper
  readonly holders: Holders
  /** Holders of a record. */
  readonly copies: number
  readonly replicateMs: number
  readonly republishMs: number
  readonly nearest: (
    key: Uint8Array,
    count: number,
    except: readonly PeerId[],
    take: (records: readonly Uint8Array[]) => void
  ) => void
  /** Gives a record of ours a new life in our own store, and has the nearest hold it. */
  readonly republish: (key: Key, ttlMs: number) => void
}

/** Looks after the records that are held here. */
export interface Upkeep {
  /** Our program put a record that others are to hold. */
  published(key: Key, ttlMs: number): void
  /** A record is held here from now on, or was brought again: nobody needs it from us for a while. */
  held(key: Key): void
  forget(key: Key): void
  /** A peer proved itself where it listens. */
  met(peer: PeerRef): void
}

interface Task {
  readonly dueMs: number
  /** We published it, to live so long. */
  readonly ttlMs: number | undefined
}

/** Makes it. */
export function createUpkeep(init: UpkeepInit): Upkeep {
  const { clock, random, keeper, holders, copies } = init
  const own = peerKey(init.self)
  const tasks = new Map<Key, Task>()
  const recent = boundedTable<number>(defaults.maxMet)
  let searching = 0

  /** Later by up to a quarter: the holders of a record must not all do it at once. */
  const later = (ms: number): number => clock.monotonicMs() + ms + random.below(Math.max(1, Math.floor(ms / 4)))
  const set = (key: Key, task: Task): void => {
    tasks.set(key, task)
    init.alarm.by(run, Math.max(defaults.upkeepGrainMs, task.dueMs - clock.monotonicMs()))
  }
  const run = (): void => {
    const nowMs = clock.monotonicMs()
    let nextMs = Infinity
    for (const [key, task] of tasks) {
      if (task.dueMs > nowMs) nextMs = Math.min(nextMs, task.dueMs)
      else if (searching < defaults.maxUpkeepSearches) perform(key, task)
      else nextMs = nowMs
    }
    if (nextMs < Infinity) init.alarm.by(run, Math.max(defaults.upkeepGrainMs, nextMs - nowMs))
  }
  const perform = (key: Key, { ttlMs }: Task): void => {
    if (!keeper.held(key) || keeper.isCached(key)) {
      tasks.delete(key)
      return
    }
    if (ttlMs !== undefined) {
      // Comes back as `published`.
      tasks.delete(key)
      init.republish(key, ttlMs)
      return
    }
    set(key, { dueMs: later(init.replicateMs), ttlMs })
    searching++
    holders.place({ key, copies, ifSequence: undefined }, () => {
      searching--
    })
  }

  /** Gives a newcomer what it should hold and nobody nearer than we will give it. */
  const giveTo = (peer: PeerRef, neighbours: readonly Uint8Array[]): void => {
    const its = peerKey(peer.id)
    let given = 0
    for (const key of tasks.keys()) {
      if (given >= defaults.maxGivenOnMeeting) return
      if (!keeper.held(key) || keeper.isCached(key)) continue
      const target = keyToBytes(key)
      let nearerThanIt = compareDistance(target, own, its) < 0 ? 1 : 0
      let nearerThanWe = 0
      for (const neighbour of neighbours) {
        if (compareDistance(target, neighbour, its) < 0) nearerThanIt++
        if (compareDistance(target, neighbour, own) < 0) nearerThanWe++
      }
      if (nearerThanWe > 0 || nearerThanIt >= copies) continue
      const carried = keeper.carried(key)
      if (!carried) continue
      given++
      holders.give([peer], { type: 'keep', carried, ifSequence: undefined })
    }
  }

  return {
    published(key, ttlMs) {
      set(key, { dueMs: later(Math.min(init.republishMs, ttlMs / 2)), ttlMs })
    },
    held(key) {
      const task = tasks.get(key)
      if (task?.ttlMs !== undefined) return
      set(key, { dueMs: later(init.replicateMs), ttlMs: undefined })
    },
    forget: (key) => void tasks.delete(key),
    met(peer) {
      const nowMs = clock.monotonicMs()
      const before = recent.get(peer.id)
      if (tasks.size === 0 || (before !== undefined && nowMs - before < init.replicateMs)) return
      recent.set(peer.id, nowMs)
      init.nearest(own, copies, [peer.id], (records) => {
        const neighbours = records.flatMap((record) => {
          const id = peekPeerRecordId(record)
          return id === undefined ? [] : [peerKey(id)]
        })
        giveTo(peer, neighbours)
      })
    },
  }
}
