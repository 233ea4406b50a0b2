/** @module test/apps/crossing/touch.test — touch's services as bytes and back; with appCrossing's own cases. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appCrossing } from '../../../src/apps/crossing.ts'
import { touchGlobal } from '../../../src/apps/touch/global.ts'
import { touchLocal } from '../../../src/apps/touch/local.ts'
import type { TouchCall, TouchReply } from '../../../src/apps/touch/protocol.ts'
import { utf8Bytes, utf8Text } from '../../../src/bytes.ts'
import { seededRandom } from '../../../src/random.ts'
import type { Codec } from '../../../src/service/service.ts'
import { crossingSuite } from '../../../src/testing/crossing-suite.ts'
import {
  appCommands,
  appEvents,
  appMessages,
  localCommands,
  sampleInit,
  sampleLocalInit,
  samplePeer,
} from '../../helpers/app-samples.ts'

const peer = samplePeer(seededRandom(9)).id
const calls: readonly TouchCall[] = [
  { type: 'touch', peer, timeoutMs: 3 },
  { type: 'echo', peer, bytes: new Uint8Array(70_000).fill(3), timeoutMs: undefined },
  { type: 'touch-next', count: 3, timeoutMs: 1 },
  { type: 'stats' },
]
const replies: readonly TouchReply[] = [
  { type: 'touched', from: peer, count: 2 ** 33 },
  { type: 'echoed', bytes: Uint8Array.of(1) },
  { type: 'stats', touched: 1, pending: 2, uninvited: 3 },
]
const own = appMessages(seededRandom(10))

crossingSuite({
  test,
  definition: touchGlobal,
  samples: {
    init: () => [sampleInit({}), sampleInit({ maxPending: 5 })],
    command: () => appCommands(calls, own),
    event: () => appEvents(replies),
  },
})

crossingSuite({
  test,
  definition: touchLocal,
  samples: {
    init: () => [sampleLocalInit({})],
    command: localCommands,
    event: () => [...appEvents(replies), ...own.map((command) => ({ type: 'global' as const, command }))],
  },
})

test('an app may bring codecs of its own, and they are used', () => {
  const text: Codec<string> = {
    encode: (value) => utf8Bytes(`<${value}>`),
    decode: (bytes) => (utf8Text(bytes) ?? '').slice(1, -1),
  }
  const crossing = appCrossing<string, string, string, string>({ options: text, call: text, reply: text, own: text })
  const init = crossing.init.decode(crossing.init.encode(sampleInit('how')))
  assert.deepEqual(init, sampleInit('how'))
  const call = crossing.command.encode({ type: 'call', id: 1, call: 'what' })
  assert.ok(utf8Text(call)?.endsWith('<what>'))
  assert.deepEqual(crossing.command.decode(call), { type: 'call', id: 1, call: 'what' })
  const reply = crossing.event.encode({ type: 'reply', id: 1, value: 'that', last: true })
  assert.deepEqual(crossing.event.decode(reply), { type: 'reply', id: 1, value: 'that', last: true })
  const word = crossing.command.encode({ type: 'own', from: undefined, command: 'word' })
  assert.deepEqual(crossing.command.decode(word), { type: 'own', from: undefined, command: 'word' })
})

test('options that hold a function are refused, with its place', () => {
  const crossing = appCrossing<{ readonly validate: () => boolean }, never, never>()
  assert.throws(() => crossing.init.encode(sampleInit({ validate: () => true })), /'options\.validate' is the function/)
})

test('bytes of a control message are no message of an app', () => {
  const crossing = appCrossing<unknown, unknown, unknown>()
  const [message] = own
  assert.ok(message)
  const bytes = crossing.command.encode({ type: 'message', from: samplePeer(seededRandom(1)), message })
  // A ping in its place.
  assert.throws(() => crossing.command.decode(Uint8Array.of(...bytes.subarray(0, 34), 3, 0, 0, 0, 0)), {
    code: 'MYDHT_BAD_MESSAGE',
  })
})
