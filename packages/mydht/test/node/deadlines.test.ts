/** Every wait has an end. Time is a virtual clock's, so nothing here waits for real. */
import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { MyDhtError, type ErrorCode } from '../../src/errors.ts'
import type { NodeConfig } from '../../src/node/config.ts'
import * as peers from '../../src/peers/defaults.ts'
import { createFlood } from '../../src/routes/flood.ts'
import type { Route, RouteParts } from '../../src/routes/route.ts'
import { virtualClock, type VirtualClock } from '../../src/testing/virtual-clock.ts'
import { memoryNetwork, createMemory, type MemoryNetwork } from '../../src/transports/memory.ts'
import type { Transport, TransportParts } from '../../src/transports/transport.ts'
import { nextOf, openRaw, realTransport, shaken } from '../hostile/raw.ts'
import {
  driven,
  failedWith,
  kinds,
  makeNode,
  meeting,
  offline,
  online,
  reachable,
  value,
  type TestNode,
} from './rig.ts'

const withCode =
  (code: ErrorCode) =>
  (error: unknown): boolean => {
    assert.ok(MyDhtError.is(error), String(error))
    assert.equal(error.code, code, error.message)
    return true
  }

interface World {
  readonly clock: VirtualClock
  readonly network: MemoryNetwork
  readonly node: (config?: Partial<NodeConfig>, name?: string) => Promise<TestNode>
  readonly raw: (name?: string) => Transport
}

function world(t: TestContext): World {
  const clock = virtualClock()
  const network = memoryNetwork()
  const transport = meeting(network)
  const nodes: TestNode[] = []
  t.after(async () => {
    for (const node of nodes) await driven(clock, node.close())
  })
  return {
    clock,
    network,
    node: async (config = {}, name) => {
      const limits = {
        upkeepMs: 1_000,
        closeMs: 1_000,
        probeDelayMs: 3_600_000,
        callTimeoutMs: 3_600_000,
        ...config.limits,
      }
      // Closed before the rig would, with the clock moving.
      const node = await driven(
        clock,
        makeNode({ ...t, after: () => {} } as never, transport(name), { clock, ...config, limits })
      )
      nodes.push(node)
      return node
    },
    raw: (name) => {
      const raw = realTransport(transport(name))
      t.after(() => raw.close())
      return raw
    },
  }
}

test('a silent peer is asked for a sign of life, and taken for dead when none comes', async (t) => {
  const { clock, node: make, raw } = world(t)
  const node = await make()
  const peer = await driven(clock, shaken(raw(), node.address, { now: () => clock.now() }))
  await driven(clock, peer.ready())
  await driven(clock, node.events.first(online(peer.id)))
  const asked = assert.rejects(node.touch.touch(peer.id, { timeoutMs: 3_600_000 }), withCode('MYDHT_CONNECTION_CLOSED'))
  await clock.advance(peers.keepAliveIdleMs + 2_000)
  const ping = await driven(clock, nextOf(peer, 'ping'))
  // One answer gives it another life …
  await peer.send({ type: 'pong', nonce: ping.nonce })
  await clock.advance(peers.keepAliveDeadMs - 1_000)
  assert.equal(node.events.all.some(offline(peer.id)), false)
  await driven(clock, nextOf(peer, 'ping'))
  // … and then it is dead.
  await clock.advance(3_000)
  assert.deepEqual(node.events.all.find(offline(peer.id)), {
    type: 'peer-offline',
    peer: peer.id,
    code: 'MYDHT_TIMEOUT',
  })
  await driven(clock, asked)
  await driven(clock, peer.link.closed)
})

test('two idle nodes stay connected for a day', async (t) => {
  const { clock, node: make } = world(t)
  const a = await make()
  const b = await make({ limits: { upkeepMs: 5_000 } })
  await driven(clock, b.connect(a.address))
  await clock.advance(24 * 3_600_000)
  assert.equal((await driven(clock, a.touch.touch(b.id))).count, 1)
  for (const node of [a, b])
    assert.equal(
      node.events.all.some(({ type }) => type === 'peer-offline'),
      false
    )
})

for (const [name, first] of [
  ['says nothing', new Uint8Array(0)],
  ['stops in the middle of its preamble', new TextEncoder().encode('MyD')],
] as const) {
  test(`a link that ${name} is closed at the deadline of a handshake step`, async (t) => {
    const { clock, node: make, raw } = world(t)
    const node = await make()
    const link = await driven(clock, openRaw(raw(), node.address))
    if (first.length > 0) await driven(clock, link.send(first))
    await clock.advance(peers.handshakeStepMs - 10)
    assert.equal((await driven(clock, node.stats())).connections, 1)
    assert.deepEqual(node.events.all, [])
    await clock.advance(100)
    await driven(clock, node.events.first(failedWith('MYDHT_TIMEOUT')))
    // What was written last still leaves; then the link goes, whether or not the other side closes its direction.
    await clock.advance(3_000)
    await driven(clock, link.closed)
    assert.equal((await driven(clock, node.stats())).connections, 0)
  })
}

test('a dialled listener that never answers: MYDHT_TIMEOUT', async (t) => {
  const { clock, node: make, raw } = world(t)
  const node = await make()
  const silent = raw('silent')
  await silent.listen((link) =>
    link.read.start(
      () => {},
      () => {}
    )
  )
  const connecting = assert.rejects(node.connect('memory://silent'), withCode('MYDHT_TIMEOUT'))
  await clock.advance(peers.handshakeTotalMs + 5_000)
  await connecting
  assert.equal((await driven(clock, node.stats())).connections, 0)
})

