/**
 * @module apps/touch/local
 * The service that each connection of the touch app has: it gives echoes back by itself and hands everything else to the global service.
 */
import { appMessageCodec } from '../../encodings/message-codec.ts'
import { localCrossing } from '../crossing.ts'
import type { AppEvent, LocalCommand, LocalEvent, LocalInit } from '../app.ts'
import { copyOf } from '../../pieces.ts'
import type { AppMessage } from '../../wire/messages.ts'
import type { Crossing, Service, ServiceDefinition } from '../../service/service.ts'
import type { TouchOptions, TouchReply } from './protocol.ts'
import { respond } from '../requests.ts'
import { echoKind } from './messages.ts'

/** What local services hand over: the message as it came. */
export type TouchOwn = AppMessage

/** The definition of touch's local service. */
export const touchLocal: ServiceDefinition<LocalInit<TouchOptions>, LocalCommand, LocalEvent<TouchOwn, TouchReply>> & {
  readonly sync: true
  readonly crossing: Crossing<LocalInit<TouchOptions>, LocalCommand, LocalEvent<TouchOwn, TouchReply>>
} = {
  name: 'touch-local',
  module: import.meta.url,
  sync: true,
  crossing: localCrossing({ own: appMessageCodec }),
  create: createTouchLocal,
}

/** Makes the local service of one connection. */
export function createTouchLocal(
  init: LocalInit<TouchOptions>
): Service<LocalCommand, LocalEvent<TouchOwn, TouchReply>> {
  return {
    handle({ message }, emit) {
      const echo = echoOf(message, init.remote)
      emit(echo ?? { type: 'global', command: message })
    },
  }
}

/** The answer to a request to echo; undefined for any other message. */
export function echoOf(message: AppMessage, to: LocalInit<TouchOptions>['remote']): AppEvent<never> | undefined {
  if (message.type !== 'request' || message.body[0] !== echoKind) return undefined
  // A copy: the body is a view into the read buffer, and the answer waits until it is sealed.
  return { type: 'send', to, message: respond(message, 'ok', copyOf(message.body, 1)) }
}
