/** How many connections a node holds, and which peers it vouches for. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { MyDhtError } from '../../src/errors.ts'
import { memoryNetwork } from '../../src/transports/memory.ts'
import { tcp } from '../../src/transports/tcp.ts'
import type { Transport, TransportParts } from '../../src/transports/transport.ts'
import { createMemory } from '../../src/transports/memory.ts'
import { openRaw, realTransport, shaken } from '../hostile/raw.ts'
import { kinds, makeNode, offline, online, reachable, value, type TestNode } from './rig.ts'

test('the wanted number of connections is held: peers of peers are dialled, and a peer that leaves is replaced', async (t) => {
  const transport = kinds.memory()
  const hub = await makeNode(t, transport())
  const others: TestNode[] = []
  for (let i = 0; i < 4; i++) {
    const other = await makeNode(t, transport())
    await other.connect(hub.address)
    await hub.events.first(reachable(other.id))
    others.push(other)
  }
  const node = await makeNode(t, transport(), { join: [hub.address], wantedConnections: 3 })
  await node.events.atLeast(3, ({ type }) => type === 'peer-online')
  const before = await node.peers.connected()
  const leaving = others.find(({ id }) => before.some((peer) => peer.id === id))
  assert.ok(leaving)
  const count = node.events.all.filter(({ type }) => type === 'peer-online').length
  await leaving.close()
  await node.events.first(offline(leaving.id))
  await node.events.atLeast(count >= 4 && before.length > 3 ? count : count + 1, ({ type }) => type === 'peer-online')
  const after = await node.peers.connected()
  assert.ok(after.length >= 3, `${after.length}`)
  assert.equal(
    after.some(({ id }) => id === leaving.id),
    false
  )
})

test('a node that wants none dials nobody by itself', async (t) => {
  const transport = kinds.memory()
  const hub = await makeNode(t, transport())
  const [one, two] = [await makeNode(t, transport()), await makeNode(t, transport())]
  for (const node of [one, two]) {
    await node.connect(hub.address)
    await hub.events.first(reachable(node.id))
  }
  assert.equal((await one.stats()).counters.dials, 1)
})

test('maxConnections bounds what others open and what we open', async (t) => {
  const transport = kinds.memory()
  const node = await makeNode(t, transport(), { limits: { maxConnections: 3, probeDelayMs: 60_000 } })
  const others = await Promise.all(
    Array.from({ length: 6 }, () => makeNode(t, transport(), { limits: { probeDelayMs: 60_000 } }))
  )
  const outcomes = await Promise.allSettled(others.map((other) => other.connect(node.address)))
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 3)
  for (const one of outcomes) if (one.status === 'rejected') assert.ok(MyDhtError.is(one.reason), String(one.reason))
  const stats = await node.stats()
  assert.equal(stats.connections, 3)
  assert.equal(stats.counters.refusedConnections, 3)
  const refused = others.find((_, i) => outcomes[i]?.status === 'rejected')
  await assert.rejects(node.connect(refused?.address ?? ''), (error: unknown) => MyDhtError.is(error, 'MYDHT_LIMIT'))
  // A place that becomes free can be taken.
  const held = others.find((_, i) => outcomes[i]?.status === 'fulfilled')
  await node.disconnect(held?.id ?? node.id)
  while ((await node.stats()).connections === 3) await new Promise((resolve) => setImmediate(resolve))
  await refused?.connect(node.address)
})

test('connects that are under way count: a burst does not pass the bound', async (t) => {
  const transport = kinds.memory()
  const node = await makeNode(t, transport(), { limits: { maxConnections: 2, probeDelayMs: 60_000 } })
  const others = await Promise.all(
    Array.from({ length: 5 }, () => makeNode(t, transport(), { limits: { probeDelayMs: 60_000 } }))
  )
  const outcomes = await Promise.allSettled(others.map((other) => node.connect(other.address)))
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 2)
  for (const one of outcomes) if (one.status === 'rejected') assert.ok(MyDhtError.is(one.reason, 'MYDHT_LIMIT'))
})

test('one host may hold only so many connections; loopback is exempt', async (t) => {
  const network = memoryNetwork()
  // The same transport, but links seem to come from one public host.
  const from = (host: string | undefined) =>
    value((parts: TransportParts): Transport => {
      const real = createMemory({ network, name: 'node' })(parts)
      return {
        ...real,
        listen: (onLink) => real.listen((link) => onLink({ ...link, remoteHost: host ?? link.remoteHost })),
      }
    })
  const clients = realTransport(kinds.memory()())
  t.after(() => clients.close())
  for (const [host, most] of [
    ['203.0.114.7', 2],
    [undefined, 5],
  ] as const) {
    const node = await makeNode(t, from(host), { limits: { maxConnectionsPerHost: 2 } })
    const raw = realTransport(value((parts: TransportParts) => createMemory({ network })(parts)))
    const links = await Promise.all(Array.from({ length: 5 }, () => openRaw(raw, node.address)))
    while ((await node.stats()).connections + (await node.stats()).counters.refusedConnections < 5)
      await new Promise((resolve) => setImmediate(resolve))
    assert.equal((await node.stats()).connections, most)
    for (const link of links) link.drop()
    await Promise.all([raw.close(), node.close()])
  }
})

test('a peer that dialled us is reachable only after we dialled it at its own address and it proved itself there', async (t) => {
  const transport = kinds.tcp()
  const a = await makeNode(t, transport(), { limits: { probeDelayMs: 60_000 } })
  const b = await makeNode(t, transport())
  await a.connect(b.address)
  // The dialler has its proof at once, the other side after its probe.
  await a.events.first(reachable(b.id))
  await b.events.first(reachable(a.id))
  assert.equal((await b.stats()).counters.probes, 1)
  assert.deepEqual(
    (await b.peers.connected()).map((peer) => peer.reachable),
    [true]
  )
  await b.heard.commands.first((command) => command.type === 'reachable' && command.peer.id === a.id)
})

async function withFalseAddress(t: TestContext, address: (honest: TestNode) => string): Promise<void> {
  const transport = kinds.tcp()
  const node = await makeNode(t, transport())
  const honest = await makeNode(t, transport())
  const raw = realTransport(tcp({ listen: false }))
  t.after(() => raw.close())
  const liar = await shaken(raw, node.address, { address: address(honest).replace(/\w{52}@/, '') })
  await liar.ready()
  await node.events.first(online(liar.id))
  // Its probe has come to nothing, a later peer's has succeeded: nothing is under way any more.
  const later = await makeNode(t, transport())
  await later.connect(node.address)
  await node.events.first(reachable(later.id))
  while ((await node.stats()).counters.dials < 2) await new Promise((resolve) => setImmediate(resolve))
  while ((await node.stats()).connections > 2) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(node.events.all.some(reachable(liar.id)), false)
  const asker = await makeNode(t, transport(), { join: [node.address] })
  const found = await asker.peers.find(liar.id, { hops: 3, local: false, timeoutMs: 100 })
  const known = (await asker.peers.known(100)).map(({ id }) => id)
  assert.equal(found, undefined)
  assert.equal(known.includes(liar.id), false)
  assert.equal((await asker.peers.find(later.id, { hops: 3 }))?.id, later.id)
}

test('an incoming peer with a dead address is never named to others', (t) =>
  withFalseAddress(t, () => 'tcp://127.0.0.1:9'))
test("an incoming peer with somebody else's address is never named to others", (t) =>
  withFalseAddress(t, (honest) => honest.address))

test('a client-only node is neither probed nor named', async (t) => {
  const transport = kinds.memory()
  const node = await makeNode(t, transport())
  const client = await makeNode(t, transport(), { clientOnly: true })
  await client.connect(node.address)
  const other = await makeNode(t, transport())
  await other.connect(node.address)
  await node.events.first(reachable(other.id))
  assert.equal((await node.stats()).counters.probes, 1)
  assert.equal(node.events.all.some(reachable(client.id)), false)
  assert.equal((await client.touch.touch(node.id)).count, 1)
})
