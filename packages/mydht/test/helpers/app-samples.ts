/** @module test/helpers/app-samples — what is said to apps and what they say, each kind at least once, out of chance. */
import type { AppCommand, AppEvent, AppInit, LocalInit, LocalCommand } from '../../src/apps/app.ts'
import { peerIdFromBytes } from '../../src/identity/peer-id.ts'
import { peerRef, type PeerRef } from '../../src/identity/peer-ref.ts'
import { seededRandom, type Random } from '../../src/random.ts'
import { sampleMessages } from '../../src/testing/sample-messages.ts'
import type { AppMessage } from '../../src/wire/messages.ts'

/** One of each type of message between apps. */
export function appMessages(random: Random): AppMessage[] {
  return sampleMessages(14, random).filter((message): message is AppMessage => 'app' in message)
}

/** A peer. */
export function samplePeer(random: Random): PeerRef {
  return peerRef(peerIdFromBytes(random.bytes(32)))
}

/** What a global service starts with. */
export function sampleInit<Options>(options: Options): AppInit<Options> {
  const self = samplePeer(seededRandom(1)).id
  return { name: 'some-app', self, network: 'net', mode: 'public', options }
}

/** What a local service starts with. */
export function sampleLocalInit<Options>(options: Options): LocalInit<Options> {
  return { ...sampleInit(options), remote: samplePeer(seededRandom(2)) }
}

/** What local services hear. */
export function localCommands(): LocalCommand[] {
  return appMessages(seededRandom(3)).map((message) => ({ type: 'message', message }))
}

/** Every command of a global service. */
export function appCommands<Call, Own>(calls: readonly Call[], own: readonly Own[]): AppCommand<Call, Own>[] {
  const random = seededRandom(4)
  const peer = (): PeerRef => samplePeer(random)
  const messages = appMessages(random)
  return [
    ...messages.map((message) => ({ type: 'message' as const, from: peer(), message })),
    ...messages.flatMap((message) =>
      (['offline', 'full', 'too-long'] as const).map((reason) => ({
        type: 'undelivered' as const,
        to: peer(),
        message,
        reason,
      }))
    ),
    ...calls.map((call, i) => ({ type: 'call' as const, id: i === 0 ? 2 ** 53 - 1 : i, call })),
    ...own.flatMap((command) => [
      { type: 'own' as const, from: undefined, command },
      { type: 'own' as const, from: peer(), command },
    ]),
    { type: 'cancel', id: 2 ** 40 },
    { type: 'online', peer: peer(), record: random.bytes(100), apps: ['kv', 'touch'], host: '10.0.0.1' },
    { type: 'online', peer: peer(), record: undefined, apps: [], host: '' },
    { type: 'offline', peer: peer() },
    { type: 'reachable', peer: peer() },
    { type: 'routed', ticket: 7, peers: [peer(), peer()] },
    { type: 'routed', ticket: 8, peers: [] },
    { type: 'routed', ticket: 9, peers: [peer()], records: [random.bytes(5), random.bytes(3)] },
    { type: 'reached', ticket: 9, peer: peer() },
    { type: 'reached', ticket: 10, peer: undefined },
    { type: 'writable', peer: peer() },
    { type: 'connected', ticket: 1, peer: peer(), code: undefined },
    { type: 'connected', ticket: 2, peer: undefined, code: 'MYDHT_TIMEOUT' },
    { type: 'signed', ticket: 3, signature: random.bytes(64) },
    { type: 'self', record: random.bytes(300) },
    { type: 'wake' },
  ]
}

/** Every event of a global service. */
export function appEvents<Reply>(replies: readonly Reply[]): AppEvent<Reply>[] {
  const random = seededRandom(5)
  const peer = (): PeerRef => samplePeer(random)
  const messages = appMessages(random)
  return [
    ...messages.map((message) => ({ type: 'send' as const, to: peer(), message })),
    ...messages.map((message) => ({
      type: 'send-direct' as const,
      record: random.bytes(200),
      message,
      cause: peer(),
    })),
    ...replies.flatMap((value, i) => [
      { type: 'reply' as const, id: i, value, last: false },
      { type: 'reply' as const, id: 2 ** 53 - 1, value, last: true },
    ]),
    { type: 'route', ticket: 1, key: random.bytes(32), count: 3, exclude: [peer().id], discover: true },
    { type: 'route', ticket: 1, key: undefined, count: 3, exclude: [], discover: false },
    { type: 'route', ticket: 2, key: random.bytes(32), count: 3, exclude: [], discover: false, nearer: true },
    { type: 'route', ticket: 3, key: undefined, count: 3, exclude: [], discover: false, contacts: 'name' },
    { type: 'reach', ticket: 4, record: random.bytes(9), cause: peer() },
    { type: 'silent', peer: peer() },
    { type: 'reach', ticket: 5, record: random.bytes(9), cause: undefined },
    { type: 'connect', ticket: 2, record: random.bytes(200), cause: peer() },
    { type: 'connect', ticket: 2, record: random.bytes(200), cause: undefined },
    { type: 'sign', ticket: 3, context: 'x', fields: [random.bytes(3), random.bytes(0)] },
    { type: 'end', id: 4 },
    { type: 'fail', id: 5, code: 'MYDHT_BUSY', message: 'too much: wait' },
    { type: 'wake', delayMs: 12.5 },
    { type: 'learnt', record: random.bytes(200), cause: peer() },
    { type: 'misbehaved', peer: peer(), code: 'MYDHT_INVALID_RECORD' },
  ]
}
