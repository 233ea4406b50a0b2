/**
 * @module testing/sim/malice/mischief
 * What stands between a malicious node's honest service and the world: it hears before the service does, and may change what the service sends.
 * Not here: the kinds of malice.
 */
import type { AppCommand, AppEvent, AppInit } from '../../../apps/app.ts'
import type { PeerStoreRequest } from '../../../apps/peers/protocol.ts'
import { asGlobal, type ErasedDefinition, type GlobalDefinition } from '../../../node/erased.ts'
import type { Emit, ServiceParts } from '../../../service/service.ts'
import type { Spawner } from '../../../service/spawner.ts'
import { inline } from '../../../service/spawners/inline.ts'
import type { AppMessage, AnswerMessage, QueryMessage } from '../../../wire/messages.ts'

/** What the service is told. */
export type Heard = AppCommand<unknown, unknown> | PeerStoreRequest

/** Says something in the service's name. */
export type Say = Emit<AppEvent<never>>

/** What one malicious service does. */
export interface Mischief {
  /** True: that was all, and the honest service does not hear of it. */
  hears(command: Heard, say: Say): boolean
  /** What leaves in place of a message of the honest service. @default the message */
  says?(message: AppMessage): AppMessage
}

/** Where a malicious service finds itself. */
export interface Scene {
  readonly init: AppInit<unknown>
  readonly parts: Pick<ServiceParts<never>, 'clock' | 'random'>
}

/** A service with somebody in its way. */
export function hostile<D extends ErasedDefinition>(definition: D, make: (scene: Scene) => Mischief): D {
  const honest = asGlobal(definition)
  const create: GlobalDefinition['create'] = (init, parts, saved) => {
    const service = honest.create(init, parts, saved)
    const mischief = make({ init, parts })
    return {
      handle(command, emit) {
        if (mischief.hears(command, emit)) return undefined
        if (mischief.says === undefined) return service.handle(command, emit)
        return service.handle(command, (event) => {
          if (event.type !== 'send' && event.type !== 'send-direct') return emit(event)
          return emit({ ...event, message: mischief.says?.(event.message) ?? event.message })
        })
      },
      close: () => service.close?.(),
    }
  }
  return { ...definition, create }
}

/** A spawner like `inline()` that puts somebody in the way of what it spawns: the only way to a service that is no app's. */
export function hostileSpawner(make: (scene: Scene) => Mischief): Spawner<'sync'> {
  const honest = inline()
  return {
    ...honest,
    spawn: (definition, init, parts, destination, saved) =>
      honest.spawn(hostile(definition, make), init, parts, destination, saved),
  }
}

/** The answer that ends a query, with nothing left to come. */
export function closing(query: QueryMessage, answers: AnswerMessage['answers']): AnswerMessage {
  const { app, id, mode, budget, travelled } = query
  const closed = mode.type === 'iterative' ? 1 : budget + 1 + (mode.type === 'direct' ? travelled : 0)
  return { type: 'answer', app, id, answers, closed, unspent: 0, reason: 'done' }
}
