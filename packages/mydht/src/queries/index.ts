/**
 * @module queries
 * What `mydht/queries` offers to those who write an app or rules: the engine, its words, and the default rules.
 */
export type { Engine, EngineMessage } from './engine.ts'
export { createEngine, isEngineMessage } from './engine.ts'
export type { EngineParts } from './core.ts'
export type { SimpleRulesOptions } from './defaults.ts'
export { defaultHistory, defaultLimits, linear, simpleRules } from './defaults.ts'
export type {
  Answer,
  Ask,
  AskOutcome,
  ClosestPeer,
  EngineApp,
  EngineLimits,
  EngineOptions,
  EngineOutput,
  EngineSelf,
  EngineStats,
  HistoryOption,
  QueryMode,
} from './query.ts'
export type { Linear, Rules } from './rules.ts'
export type { Spread } from './spreading.ts'
