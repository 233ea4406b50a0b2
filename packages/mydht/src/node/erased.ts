/**
 * @module node/erased
 * Definitions of apps whose types the node does not know, and the one place where they get a type back.
 */
import type { AppCommand, AppEvent, AppInit, LocalCommand, LocalEvent, LocalInit } from '../apps/app.ts'
import type { PeerStoreEvent, PeerStoreRequest } from '../apps/peers/protocol.ts'
import type { ServiceDefinition } from '../service/service.ts'

/** Any service definition: what remains of it when its types are somebody else's business. */
export interface ErasedDefinition {
  readonly name: string
  readonly module: string
  create(init: never, parts: never, saved?: never): object
  readonly sync?: true
  readonly restartable?: true
  readonly crossing?: object
}

/** A global service as the main loop speaks to it: what `call`, `own` and `reply` carry is between the app's own parts. Only the peer store gets and gives more. */
export type GlobalDefinition = ServiceDefinition<
  AppInit<unknown>,
  AppCommand<unknown, unknown> | PeerStoreRequest,
  AppEvent<unknown> | PeerStoreEvent,
  unknown
>

/** A local service as the main loop speaks to it. */
export type LocalDefinition = ServiceDefinition<LocalInit<unknown>, LocalCommand, LocalEvent<unknown, unknown>, unknown>

/**
 * Gives a definition the type that the main loop speaks. Sound because `App<…>` ties its options, calls and replies together
 * where the app is written, and the main loop only carries them from one of the app's parts to another.
 */
export function asGlobal(definition: ErasedDefinition): GlobalDefinition {
  return definition as unknown as GlobalDefinition
}

/** The same for a local service. */
export function asLocal(definition: ErasedDefinition): LocalDefinition {
  return definition as unknown as LocalDefinition
}
