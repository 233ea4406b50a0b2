/** What a review of the whole library found, each defect with the test that shows it. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { kv } from '../../src/apps/kv/kv.ts'
import { touch } from '../../src/apps/touch/touch.ts'
import { systemClock } from '../../src/clock.ts'
import { createNode, type NodeCore } from '../../src/node/node.ts'
import { realise } from '../../src/part.ts'
import { createConnection, pumpIn, type PumpParts } from '../../src/peers/connection.ts'
import { coroutine } from '../../src/service/spawners/coroutine.ts'
import { restart } from '../../src/service/spawners/restart.ts'
import { none } from '../../src/shadows/none.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'
import { tcp } from '../../src/transports/tcp.ts'
import type { Transport, TransportFactory, TransportPart } from '../../src/transports/transport.ts'
import { kinds, makeNode, makePair, offline, online, reachable, value, watched, type TestNode } from './rig.ts'

/** A transport that is another one, changed. */
function changed(inner: TransportPart, change: (transport: Transport) => Partial<Transport>): TransportPart {
  const factory: TransportFactory = (parts) => {
    const transport = realise(inner)(parts)
    return { ...transport, ...change(transport) }
  }
  return value(factory)
}

/** One whose links to hosts called `dead…` never come about. */
const withDeadHosts = (inner: TransportPart, listed: readonly string[] = []): TransportPart =>
  changed(inner, (transport) => ({
    listen: async (onLink) => [...listed, ...(await transport.listen(onLink))],
    connect: (address, options) =>
      address.includes('dead')
        ? new Promise((_resolve, reject) => {
            const { signal } = options
            if (signal.aborted) reject(signal.reason)
            signal.addEventListener('abort', () => reject(signal.reason))
          })
        : transport.connect(address, options),
  }))

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('an address that is given up for its silence does not give up those behind it', async (t) => {
  // Here only silence takes time: on a busy machine the address behind it would be given up too.
  const clock = virtualClock()
  const transport = kinds.memory()
  const nodes: TestNode[] = []
  t.after(async () => {
    for (const node of nodes) await clock.until(node.close())
  })
  const make = async (listed: readonly string[]): Promise<TestNode> => {
    const node = await clock.until(makeNode(t, withDeadHosts(transport(), listed), { clock }))
    nodes.push(node)
    return node
  }
  const asked = await make([])
  const one = await make(['memory://dead-first'])
  await clock.until(one.connect(asked.address))
  // It is dialled back at both of its addresses, in their order.
  await clock.until(asked.events.first(reachable(one.id)), { maxMs: 60_000 })
})

test('a dial of one address is not left to a dial of another that names the same peer', async (t) => {
  const transport = kinds.memory()
  const a = await makeNode(t, withDeadHosts(transport()))
  const b = await makeNode(t, transport())
  const dead = a.connect(`memory://${b.id}@dead`)
  assert.equal((await a.connect(b.address)).id, b.id)
  assert.equal((await dead).id, b.id)
})

/** Runs `use` with a node that keeps one connection, after a peer came and went that names such an address. */
async function afterVisitor(
  t: TestContext,
  address: string,
  use: (node: NodeCore, dialled: readonly string[]) => Promise<void>
): Promise<void> {
  const dialled: string[] = []
  const watching = changed(tcp(), (transport) => ({
    connect: (target, options) => {
      dialled.push(target)
      return target.includes('127.0.0.1')
        ? transport.connect(target, options)
        : Promise.reject(new Error('no such network here'))
    },
  }))
  const node = await makeNode(t, watching, { wantedConnections: 1, limits: { probeDelayMs: 600_000 } })
  const visitor = await makeNode(
    t,
    changed(tcp(), (transport) => ({ listen: async (onLink) => (await transport.listen(onLink), [address]) }))
  )
  await visitor.connect(node.address)
  await node.events.first(online(visitor.id))
  await visitor.close()
  await node.events.first(offline(visitor.id))
  await use(node, dialled)
}

test('the pool asks the dial policy about addresses that peers named', async (t) => {
  for (const address of ['tcp://169.254.169.254:80', 'tcp://10.255.0.1:22']) {
    await afterVisitor(t, address, async (node, dialled) => {
      if (address.includes('169.254')) {
        while (dialled.length === 0 && (await node.stats()).counters.deniedDials === 0) await turn()
        assert.deepEqual(dialled, [])
      } else {
        // Wider than loopback, where the visitor came from: allowed.
        while (dialled.length === 0) await turn()
        assert.deepEqual(dialled[0], address)
      }
    })
  }
})

test('what the dial policy denies is no failure of the peer: it stays known', async (t) => {
  await afterVisitor(t, 'tcp://169.254.169.254:80', async (node) => {
    while ((await node.stats()).counters.deniedDials < 2) await turn()
    assert.ok((await node.stats()).counters.deniedDials >= 2)
  })
})

test('a shadow that hides nothing leads nowhere off this machine unless it is asked for', async (t) => {
  const node = await makeNode(t, tcp(), { shadow: none() })
  await assert.rejects(node.connect('tcp://192.0.2.1:9'), { code: 'MYDHT_BAD_CONFIG' })
})

