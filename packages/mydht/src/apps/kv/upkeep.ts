/**
 * @module apps/kv/upkeep
 * Records that outlive their holders. Who holds a record gives it to the nearest again when nobody has brought it for a while; who published it does so
 * half-way through its life, with a new life, as long as it keeps it; and a peer that turns up among the nearest is given what it should hold. After a start from disk
 * all of this goes on. Not here: how (`holders.ts`).
 */
import { peerKey } from '../../identity/peer-key.ts'
import { peekPeerRecordId } from '../../identity/peer-record.ts'
import type { PeerId } from '../../identity/peer-id.ts'
import type { PeerRef } from '../../identity/peer-ref.ts'
import type { Clock } from '../../clock.ts'
import type { Random } from '../../random.ts'
import { boundedTable } from '../../peers/bounded-table.ts'
import { compareDistance } from '../../routes/xor.ts'
import { createExpiryHeap, type Expiring } from '../../stores/expiry-heap.ts'
import type { Alarm } from '../alarm.ts'
import * as defaults from './defaults.ts'
import type { Holders } from './holders.ts'
import type { Keeper } from './keep.ts'
import type { Care } from './kept.ts'
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
  /** Gives a record of ours a new life in our own store, and has the nearest hold it. False: it is none that we could have published. */
  readonly republish: (key: Key, care: Published) => boolean
}

/** How a record is looked after that we published. */
export type Published = Extract<Care, { readonly type: 'publish' }>

/** Looks after the records that are held here. */
export interface Upkeep {
  /** Our program put a record that others are to hold. */
  published(key: Key, care: Published): void
  /** A record is held here from now on, or was brought again: nobody needs it from us for a while. */
  held(key: Key, expiresAtMs?: number): void
  /** An earlier run looked after it, and it lives until then. */
  recalled(key: Key, care: Care, expiresAtMs: number): void
  /** Nobody acknowledged it: it is tried again sooner. */
  unheard(key: Key): void
  forget(key: Key): void
  /** A peer proved itself where it listens. */
  met(peer: PeerRef): void
}

/** `expiresAtMs`: when it is due, by the monotonic clock. */
interface Task extends Expiring {
  readonly key: Key
  readonly target: Uint8Array
  readonly care: Care
}

/** Makes it. */
export function createUpkeep(init: UpkeepInit): Upkeep {
  const { clock, random, keeper, holders } = init
  const own = peerKey(init.self)
  const tasks = new Map<Key, Task>()
  /** What is due first comes first, so that none waits for ever where there is more than can be done. */
  const due = createExpiryHeap<Task>((task) => tasks.get(task.key) === task)
  const recent = boundedTable<number>(defaults.maxMet)
  let searching = 0

  const periodOf = (care: Care): number =>
    care.type === 'publish' ? Math.min(init.republishMs, care.ttlMs / 2) : init.replicateMs
  const set = (key: Key, care: Care, delayMs: number): void => {
    const task: Task = {
      key,
      care,
      target: tasks.get(key)?.target ?? keyToBytes(key),
      expiresAtMs: clock.monotonicMs() + delayMs,
    }
    tasks.set(key, task)
    due.add(task, tasks.size)
    init.alarm.by(run, Math.max(defaults.upkeepGrainMs, delayMs))
  }
  /** Later by up to a quarter: the holders of a record must not all do it at once. */
  const later = (ms: number): number => ms + random.below(Math.max(1, Math.floor(ms / 4)))
  const again = (key: Key, care: Care): void => set(key, care, later(periodOf(care)))
  const retry = (key: Key, care: Care): void => set(key, care, later(periodOf(care) / defaults.retryShare))
  const run = (): void => {
    const nowMs = clock.monotonicMs()
    // Those that are dead cost nothing but a look.
    let started = 0
    for (let looks = defaults.recalledAtOnce; looks > 0; looks--) {
      if (started >= defaults.maxUpkeepSearches || searching >= defaults.maxUpkeepSearches) break
      const task = due.next(nowMs)
      if (!task) break
      if (perform(task)) started++
    }
    const nextMs = due.soonest()
    if (nextMs < Infinity) init.alarm.by(run, Math.max(defaults.upkeepGrainMs, nextMs - nowMs))
  }
  /** False: there is nothing left to look after. */
  const perform = ({ key, care }: Task): boolean => {
    const kept = keeper.held(key)
    if (!kept || kept.keeping.cached) {
      tasks.delete(key)
      return false
    }
    if (care.type === 'publish') {
      // Comes back as `published`, unless it could not be done just now.
      retry(key, care)
      if (init.republish(key, care)) return true
    }
    const held: Care = { type: 'hold' }
    again(key, held)
    searching++
    holders.place({ key, copies: init.copies, ifSequence: undefined }, ({ acknowledged }) => {
      searching--
      if (acknowledged === 0 && tasks.get(key)?.care.type === 'hold') retry(key, held)
    })
    return true
  }

  /** Gives a newcomer what it should hold and nobody nearer than we will give it. */
  const giveTo = (peer: PeerRef, neighbours: readonly Uint8Array[]): void => {
    const its = peerKey(peer.id)
    let given = 0
    for (const { key, target, care } of tasks.values()) {
      if (given >= defaults.maxGivenOnMeeting) return
      const copies = care.type === 'publish' ? care.copies : init.copies
      // Somebody nearer gives it: so it is with most, and known after a look or two.
      if (neighbours.some((neighbour) => compareDistance(target, neighbour, own) < 0)) continue
      const nearer = [own, ...neighbours].filter((other) => compareDistance(target, other, its) < 0)
      // What costs most comes last.
      if (nearer.length >= copies || keeper.isCached(key)) continue
      const carried = keeper.carried(key)
      if (!carried) continue
      given++
      holders.give([peer], { type: 'keep', carried, ifSequence: undefined })
    }
  }

  return {
    published: again,
    held(key, expiresAtMs = Infinity) {
      if (tasks.get(key)?.care.type === 'publish') return
      // One that dies before is forgotten when it does.
      set(key, { type: 'hold' }, Math.min(later(init.replicateMs), Math.max(0, expiresAtMs - clock.now())))
    },
    recalled(key, care, expiresAtMs) {
      if (tasks.has(key)) return
      // Those of one start must not all be due at once.
      const leftMs = Math.max(0, expiresAtMs - clock.now())
      if (care.type === 'hold') return set(key, care, Math.min(random.below(Math.max(1, init.replicateMs)), leftMs))
      const ageMs = care.ttlMs - leftMs
      set(key, care, Math.max(defaults.upkeepGrainMs, periodOf(care) - ageMs))
    },
    unheard(key) {
      const task = tasks.get(key)
      if (task) retry(key, task.care)
    },
    forget: (key) => void tasks.delete(key),
    met(peer) {
      const nowMs = clock.monotonicMs()
      const before = recent.get(peer.id)
      if (tasks.size === 0 || (before !== undefined && nowMs - before < init.replicateMs)) return
      recent.set(peer.id, nowMs)
      init.nearest(own, init.copies, [peer.id], (records) => {
        const neighbours = records.flatMap((record) => {
          const id = peekPeerRecordId(record)
          return id === undefined ? [] : [peerKey(id)]
        })
        giveTo(peer, neighbours)
      })
    },
  }
}
