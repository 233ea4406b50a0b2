/**
 * @module mydht/stores
 * What a store of your own is made with: the contract, the bounds that all have, and what knows who dies next. Not here: the stores.
 */
export { createExpiryHeap } from './expiry-heap.ts'
export type { Expiring, ExpiryHeap } from './expiry-heap.ts'
export { maxKeyLength } from './defaults.ts'
export type { Store, StoredRecord, StoreFactory, StoreOutcome, StorePart, StoreParts } from './store.ts'
