/** @module test/apps/crossing/peers.test — the peer store as bytes and back. */
import { test } from 'node:test'
import type { AppInit } from '../../../src/apps/app.ts'
import type { Settled } from '../../../src/apps/app-store.ts'
import { peersGlobal } from '../../../src/apps/peers/global.ts'
import type {
  PeersCall,
  PeersReply,
  PeerStoreCommand,
  PeerStoreEvent,
  PeerStoreOptions,
} from '../../../src/apps/peers/protocol.ts'
import { simpleRules } from '../../../src/queries/defaults.ts'
import { seededRandom } from '../../../src/random.ts'
import { crossingSuite } from '../../../src/testing/crossing-suite.ts'
import { appCommands, appEvents, sampleInit, samplePeer } from '../../helpers/app-samples.ts'

const store = { module: 'file:///store.js', export: 'create', options: { folder: '/x' } }
const random = seededRandom(1)
const id = samplePeer(random).id
const record = random.bytes(300)
const searched = random.bytes(32)
const peer = { id, addresses: ['tcp://10.0.0.1:1'], sequence: 2 ** 41, clientOnly: false }
const outcome = { reason: 'exhausted', answers: 0, sent: 1, notFound: 1, failed: 0, invalid: 0 } as const
const calls: readonly PeersCall[] = [
  { type: 'find', id, ask: { mode: { type: 'mixed', proxiedHops: 3 }, history: 'none', results: undefined } },
  { type: 'connected' },
  { type: 'known', limit: 3 },
  { type: 'stats' },
  { type: 'ready' },
]
const replies: readonly PeersReply[] = [
  { type: 'found', peer },
  { type: 'absent', outcome },
  { type: 'connected', peers: [id, id] },
  { type: 'known', peers: [peer] },
  { type: 'ready' },
]

crossingSuite<AppInit<PeerStoreOptions>, PeerStoreCommand, PeerStoreEvent>({
  test,
  definition: peersGlobal,
  samples: {
    init: () => [sampleInit({}), sampleInit({ maxProven: 3, rules: simpleRules(), store })],
    command: () => [
      ...appCommands<PeersCall, Settled>(calls, [{ type: 'settled' }]),
      { type: 'candidates', ticket: 1, count: 3, exclude: [id], among: 'any' },
      { type: 'address-of', ticket: 2, id },
      { type: 'dialled', id },
      { type: 'unreachable', id, tried: ['tcp://1.2.3.4:5', 'memory://x'] },
      { type: 'search', key: searched, width: undefined },
      { type: 'search', key: searched, width: 8 },
      { type: 'dialled', id, record, host: '::1' },
    ],
    event: () => [
      ...appEvents(replies),
      {
        type: 'candidates',
        ticket: 1,
        peers: [
          { record, cause: id },
          { record, cause: id, host: '::1' },
        ],
      },
      { type: 'candidates', ticket: 1, peers: [] },
    ],
  },
})
