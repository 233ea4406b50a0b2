/**
 * @module totals
 * What a database that was just opened says of itself: nothing yet, or how much is in it. Anything else is not ours, or damaged.
 */
import { MyDhtError } from 'mydht/stores'
import type { Database } from './backend.ts'
import { decodeTotals, totalsKey, type Totals } from './format.ts'

/** The totals of a database, all 0 for an empty one. Rejects with MYDHT_STORE_DAMAGED, MYDHT_BAD_CONFIG. */
export async function totalsOf(location: string, { level, canGetSync }: Database): Promise<Totals> {
  const value = canGetSync ? level.getSync(totalsKey) : await level.get(totalsKey)
  const details = { folder: location }
  if (value === undefined) {
    if ((await level.keys({ limit: 1 }).all()).length === 0) return { records: 0, bytes: 0, sum: 0 }
    const message = `${location} holds a database that is none of ours: give an empty folder, or one of a store. Nothing was changed`
    throw new MyDhtError('MYDHT_BAD_CONFIG', message, { details })
  }
  const totals = decodeTotals(value)
  if (totals === 'newer')
    throw new MyDhtError('MYDHT_BAD_CONFIG', `${location} was written by a newer mydht-level: update this one`, {
      details,
    })
  if (totals) return totals
  const message = `${location} is damaged (its totals): restore a backup, or move it away and begin with an empty one. Nothing was changed`
  throw new MyDhtError('MYDHT_STORE_DAMAGED', message, { details })
}
