/**
 * @module mydht/apps
 * What `mydht/apps` offers to those who write an app: the contract, and the helpers that our own apps are made with. Read `apps/touch` first.
 */
export type {
  ApiFacts,
  App,
  AppCallOptions,
  AppCaller,
  AppCommand,
  AppEvent,
  AppInit,
  LocalCommand,
  LocalEvent,
  LocalInit,
  UndeliveredReason,
} from './app.ts'
export { createAlarm } from './alarm.ts'
export type { Alarm } from './alarm.ts'
export { checkedAsk, checkedCount, patient } from './ask-options.ts'
export type { AskOptions } from './ask-options.ts'
export { decodeCbor, encodeCbor, isBytes, isCount, isList, isText } from './cbor.ts'
export type { CborLimits, CborValue } from './cbor.ts'
export { appCrossing, localCrossing } from './crossing.ts'
export type { AppCodecs } from './crossing.ts'
export { createQueryApp } from './query-app.ts'
export type { QueryApp, QueryAppInit, QueryOptions } from './query-app.ts'
export { expectReply } from './replies.ts'
export { createRequests, refusalOf, respond } from './requests.ts'
export type { RequestOutcome, Requests, RequestsOptions } from './requests.ts'
export type { NodeMode } from '../identity/mode.ts'
