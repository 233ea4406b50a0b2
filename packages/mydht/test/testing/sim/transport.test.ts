/** @module Tests of the simulated network: the transport's conformance suite, then what a network does to it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../../src/clock.ts'
import { MyDhtError } from '../../../src/errors.ts'
import { silent } from '../../../src/log.ts'
import { realise } from '../../../src/part.ts'
import { seededRandom } from '../../../src/random.ts'
import { createEventLog } from '../../../src/testing/sim/event-log.ts'
import { createSimNetwork, type SimHost, type SimNetworkOptions } from '../../../src/testing/sim/network.ts'
import { listenOn, probeRead, send } from '../../../src/testing/transport-probe.ts'
import { transportSuite } from '../../../src/testing/transport-suite.ts'
import { virtualClock, type VirtualClock } from '../../../src/testing/virtual-clock.ts'
import type { Transport } from '../../../src/transports/transport.ts'

const constant = (value: number) => ({ kind: 'constant', value }) as const

transportSuite({
  test,
  name: 'sim',
  supports: { duplex: true, blocking: false },
  create: () => {
    const options = { latencyMs: constant(0.1), jitterMs: { kind: 'uniform', from: 0, to: 0.5 } } as const
    const network = createSimNetwork(options, 1, systemClock, createEventLog(systemClock))
    const idle = network.addHost()
    return {
      make: () => realise(network.addHost().transport())({ clock: systemClock, random: seededRandom(1), log: silent }),
      nobody: () => `sim://${idle.host}:9`,
      badAddresses: ['sim://1.2.3.4', 'tcp://1.2.3.4:5', 'sim://1.2.3.4:0', 'sim:1.2.3.4:5'],
    }
  },
})

/** A network on a virtual clock, two hosts, and a transport on each. */
function world(
  options: SimNetworkOptions = {},
  second: Parameters<ReturnType<typeof createSimNetwork>['addHost']>[0] = {}
) {
  const clock = virtualClock()
  const lines: string[] = []
  const log = createEventLog(clock, (line) => lines.push(line))
  const network = createSimNetwork({ latencyMs: constant(10), jitterMs: constant(0), ...options }, 1, clock, log)
  const made = (host: SimHost): Transport => realise(host.transport())({ clock, random: seededRandom(1), log: silent })
  const [a, b] = [network.addHost(), network.addHost(second)]
  return { clock, network, a, b, here: made(a), there: made(b), lines, made }
}

async function link({ clock, here, there }: ReturnType<typeof world>) {
  const listening = await clock.until(listenOn(there))
  const opened = here.connect(listening.address, { signal: new AbortController().signal })
  const out = await clock.until(opened)
  const link = await clock.until(listening.next())
  return { out, into: probeRead(link.read), link }
}

/** How a connect ends after 10 s of patience. */
async function outcome(clock: VirtualClock, from: Transport, address: string): Promise<string> {
  const patience = new AbortController()
  clock.after(10_000, () => patience.abort(new MyDhtError('MYDHT_TIMEOUT', 'no answer')))
  return clock.until(
    from.connect(address, { signal: patience.signal }).then(
      () => 'open',
      (thrown: unknown) => (thrown instanceof MyDhtError ? thrown.code : String(thrown))
    )
  )
}

const someBytes = (length: number): Uint8Array => new Uint8Array(length).fill(7)

test('numbers that make no sense are TypeErrors', () => {
  const clock = virtualClock()
  const make = (options: SimNetworkOptions) => createSimNetwork(options, 1, clock, createEventLog(clock))
  assert.throws(() => make({ packetLoss: 1 }), TypeError)
  assert.throws(() => make({ resetChance: -0.1 }), TypeError)
  assert.throws(() => make({ latencyMs: { kind: 'log-normal', median: -1, sigma: 1 } }), TypeError)
  assert.throws(() => make({}).addHost({ upBytesPerSecond: 0 }), TypeError)
})

test('a port that is taken, a host that is none, and a port where nobody listens are MYDHT_CONNECT_FAILED', async () => {
  const { clock, here, there, b, made } = world()
  const { address } = await clock.until(listenOn(there))
  const second = made({ ...b, transport: () => b.transport(1) })
  await assert.rejects(listenOn(second), (thrown) => MyDhtError.is(thrown, 'MYDHT_CONNECT_FAILED'))
  assert.equal(await outcome(clock, here, 'sim://1.1.1.1:1'), 'MYDHT_CONNECT_FAILED')
  assert.equal(await outcome(clock, here, `sim://${b.host}:77`), 'MYDHT_CONNECT_FAILED')
  assert.equal(clock.monotonicMs(), 20)
  assert.equal(await outcome(clock, here, address), 'open')
})

