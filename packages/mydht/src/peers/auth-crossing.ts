/**
 * @module peers/auth-crossing
 * The auth service's init, commands and events as bytes. A handshake is a handful of them, so plain data will do.
 */
import { codecOf } from '../service/codec-of.ts'
import { plain } from '../service/plain.ts'
import type { Crossing } from '../service/service.ts'
import type { AuthCommand, AuthEvent, AuthInit } from './auth-protocol.ts'

const inits = plain<AuthInit>()
const events = plain<AuthEvent>()

/** How the auth service crosses. The seed is moved to it, and the secrets of a proven connection from it: whoever sent them keeps zeros. */
export const authCrossing: Crossing<AuthInit, AuthCommand, AuthEvent> = {
  init: codecOf<AuthInit>(
    (init, into, at) => {
      const end = inits.encodeInto(init, into, at)
      if (end !== undefined) init.seed.fill(0)
      return end
    },
    (bytes) => inits.decode(bytes)
  ),
  command: plain<AuthCommand>(),
  event: codecOf<AuthEvent>(
    (event, into, at) => {
      const end = events.encodeInto(event, into, at)
      if (end !== undefined && event.type === 'proven') {
        event.send.fill(0)
        event.receive.fill(0)
      }
      return end
    },
    (bytes) => events.decode(bytes)
  ),
}
