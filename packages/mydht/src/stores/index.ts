/**
 * @module mydht/stores
 * What a store of your own is made with: the contract, the bounds that all have, what knows who dies next, blueprints, errors and the clock. It loads
 * nothing else of MyDHT, so a program may use a store alone. Not here: the stores.
 */
export { systemClock } from '../clock.ts'
export type { Clock, Timer } from '../clock.ts'
export { MyDhtError } from '../errors.ts'
export type { ErrorCode } from '../errors.ts'
export type { Log } from '../log.ts'
export { load, part, realise } from '../part.ts'
export type { Part } from '../part.ts'
export { createExpiryHeap } from './expiry-heap.ts'
export type { Expiring, ExpiryHeap } from './expiry-heap.ts'
export { maxKeyLength } from './defaults.ts'
export type { Store, StoredRecord, StoreFactory, StoreOutcome, StorePart, StoreParts } from './store.ts'
