/** @module test/node/main-crossing — the main loop as bytes and back: what it needs to spawn all the others where it runs. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kvGlobal } from '../../src/apps/kv/global.ts'
import { touchGlobal } from '../../src/apps/touch/global.ts'
import { touchLocal } from '../../src/apps/touch/local.ts'
import { binary } from '../../src/encodings/binary.ts'
import { MyDhtError } from '../../src/errors.ts'
import type { MainCommand, MainEvent, MainInit } from '../../src/node/context.ts'
import { defaultLimits } from '../../src/node/limits.ts'
import { mainService } from '../../src/node/main-loop.ts'
import { loadParts, realise } from '../../src/part.ts'
import { seededRandom } from '../../src/random.ts'
import { flood } from '../../src/routes/flood.ts'
import { plain } from '../../src/service/plain.ts'
import { coroutine } from '../../src/service/spawners/coroutine.ts'
import { inline } from '../../src/service/spawners/inline.ts'
import { pool } from '../../src/service/spawners/pool.ts'
import { thread } from '../../src/service/spawners/thread.ts'
import { noise } from '../../src/shadows/noise.ts'
import { memory } from '../../src/stores/memory.ts'
import { crossingSuite } from '../../src/testing/crossing-suite.ts'
import { tcp } from '../../src/transports/tcp.ts'
import { samplePeer } from '../helpers/app-samples.ts'

const id = samplePeer(seededRandom(1)).id
const { crossing } = mainService

function mainInit(): MainInit {
  const shared = pool(2, { stuckMs: 1000 })
  return {
    self: id,
    seed: new Uint8Array(32).fill(4),
    network: 'net',
    mode: 'public',
    transport: tcp(),
    shadow: noise(),
    insecure: false,
    encoding: binary(),
    route: flood(),
    peerStore: { maxProven: 5 },
    accept: undefined,
    apps: [
      { name: 'kv', options: { store: memory({ maxRecords: 3 }) }, global: kvGlobal, local: undefined },
      { name: 'touch', options: {}, global: touchGlobal, local: touchLocal },
    ],
    peerRef: 'shared',
    placement: { main: thread(), read: shared, write: shared, auth: coroutine(), api: undefined, peerStore: inline() },
    clientOnly: false,
    wantedConnections: 0,
    limits: defaultLimits,
    measure: true,
  }
}

/** What happens where a service starts: decode, load all parts, prepare. */
async function arrive(bytes: Uint8Array): Promise<MainInit> {
  const loaded: unknown = await loadParts(crossing.init.decode(bytes))
  // What was decoded, with its parts loaded.
  const ready = await crossing.prepare?.(loaded as MainInit)
  assert.ok(ready)
  return ready
}

test('definitions come as they are exported, and their options with parts that can be made real', async () => {
  const init = await arrive(crossing.init.encode(mainInit()))
  const [keys, touches] = init.apps
  assert.deepEqual([keys?.name, keys?.global === kvGlobal, keys?.local], ['kv', true, undefined])
  assert.deepEqual([touches?.global === touchGlobal, touches?.local === touchLocal], [true, true])
  assert.equal(typeof realise(init.transport), 'function')
  assert.equal(init.unloaded, undefined)
  const { self, network, mode, peerStore, limits, measure } = init
  const sent = mainInit()
  assert.deepEqual(
    { self, network, mode, peerStore, limits, measure },
    {
      self: sent.self,
      network: sent.network,
      mode: sent.mode,
      peerStore: sent.peerStore,
      limits: sent.limits,
      measure: true,
    }
  )
})

test('spawners are made again, each once, and the one of the main loop itself not at all', async () => {
  const bytes = crossing.init.encode(mainInit())
  assert.equal(crossing.init.decode(bytes).unloaded?.spawners.length, 3)
  const { placement } = await arrive(bytes)
  assert.deepEqual(Object.keys(placement).toSorted(), ['auth', 'peerStore', 'read', 'write'])
  assert.equal(placement['read'], placement['write'])
  assert.deepEqual(
    [placement['read']?.kind, placement['auth']?.kind, placement['peerStore']?.kind],
    ['pool', 'coroutine', 'inline']
  )
  assert.deepEqual(placement['read']?.blueprint.options, { stuckMs: 1000, workers: 2 })
})

test('the seed is moved: the node’s copy on this side is zeros', async () => {
  const init = mainInit()
  const { seed } = await arrive(crossing.init.encode(init))
  assert.deepEqual([init.seed, seed], [new Uint8Array(32), new Uint8Array(32).fill(4)])
})

test('a definition that its module does not export is named', async () => {
  const init = {
    ...mainInit(),
    apps: [{ name: 'x', options: {}, global: { ...kvGlobal, name: 'lost' }, local: undefined }],
  }
  await assert.rejects(arrive(crossing.init.encode(init)), { code: 'MYDHT_BAD_CONFIG', message: /'lost'/ })
})

test('what the main loop says to itself has no bytes', () => {
  assert.throws(() => crossing.command.encode({ type: 'upkeep' }), { name: 'TypeError', message: /'upkeep'/ })
})

const error = new MyDhtError('MYDHT_CONNECT_FAILED', 'in use', { cause: Object.assign(new Error('x'), { code: 'E' }) })

crossingSuite<string, MainCommand, MainEvent>({
  test,
  // The way of the init is longer than a codec's: the tests above go it.
  definition: { name: 'main', crossing: { init: plain<string>(), command: crossing.command, event: crossing.event } },
  samples: {
    init: () => ['elsewhere'],
    command: () => [
      { type: 'call', id: 3, app: '', call: { type: 'connect', address: 'tcp://x:1' }, timeoutMs: 2000 },
      { type: 'cancel', id: 3 },
      { type: 'start' },
      { type: 'close' },
    ],
    event: () => [
      { type: 'started', addresses: ['tcp://127.0.0.1:1'] },
      { type: 'start-failed', error },
      { type: 'reply', id: 1, value: { counters: { a: 1 } }, last: true },
      { type: 'end', id: 1 },
      { type: 'fail', id: 1, code: 'MYDHT_BUSY', message: 'm' },
      { type: 'calls-lost', except: [1, 2], message: 'm' },
      { type: 'event', event: { type: 'peer-online', peer: id, incoming: true } },
      { type: 'closed', message: 'm' },
    ],
  },
})