test('a dial that never opens a link: MYDHT_TIMEOUT at connectTimeoutMs, and the dial is called off', async (t) => {
  const { clock, network, node: make } = world(t)
  let aborted = 0
  const hanging = value((parts: TransportParts): Transport => ({
    ...createMemory({ network })(parts),
    connect: (_address, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          aborted++
          reject(signal.reason)
        })
      }),
  }))
  const node = await make()
  const other = await driven(
    clock,
    makeNode({ ...t, after: () => {} } as never, hanging, {
      clock,
      limits: { upkeepMs: 1_000, connectTimeoutMs: 7_000, callTimeoutMs: 100_000 },
    })
  )
  const connecting = assert.rejects(other.connect(node.address), withCode('MYDHT_TIMEOUT'))
  await clock.advance(6_000)
  assert.equal(aborted, 0)
  await clock.advance(3_000)
  await connecting
  assert.equal(aborted, 1)
  await driven(clock, other.close())
})

test('a call of the API ends at its own deadline, a stream of partial results in silence', async (t) => {
  const { clock, node: make } = world(t)
  const node = await make()
  const never = assert.rejects(node.probe.never({ timeoutMs: 1_000 }), withCode('MYDHT_TIMEOUT'))
  const got: number[] = []
  const partial = (async () => {
    for await (const one of node.probe.stream(2, true, { timeoutMs: 2_000, partial: true })) got.push(one)
  })()
  const strict = assert.rejects(async () => {
    for await (const _ of node.probe.stream(2, true, { timeoutMs: 2_000 })) continue
  }, withCode('MYDHT_TIMEOUT'))
  await clock.advance(900)
  assert.equal(
    node.heard.commands.all.some(({ type }) => type === 'cancel'),
    false
  )
  await clock.advance(200)
  await never
  assert.equal(node.heard.commands.all.filter(({ type }) => type === 'cancel').length, 1)
  await clock.advance(1_000)
  await Promise.all([partial, strict])
  assert.deepEqual(got, [0, 1])
  assert.equal(node.heard.commands.all.filter(({ type }) => type === 'cancel').length, 3)
})

test('a peer that was away when it was dialled before is probed again once the back-off is over', async (t) => {
  const { clock, node: make } = world(t)
  const node = await make({ limits: { probeDelayMs: 100 } })
  await driven(clock, assert.rejects(node.connect('memory://late'), withCode('MYDHT_CONNECT_FAILED')))
  const late = await make({}, 'late')
  await driven(clock, late.connect(node.address))
  // The probe is due, and the address still in back-off: half a second after a failure at the least.
  await clock.advance(200)
  assert.equal(node.events.all.some(reachable(late.id)), false)
  await clock.advance(120_000)
  assert.equal(node.events.all.some(reachable(late.id)), true)
})

test('without real time passing, nodes join, ask and answer: their clock is all that they need', async (t) => {
  const clock = virtualClock()
  const transport = kinds.memory()
  const a = await driven(clock, makeNode(t, transport('a'), { clock }))
  const b = await driven(clock, makeNode(t, transport('b'), { clock }))
  await driven(clock, b.connect(a.address))
  const { key } = await driven(clock, a.kv.put('kept'))
  assert.equal(await driven(clock, b.kv.getText(key)), 'kept')
  await driven(clock, Promise.all([a.close(), b.close()]))
  assert.equal(clock.waiting, 0, 'a closed node leaves no timer behind')
})

describe('peers that dial us, with a route that keeps contacts', () => {
  const keeping = (wants: boolean) =>
    value((parts: RouteParts): Route => ({ ...createFlood()(parts), nearest: () => [], wants: () => wants }))
  const probesOf = async (clock: VirtualClock, node: TestNode): Promise<number> =>
    (await driven(clock, node.stats())).counters.probes

  test('one that the route has no use for is dialled back when its visit has lasted limits.visitMs', async (t) => {
    const { clock, node: make } = world(t)
    const node = await make({ route: keeping(false), limits: { visitMs: 40_000 } })
    const visitor = await make()
    await driven(clock, visitor.connect(node.address))
    await clock.advance(35_000)
    assert.equal(await probesOf(clock, node), 0)
    await clock.advance(10_000)
    await driven(clock, node.events.first(reachable(visitor.id)))
    assert.equal(await probesOf(clock, node), 1)
  })

  test('one that proved itself within limits.proofMs counts as reachable when it comes again, and must prove itself again after that', async (t) => {
    const { clock, node: make } = world(t)
    const node = await make({ route: keeping(true), limits: { proofMs: 100_000 } })
    const visitor = await make()
    for (const [times, probes] of [
      [1, 1],
      [2, 1],
      [3, 2],
    ] as const) {
      await driven(clock, visitor.connect(node.address))
      await driven(clock, node.events.atLeast(times, reachable(visitor.id)))
      assert.equal(await probesOf(clock, node), probes)
      await driven(clock, visitor.disconnect(node.id))
      await driven(clock, node.events.atLeast(times, offline(visitor.id)))
      await clock.advance(times === 1 ? 1_000 : 110_000)
    }
  })
})