for (const kind of ['memory', 'tcp'] as const) {
  test(`${kind}: being dialled back is no failed connection`, async (t) => {
    const said = watched<string>()
    const [a, b] = await makePair(t, kinds[kind](), { log: (_level, event) => said.push(event) })
    await a.events.first(reachable(b.id))
    await said.first((event) => event === 'looked-at')
    await Promise.all([a.close(), b.close()])
    for (const { events } of [a, b])
      assert.deepEqual(
        events.all.filter(({ type }) => type === 'connection-failed'),
        []
      )
  })
}

test('in mode anonymous no app ever has our record', async (t) => {
  const transport = kinds.memory()
  const a = await makeNode(t, transport(), { mode: 'anonymous' })
  const b = await makeNode(t, transport(), { mode: 'anonymous' })
  await b.connect(a.address)
  const { key } = await a.kv.put('x')
  assert.equal(await b.kv.getText(key), 'x')
  for (const { heard } of [a, b]) assert.ok(heard.commands.all.every(({ type }) => type !== 'self'))
})

test('calls that an app worked on when it failed end at once with its failure', async (t) => {
  const node = await makeNode(t, kinds.memory()())
  const waiting = node.probe.never()
  const failing = node.probe.throw()
  await assert.rejects(failing, { code: 'MYDHT_SERVICE_FAILED' })
  await assert.rejects(waiting, { code: 'MYDHT_SERVICE_FAILED' })
})

test('a listener of events that throws does not take the node down', async (t) => {
  const thrown = (): never => {
    throw new Error('a mistake of the program')
  }
  const said = watched<string>()
  const log = (_level: string, event: string): void => said.push(event)
  const [a, b] = await makePair(t, kinds.memory(), { onEvent: thrown, log })
  await said.first((event) => event === 'event-listener-failed')
  assert.equal((await b.touch.touch(a.id)).count, 1)
})

test('to place a service that this node does not have is an error, not a silence', async () => {
  for (const service of ['listen', 'dial'] as const) {
    const placing = createNode({ transport: kinds.memory()(), placement: { [service]: coroutine() } })
    await assert.rejects(placing, { code: 'MYDHT_BAD_CONFIG' })
  }
})

test('a node whose app has a broken api is closed before createNode rejects', async () => {
  const transport = kinds.memory()
  const broken = { ...touch(), api: () => assert.fail('no api') }
  await assert.rejects(createNode({ transport: transport('one'), apps: { broken } }), /no api/)
  // Its address is free again.
  await (await createNode({ transport: transport('one') })).close()
})

test('a call has a deadline that is one', async (t) => {
  const node = await makeNode(t, kinds.memory()())
  for (const timeoutMs of [Number.NaN, Infinity, -1]) await assert.rejects(node.probe.never({ timeoutMs }), TypeError)
})

for (const [name, one] of Object.entries({
  coroutine: () => coroutine(),
  'a coroutine of one command a turn': () => coroutine({ turnCommands: 1 }),
})) {
  for (const kind of ['memory', 'one-way memory', 'tcp'] as const) {
    test(`${kind}: every service placed as ${name} does what it does inline`, async (t) => {
      const transport = kinds[kind]()
      const make = async () => {
        const node = await createNode({
          transport: transport(),
          apps: { kv: kv(), touch: touch() },
          limits: { probeDelayMs: 1, upkeepMs: 10, closeMs: 200 },
          placement: {
            main: one(),
            read: one(),
            write: one(),
            auth: one(),
            api: restart(),
            peerStore: one(),
            'kv.global': one(),
            'touch.global': one(),
            'touch.local': one(),
          },
        })
        t.after(() => node.close())
        return node
      }
      const [a, b, c] = [await make(), await make(), await make()]
      await b.connect(a.address)
      await c.connect(b.address)
      const { key } = await a.kv.put('far')
      assert.equal(await c.kv.getText(key), 'far')
      const keys = await Promise.all(Array.from({ length: 50 }, (_, i) => a.kv.put(`value ${i}`)))
      const got = await Promise.all(keys.map((put) => c.kv.getText(put.key)))
      assert.deepEqual(
        got,
        keys.map((_, i) => `value ${i}`)
      )
      await Promise.all([a.close(), b.close(), c.close()])
    })
  }
}

test('what a link sends before its handshake is over is bounded, however slow the auth service is', () => {
  let push: (bytes: Uint8Array) => void = () => {}
  const overruns: number[] = []
  const read = {
    start: (onBytes: (bytes: Uint8Array) => void) => (push = onBytes),
    pause() {},
    resume() {},
    close() {},
  }
  const connection = createConnection({
    id: 1,
    incoming: true,
    remoteHost: 'x',
    dialled: undefined,
    probe: false,
    expected: undefined,
    read,
    write: undefined,
    nowMs: 0,
    release: () => {},
  })
  const parts: PumpParts = {
    nowMs: () => 0,
    maxSlabs: 4,
    maxEarlyBytes: 100_000,
    handshakeBytes: () => true,
    readEnded: () => {},
    overrun: ({ id }) => overruns.push(id),
    writeEvent: () => {},
  }
  pumpIn(connection, read, parts)
  push(new Uint8Array(60_000))
  assert.deepEqual(overruns, [])
  push(new Uint8Array(60_000))
  assert.deepEqual(overruns, [1])
})

test('a timer for longer than the machine knows does not fire at once', async () => {
  let fired = false
  const timer = systemClock.after(2 ** 31 + 5, () => (fired = true))
  await new Promise<void>((resolve) => void systemClock.after(20, resolve))
  timer.cancel()
  assert.equal(fired, false)
})
