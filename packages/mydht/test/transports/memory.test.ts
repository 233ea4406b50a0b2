/** @module Tests of the memory transport: the conformance suite both ways, then names, chance, latency and windows on a virtual clock. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { MyDhtError } from '../../src/errors.ts'
import { silent } from '../../src/log.ts'
import { realise } from '../../src/part.ts'
import { seededRandom } from '../../src/random.ts'
import { closed, listenOn, pour, probeRead, send } from '../../src/testing/transport-probe.ts'
import { transportSuite } from '../../src/testing/transport-suite.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'
import { createMemory, memory, memoryNetwork } from '../../src/transports/memory.ts'
import type { MemoryOptions } from '../../src/transports/memory.ts'
import { networksInUse } from '../../src/transports/memory-network.ts'

const never = new AbortController().signal
const parts = { clock: systemClock, random: seededRandom(1), log: silent }
const make = (options: MemoryOptions) => createMemory(options)(parts)
const fails = (code: Parameters<typeof MyDhtError.is>[1]) => (error: unknown) => MyDhtError.is(error, code)

const suites: readonly (readonly [name: string, options: MemoryOptions])[] = [
  ['memory, duplex', { links: 'duplex' }],
  ['memory, one-way', { links: 'one-way' }],
  ['memory, late and uneven', { latencyMs: 0.2, jitterMs: 1 }],
  ['memory, one-way, small window', { links: 'one-way', maxBufferedBytes: 5000, chunkBytes: 999 }],
]
for (const [name, options] of suites) {
  transportSuite({
    test,
    name,
    supports: { duplex: options.links !== 'one-way', blocking: false },
    create: () => {
      const network = memoryNetwork()
      return {
        make: () => make({ ...options, network }),
        nobody: () => 'memory://nobody',
        badAddresses: ['memory://UPPER', 'memory://a/b', 'memory://a:1', `memory://${'x'.repeat(65)}`, 'memory:a'],
      }
    },
  })
}

test('bad options are refused with MYDHT_BAD_CONFIG', () => {
  const bad: readonly MemoryOptions[] = [
    { name: '' },
    { name: 'a b' },
    { latencyMs: -1 },
    { jitterMs: Number.NaN },
    { lossOfConnection: 1.5 },
    { maxBufferedBytes: 0 },
    { chunkBytes: 1.5 },
    { maxConnections: 0 },
  ]
  for (const options of bad)
    assert.throws(() => createMemory(options), fails('MYDHT_BAD_CONFIG'), JSON.stringify(options))
})

test('a name that is taken is refused, and free again after close', async () => {
  const network = memoryNetwork()
  const first = make({ network, name: 'me' })
  assert.deepEqual(await first.listen(() => {}), ['memory://me'])
  const second = make({ network, name: 'me' })
  await assert.rejects(
    second.listen(() => {}),
    fails('MYDHT_CONNECT_FAILED')
  )
  // The one that did not get the name must not free it.
  await second.close()
  await make({ network }).connect('memory://me', { signal: never })
  await first.close()
  const third = make({ network, name: 'me' })
  assert.deepEqual(await third.listen(() => {}), ['memory://me'])
})

test('a full network refuses names with MYDHT_FULL', async () => {
  const network = memoryNetwork({ maxNames: 1 })
  await make({ network }).listen(() => {})
  await assert.rejects(
    make({ network }).listen(() => {}),
    fails('MYDHT_FULL')
  )
})

test('a client-only transport gives no address and connects', async () => {
  const network = memoryNetwork()
  const { address } = await listenOn(make({ network }))
  const client = make({ network, listen: false })
  assert.deepEqual(await client.listen(() => {}), [])
  await client.connect(address, { signal: never })
  assert.equal(network.size, 1)
})

test('transports meet by the name of their network, which is forgotten after the last close', async () => {
  const before = networksInUse()
  const [a, b, elsewhere] = [make({ network: 'one' }), make({ network: 'one' }), make({ network: 'two' })]
  const { address } = await listenOn(a)
  await b.connect(address, { signal: never })
  await assert.rejects(elsewhere.connect(address, { signal: never }), fails('MYDHT_CONNECT_FAILED'))
  assert.equal(networksInUse(), before + 2)
  await Promise.all([a.close(), b.close(), elsewhere.close(), a.close()])
  assert.equal(networksInUse(), before)
})

test('a link is duplex only when both ends are', async () => {
  const network = memoryNetwork()
  const listening = await listenOn(make({ network, links: 'one-way' }))
  const [out, into] = await Promise.all([
    make({ network }).connect(listening.address, { signal: never }),
    listening.next(),
  ])
  assert.equal(out.read, undefined)
  assert.equal(into.write, undefined)
})

test('connects above maxConnections fail, and succeed again when a link has gone', async () => {
  const network = memoryNetwork()
  const listening = await listenOn(make({ network, maxConnections: 1 }))
  const client = make({ network })
  const [out, into] = await Promise.all([client.connect(listening.address, { signal: never }), listening.next()])
  await assert.rejects(client.connect(listening.address, { signal: never }), fails('MYDHT_CONNECT_FAILED'))
  const end = probeRead(into.read).end
  out.write.close()
  await end
  await client.connect(listening.address, { signal: never })
})

test('the part is real in the thread that made it, and its options are plain data', () => {
  const blueprint = memory({ name: 'a', latencyMs: 5 })
  assert.deepEqual(structuredClone(blueprint.options), { name: 'a', latencyMs: 5 })
  assert.equal(blueprint.export, 'createMemory')
  assert.equal(realise(blueprint)(parts).scheme, 'memory')
})

test('latency: connecting takes a round trip, a byte one way, on the injected clock only', async () => {
  const clock = virtualClock()
  const network = memoryNetwork()
  const node = () => createMemory({ network, latencyMs: 40 })({ ...parts, clock })
  const listening = await listenOn(node())
  const connecting = node().connect(listening.address, { signal: never })
  let connectedAt = -1
  let arrivedAt = -1
  void connecting.then(() => (connectedAt = clock.monotonicMs()))
  await clock.advance(79)
  assert.equal(connectedAt, -1)
  await clock.advance(1)
  assert.equal(connectedAt, 80)
  const out = await connecting
  probeRead((await listening.next()).read, () => (arrivedAt = clock.monotonicMs()))
  void send(out.write, Uint8Array.of(1))
  await clock.advance(39)
  assert.equal(arrivedAt, -1)
  await clock.advance(1)
  assert.equal(arrivedAt, 120)
  assert.equal(clock.waiting, 0)
})

test('news of a loss takes the latency too, and no timer is left when both sides have closed', async () => {
  const clock = virtualClock()
  const network = memoryNetwork()
  const [a, b] = [1, 2].map(() => createMemory({ network, latencyMs: 100 })({ ...parts, clock }))
  assert.ok(a && b)
  const listening = await listenOn(a)
  const connecting = b.connect(listening.address, { signal: never })
  await clock.advance(200)
  const out = await connecting
  const reader = probeRead((await listening.next()).read)
  let lostAt = -1
  void reader.end.then(() => (lostAt = clock.monotonicMs()))
  out.write.close()
  await clock.advance(99)
  assert.equal(lostAt, -1)
  await clock.advance(1)
  assert.equal(lostAt, 300)

  const again = b.connect(listening.address, { signal: never })
  await clock.advance(200)
  void send((await again).write, new Uint8Array(1000))
  probeRead((await listening.next()).read)
  const closes = [a.close(), b.close()]
  await clock.advance(0)
  await Promise.all(closes)
  assert.equal(clock.waiting, 0)
})

test('an abort on the way back drops the link that the listener has accepted already', async () => {
  const clock = virtualClock()
  const network = memoryNetwork()
  const node = () => createMemory({ network, latencyMs: 40 })({ ...parts, clock })
  const listening = await listenOn(node())
  const aborting = new AbortController()
  const outcome = assert.rejects(node().connect(listening.address, { signal: aborting.signal }), /too late/)
  await clock.advance(60)
  const reader = probeRead((await listening.next()).read)
  aborting.abort(new Error('too late'))
  await outcome
  assert.equal(reader.ends, 0)
  await clock.advance(40)
  assert.equal((await reader.end).type, 'lost')
  assert.equal(clock.waiting, 0)
})

test('a closing node leaves no timer of a connect behind', async () => {
  const clock = virtualClock()
  const transport = createMemory({ network: memoryNetwork(), latencyMs: 1000 })({ ...parts, clock })
  const connecting = transport.connect('memory://x', { signal: never })
  const outcome = assert.rejects(connecting, fails('MYDHT_CLOSED'))
  const closing = transport.close()
  await clock.advance(0)
  await Promise.all([outcome, closing])
  assert.equal(clock.waiting, 0)
})

test('the window is exact: so many bytes leave while nobody reads, and not one more', async () => {
  const clock = virtualClock()
  const network = memoryNetwork()
  const node = () => createMemory({ network, maxBufferedBytes: 10_000, chunkBytes: 3000 })({ ...parts, clock })
  const listening = await listenOn(node())
  const connecting = node().connect(listening.address, { signal: never })
  await clock.advance(0)
  const out = await connecting
  const answers: number[] = []
  for (let m = 0; m < 20; m++) void send(out.write, new Uint8Array(1000)).then(() => answers.push(m))
  await clock.advance(60_000)
  assert.equal(answers.length, 10)
  const reader = probeRead((await listening.next()).read)
  await clock.advance(0)
  assert.equal(answers.length, 20)
  assert.equal(reader.arrived, 20_000)
})

/** Five nodes that each open links and send by chance; gives every event with its time. */
async function story(seed: number): Promise<readonly string[]> {
  const clock = virtualClock()
  const network = memoryNetwork()
  const random = seededRandom(seed)
  const events: string[] = []
  const say = (what: string) => events.push(`${clock.monotonicMs().toFixed(3)} ${what}`)
  const options = { network, latencyMs: 10, jitterMs: 30, lossOfConnection: 0.05, chunkBytes: 700 }
  const nodes = [0, 1, 2, 3, 4].map(() => createMemory(options)({ clock, random, log: silent }))
  const addresses: string[] = []
  for (const [i, node] of nodes.entries()) {
    const [address = ''] = await node.listen((link) => {
      say(`${i} accepts ${link.remoteHost}`)
      link.read.start(
        (bytes) => say(`${i} gets ${bytes.length} from ${link.remoteHost}`),
        (end) => say(`${i} sees ${link.remoteHost} ${end.type}`)
      )
    })
    addresses.push(address)
  }
  for (const [i, node] of nodes.entries()) {
    for (const address of addresses) {
      void node.connect(address, { signal: new AbortController().signal }).then((out) => {
        for (let n = 0; n < 5; n++) void send(out.write, new Uint8Array(1500)).then((sent) => say(`${i} sent ${sent}`))
        void closed(out.write).then((end) => say(`${i} done ${end.type}`))
        out.write.end()
      })
    }
  }
  await clock.runUntilIdle()
  const closes = nodes.map((node) => node.close())
  await clock.runUntilIdle()
  await Promise.all(closes)
  return events
}

test('the same seed gives the same events at the same times, another seed others; links break by chance', async () => {
  const [first, again, other] = [await story(7), await story(7), await story(8)]
  assert.deepEqual(again, first)
  assert.notDeepEqual(other, first)
  assert.ok(first.some((event) => event.endsWith('lost')))
  assert.ok(first.some((event) => event.endsWith('ended')))
})

test('a link that breaks by chance is lost on both sides and tells why', async () => {
  const network = memoryNetwork()
  const listening = await listenOn(make({ network }))
  const client = make({ network, lossOfConnection: 1 })
  const [out, into] = await Promise.all([client.connect(listening.address, { signal: never }), listening.next()])
  const [near, far] = [closed(out.write), probeRead(into.read).end]
  assert.equal(await pour(out.write, 10, () => {}), false)
  for (const end of await Promise.all([near, far])) {
    assert.ok(end.type === 'lost' && MyDhtError.is(end.error, 'MYDHT_CONNECTION_CLOSED'))
  }
})
