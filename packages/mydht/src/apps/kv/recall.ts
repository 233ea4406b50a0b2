/**
 * @module apps/kv/recall
 * What an earlier run left in the store, some of it at a time: whose quota it counts for, what is looked after, and what we provide. Until a record has had its turn it is found
 * and answered for like all others. Not here: how it lies there (`kept.ts`, `apps/providers/kept-providers.ts`).
 */
import type { Store } from '../../stores/store.ts'
import type { Alarm } from '../alarm.ts'
import type { Providers } from '../providers/providers.ts'
import * as defaults from './defaults.ts'
import type { Keeper } from './keep.ts'
import { parseKey } from './key.ts'
import type { Upkeep } from './upkeep.ts'

/** What it needs of its service. */
export interface RecallInit {
  readonly store: Store
  readonly alarm: Alarm
  readonly keeper: Keeper
  readonly providers: Providers
  /** Undefined: nothing is looked after. */
  readonly upkeep: Upkeep | undefined
}

/** Begins; the rest follows by the alarm. */
export function recallAll({ store, alarm, keeper, providers, upkeep }: RecallInit): void {
  const entries = store.entries()[Symbol.iterator]()
  const go = (): void => {
    for (let i = 0; i < defaults.recalledAtOnce; i++) {
      const next = entries.next()
      if (next.done === true) return
      const [name, stored] = next.value
      if (providers.recall(name, stored)) continue
      const key = parseKey(name)
      const care = key && keeper.recall(key, stored)
      if (key && care) upkeep?.recalled(key, care, stored.expiresAtMs)
    }
    alarm.by(go, 0)
  }
  go()
}
