/**
 * @module peers/auth-crossing
 * The auth service's init, commands and events as bytes. A handshake is a handful of them, so plain data will do.
 */
import { movedCodec } from '../service/moved-codec.ts'
import { plain } from '../service/plain.ts'
import type { Crossing } from '../service/service.ts'
import type { AuthCommand, AuthEvent, AuthInit } from './auth-protocol.ts'

/** How the auth service crosses. The seed is moved to it, and the secrets of a proven connection from it: whoever sent them keeps zeros. */
export const authCrossing: Crossing<AuthInit, AuthCommand, AuthEvent> = {
  init: movedCodec(plain<AuthInit>(), ({ seed }) => void seed.fill(0)),
  command: plain<AuthCommand>(),
  event: movedCodec(plain<AuthEvent>(), (event) => {
    if (event.type !== 'proven') return
    event.send.fill(0)
    event.receive.fill(0)
  }),
}
