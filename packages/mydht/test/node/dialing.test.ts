import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { MyDhtError } from '../../src/errors.ts'
import { coroutine } from '../../src/service/spawners/coroutine.ts'
import { parseAddress } from '../../src/identity/address.ts'
import { createIdentity } from '../../src/identity/keys.ts'
import { createPeerRecord, encodePeerRecord } from '../../src/identity/peer-record.ts'
import { createNode } from '../../src/node/node.ts'
import { maxDialsPerPeer, network as networkName } from '../../src/node/defaults.ts'
import { createFlood, flood } from '../../src/routes/flood.ts'
import type { Route, RouteContact, RoutePart, RouteParts } from '../../src/routes/route.ts'
import { createMemory, memoryNetwork } from '../../src/transports/memory.ts'
import type { Transport, TransportParts } from '../../src/transports/transport.ts'
import { deafAt, makeNode, meeting, offline, value, watched } from './rig.ts'

/** A node whose dials of `memory://old…` hang until they are called off, a peer, and records of that peer. */
async function moved(t: TestContext, route: RoutePart = flood()) {
  const network = memoryNetwork()
  const hanging = watched<string>()
  const transport = deafAt(network, 'memory://old', hanging.push)
  const seed = new Uint8Array(32).fill(3)
  const [node, peer, teller] = await Promise.all([
    makeNode(t, transport, { route }),
    makeNode(t, meeting(network)(), { seed }),
    makeNode(t, meeting(network)()),
  ])
  await node.connect(teller.address)
  const identity = createIdentity(seed, networkName)
  const record = (address: string): Uint8Array =>
    encodePeerRecord(
      createPeerRecord(identity, {
        sequence: 1,
        expiresAtMs: Date.now() + 60_000,
        clientOnly: false,
        addresses: [address],
      })
    )
  return { node, peer, teller, hanging, record }
}

test('a peer that has moved is reached by its newer record while the dial by its older one still hangs, which then ends well too', async (t) => {
  const { node, peer, teller, hanging, record } = await moved(t)
  await node.probe.dial([record('memory://old')], teller.id)
  await hanging.first((address) => address === 'memory://old')
  await node.probe.dial([record(parseAddress(peer.address).link)], teller.id)
  await node.heard.commands.atLeast(2, ({ type }) => type === 'connected')
  const ends = node.heard.commands.all.flatMap((command) => (command.type === 'connected' ? [command] : []))
  assert.deepEqual(
    ends.map((end) => end.peer?.id),
    [peer.id, peer.id]
  )
})

test('however many records of a peer others name, it is dialled no more than so often at a time', async (t) => {
  const { node, teller, hanging, record } = await moved(t)
  const records = Array.from({ length: 9 }, (_, i) => record(`memory://old${i}`))
  await node.probe.dial(records, teller.id)
  await hanging.first((address) => address === `memory://old${maxDialsPerPeer - 1}`)
  assert.equal((await node.stats()).counters.dials, 1 + maxDialsPerPeer)
  assert.deepEqual(hanging.all, ['memory://old0', 'memory://old1'])
})

test('a probe that succeeds connects nobody: who waits for a connection to the same peer waits on', async (t) => {
  const checks: RouteContact[] = []
  const checking = value((parts: RouteParts): Route => ({
    ...createFlood()(parts),
    upkeep: () => ({ check: checks.splice(0), refresh: [], alone: false }),
  }))
  const { node, peer, teller, hanging, record } = await moved(t, checking)
  // A contact is somebody whom the node has met.
  await node.connect(peer.address)
  await node.disconnect(peer.id)
  await node.events.first(offline(peer.id))
  await node.probe.dial([record('memory://old')], teller.id)
  await hanging.first(() => true)
  const there = record(parseAddress(peer.address).link)
  checks.push({ id: peer.id, peer: undefined, record: there })
  while ((await node.stats()).counters.probes === 0) await new Promise((resolve) => setImmediate(resolve))
  assert.ok(node.heard.commands.all.every(({ type }) => type !== 'connected'))
  await node.probe.dial([there], teller.id)
  await node.heard.commands.atLeast(2, (command) => command.type === 'connected' && command.peer?.id === peer.id)
  assert.ok((await node.peers.connected()).some(({ id }) => id === peer.id))
})

test('dials that fail all at once are all told, however few commands the main loop has room for', async (t) => {
  const network = memoryNetwork()
  const failing: (() => void)[] = []
  const begun = watched<string>()
  const transport = value((parts: TransportParts): Transport => ({
    ...createMemory({ network })(parts),
    connect: (address) =>
      new Promise((_resolve, reject) => {
        failing.push(() => reject(new MyDhtError('MYDHT_CONNECT_FAILED', `nobody is at ${address}`)))
        begun.push(address)
      }),
  }))
  const node = await createNode({ transport, placement: { main: coroutine({ queueLimit: 8 }) } })
  t.after(() => node.close())
  const ends: Promise<void>[] = []
  for (let i = 0; i < 40; i++) {
    ends.push(assert.rejects(node.connect(`memory://nobody-${i}`), { code: 'MYDHT_CONNECT_FAILED' }))
    await begun.atLeast(i + 1, () => true)
  }
  for (const fail of failing) fail()
  await Promise.all(ends)
  assert.equal((await node.stats()).dialling, 0)
})