test('behind a router that lets nobody in a node dials out but is not answered to', async () => {
  const { clock, here, there, network } = world({}, { dialable: false })
  const { address } = await clock.until(listenOn(there))
  assert.equal(await outcome(clock, here, address), 'MYDHT_TIMEOUT')
  assert.equal(network.stats().unanswered, 1)
  assert.equal(await outcome(clock, there, (await clock.until(listenOn(here))).address), 'open')
})

test('one-way reachability holds in one direction', async () => {
  const { clock, here, there, network, a } = world()
  const [first, second] = await clock.until(Promise.all([listenOn(here), listenOn(there)]))
  network.reach((from) => from === a.host)
  assert.equal(await outcome(clock, there, first.address), 'MYDHT_TIMEOUT')
  assert.equal(await outcome(clock, here, second.address), 'open')
})

test('a partition holds what is on its way and answers no dial; healed, everything arrives in order', async () => {
  const setup = world()
  const { clock, network, a, here } = setup
  const { out, into, link: incoming } = await link(setup)
  void send(out.write, someBytes(100))
  network.partition((host) => host === a.host)
  void send(out.write, someBytes(200))
  incoming.write?.end()
  await clock.advance(60_000)
  assert.equal(into.arrived, 0)
  assert.equal(await outcome(clock, here, `sim://${incoming.remoteHost}:1`), 'MYDHT_CONNECT_FAILED')
  network.heal()
  await clock.advance(10)
  assert.equal(into.arrived, 300)
})

test('after a power cut nobody hears anything; after a kill the other ends do', async () => {
  for (const [how, ends] of [
    ['silent', 0],
    ['reset', 1],
  ] as const) {
    const setup = world()
    const { clock, b } = setup
    const { out } = await link(setup)
    assert.ok(out.read)
    const back = probeRead(out.read)
    b.down(how)
    await clock.advance(60_000)
    assert.equal(back.ends, ends, how)
  }
})

test('a host that is up again can be dialled, and nothing of before is there', async () => {
  const { clock, b, here, there, made } = world()
  const { address } = await clock.until(listenOn(there))
  b.down('silent')
  assert.equal(await outcome(clock, here, address), 'MYDHT_TIMEOUT')
  b.up()
  assert.equal(await outcome(clock, here, address), 'MYDHT_CONNECT_FAILED')
  const again = await clock.until(listenOn(made(b)))
  assert.equal(await outcome(clock, here, again.address), 'open')
})

test('latency, bandwidth and lost packets cost their time', async () => {
  const times: Record<string, number> = {}
  for (const [name, options] of [
    ['bare', {}],
    ['slow', { upBytesPerSecond: 10_000, downBytesPerSecond: 5000 }],
    ['lossy', { packetLoss: 0.5 }],
  ] as const) {
    const setup = world(options)
    const { out, into } = await link(setup)
    const startedMs = setup.clock.monotonicMs()
    void send(out.write, someBytes(10_000))
    await setup.clock.until(into.take(10_000))
    times[name] = setup.clock.monotonicMs() - startedMs
  }
  assert.equal(times['bare'], 10)
  assert.equal(times['slow'], 1000 + 10 + 2000)
  assert.ok((times['lossy'] ?? 0) >= 200 + 10, `${times['lossy']} ms with half of the packets lost`)
})

test('a pair of hosts has one latency both ways, other pairs have others', async () => {
  const { clock, network, made } = world({ latencyMs: { kind: 'log-normal', median: 40, sigma: 1 } })
  const transports = Array.from({ length: 5 }, () => made(network.addHost()))
  const addresses = await clock.until(Promise.all(transports.map(async (each) => (await listenOn(each)).address)))
  const roundTrip = async (from: number, to: number): Promise<number> => {
    const startedMs = clock.monotonicMs()
    assert.equal(await outcome(clock, transports[from] ?? assert.fail(), addresses[to] ?? ''), 'open')
    return Math.round((clock.monotonicMs() - startedMs) * 1e6)
  }
  const trips = new Set<number>()
  for (const [from, to] of [
    [0, 1],
    [0, 2],
    [1, 2],
    [3, 4],
  ] as const) {
    const there = await roundTrip(from, to)
    assert.equal(await roundTrip(to, from), there)
    trips.add(there)
  }
  assert.equal(trips.size, 4)
})
