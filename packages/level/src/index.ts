/**
 * @module mydht-level
 * A store on disk: `kv({ store: level({ folder }) })`. What it promises is in `level.ts`.
 */
export { level } from './level.ts'
export type { LevelOptions } from './level.ts'
export { classic } from '#classic'
export type { ClassicOptions } from './classic.ts'
export type { Backend, BackendPart, Database, Operation } from './backend.ts'
