/** @module test/apps/crossing/kv.test — the kv app's service as bytes and back. */
import { test } from 'node:test'
import type { AppCommand, AppEvent, AppInit } from '../../../src/apps/app.ts'
import type { Settled } from '../../../src/apps/app-store.ts'
import { kvGlobal } from '../../../src/apps/kv/global.ts'
import { immutableKey } from '../../../src/apps/kv/key.ts'
import type { KvCall, KvOptions, KvReply } from '../../../src/apps/kv/protocol.ts'
import { seededRandom } from '../../../src/random.ts'
import { crossingSuite } from '../../../src/testing/crossing-suite.ts'
import { nobody } from '../../../src/apps/kv/holders.ts'
import { appCommands, appEvents, sampleInit, samplePeer } from '../../helpers/app-samples.ts'

const random = seededRandom(1)
const peer = samplePeer(random).id
const value = random.bytes(65_536)
const key = immutableKey(value)
const outcome = { reason: 'complete', answers: 1, sent: 1, notFound: 0, failed: 0, invalid: 0 } as const
const calls: readonly KvCall[] = [
  { type: 'put', value, ttlMs: undefined, spread: 0, replicas: undefined },
  { type: 'publish', name: 'näme', value, ttlMs: 1, spread: 2, replicas: 20, sequence: 2 ** 50, ifSequence: undefined },
  { type: 'put-open', name: 'x', value, ttlMs: 1.5, spread: 0, replicas: 0 },
  { type: 'get', key, quorum: 3, ask: { mode: 'direct', hops: 3 } },
  { type: 'get', key, quorum: 1, ask: { mode: 'iterative', paths: 4 } },
  { type: 'find', key, ask: { results: 3, history: { keep: 'hops', limit: 2 } } },
  { type: 'remove', key },
  { type: 'provide', key, note: random.bytes(512), ttlMs: undefined, spread: 2 },
  { type: 'withdraw', key },
  { type: 'providers', key, ask: { results: 3 } },
  { type: 'stats' },
  { type: 'ready' },
]
const replies: readonly KvReply[] = [
  { type: 'stored', key, sequence: 2 ** 50, spread: { hops: 1, sent: 2 }, holders: undefined },
  {
    type: 'stored',
    key,
    sequence: 1,
    spread: undefined,
    holders: { ...nobody(), asked: 20, acknowledged: 19, failed: 1 },
  },
  {
    type: 'hit',
    key,
    value,
    record: { kind: 'immutable', value },
    from: peer,
    via: undefined,
    hops: 2,
    expiresAtMs: 2 ** 41 + 0.5,
  },
  { type: 'absent', outcome },
  { type: 'removed', removed: true },
  { type: 'ready' },
  { type: 'provided', key, expiresAtMs: 2 ** 41, spread: { hops: 1, sent: 0 } },
  { type: 'provided', key, expiresAtMs: undefined, spread: undefined },
  {
    type: 'provider',
    found: {
      key,
      provider: peer,
      addresses: ['tcp://10.0.0.1:1'],
      note: random.bytes(3),
      expiresAtMs: 2 ** 41,
      from: peer,
      via: undefined,
      hops: 1,
    },
  },
]
const store = { module: 'file:///store.js', export: 'create', options: { path: '/x' } }

crossingSuite<AppInit<KvOptions>, AppCommand<KvCall, Settled>, AppEvent<KvReply>>({
  test,
  definition: kvGlobal,
  samples: {
    init: () => [
      sampleInit({}),
      sampleInit({ store, validate: store, keepSpread: false, open: true, acknowledged: 'disk' }),
    ],
    command: () => appCommands<KvCall, Settled>(calls, [{ type: 'settled' }]),
    event: () => appEvents(replies),
  },
})
