/** Two connections to one peer become one, and what was asked on either is answered; a peer that came back is seen to have been away. */
import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { MyDhtError } from '../../src/errors.ts'
import { virtualClock, type VirtualClock } from '../../src/testing/virtual-clock.ts'
import { nextOf, realTransport, shaken, type RawSession } from '../hostile/raw.ts'
import { driven, kinds, makeNode, makePair, offline, online, type TestNode } from './rig.ts'

/** Waits until a node has no connection but the one to its only peer. */
async function settled(node: TestNode): Promise<void> {
  while ((await node.stats()).connections !== 1) await new Promise((resolve) => setImmediate(resolve))
}

for (const [kind, make] of Object.entries(kinds)) {
  describe(kind, () => {
    test('when both dial at once one and the same connection stays at both, and nobody sees the other leave', async (t) => {
      const transport = make()
      for (let round = 0; round < 5; round++) {
        const a = await makeNode(t, transport(), { limits: { probeDelayMs: 60_000 } })
        const b = await makeNode(t, transport(), { limits: { probeDelayMs: 60_000 } })
        const [fromA, fromB] = await Promise.all([a.connect(b.address), b.connect(a.address)])
        assert.deepEqual([fromA.id, fromB.id], [b.id, a.id])
        // Nothing that is asked while the other connection drains is lost.
        const asked = Array.from({ length: 50 }, () => [a.touch.touch(b.id), b.touch.touch(a.id)]).flat()
        assert.equal((await Promise.all(asked)).length, 100)
        await Promise.all([settled(a), settled(b)])
        const [seenByA] = await a.peers.connected()
        const [seenByB] = await b.peers.connected()
        // The dialler of it is the same in the eyes of both.
        assert.notEqual(seenByA?.incoming, seenByB?.incoming)
        assert.equal((await a.touch.touch(b.id)).count, 51)
        for (const node of [a, b]) {
          assert.equal(node.events.all.filter((event) => event.type === 'peer-online').length, 1)
          assert.equal(node.events.all.filter((event) => event.type === 'peer-offline').length, 0)
          assert.equal(node.heard.commands.all.filter((command) => command.type === 'offline').length, 0)
        }
        await a.close()
        await b.close()
      }
    })

    test('two connects to one address share one dial', async (t) => {
      const transport = make()
      const a = await makeNode(t, transport())
      const b = await makeNode(t, transport())
      const answers = await Promise.all([b.connect(a.address), b.connect(a.address), b.connect(a.address)])
      assert.deepEqual(answers, [{ id: a.id }, { id: a.id }, { id: a.id }])
      assert.equal((await b.stats()).counters.dials, 1)
    })

    test('a connect to a connected peer answers at once, with its id or with its address', async (t) => {
      const [a, b] = await makePair(t, make(), { limits: { probeDelayMs: 60_000 } })
      assert.deepEqual(await b.connect(a.address), { id: a.id })
      assert.deepEqual(await b.connect(a.address.replace(/\w{52}@/, '')), { id: a.id })
      assert.deepEqual(await a.connect(b.address), { id: b.id })
      const dials = await Promise.all([a, b].map(async (node) => (await node.stats()).counters.dials))
      assert.deepEqual(dials, [0, 1])
    })
  })
}

test('a peer that comes back while its old connection still looks alive: offline, online, and what it was asked fails at once', async (t) => {
  const clock = virtualClock()
  const transport = kinds.memory()
  const node = await makeNode(t, transport(), { clock, limits: { probeDelayMs: 60_000 } })
  const raw = realTransport(transport())
  t.after(() => raw.close())
  const open = (): Promise<RawSession> => driven(clock, shaken(raw, node.address, { now: () => clock.now() }))
  const before = await open()
  await driven(clock, before.ready())
  await driven(clock, node.events.first(online(before.id)))
  const asked = node.touch.touch(before.id, { timeoutMs: 60_000 })
  const failing = assert.rejects(asked, (error: unknown) => MyDhtError.is(error, 'MYDHT_CONNECTION_CLOSED'))
  await driven(clock, nextOf(before, 'request'))
  // Only past a round trip a second dial is no longer taken for one at the same time.
  await clock.advance(1_000)
  const after = await open()
  await driven(clock, after.ready())
  await driven(clock, failing)
  const offAt = node.events.all.findIndex(offline(before.id))
  assert.ok(offAt > 0)
  assert.ok(node.events.all.findLastIndex(online(after.id)) > offAt)
  const seen = node.heard.commands.all.flatMap(({ type }) => (type === 'online' || type === 'offline' ? [type] : []))
  assert.deepEqual(seen, ['online', 'offline', 'online'])
  // The old one is ended in order, the new one works.
  await driven(clock, nextOf(before, 'end'))
  const again = node.touch.touch(after.id, { timeoutMs: 60_000 })
  const { id } = await driven(clock, nextOf(after, 'request'))
  const body = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 9)
  await after.send({ type: 'response', app: 'touch', id, status: 'ok', stream: 0, streamBytes: 0, body })
  assert.equal((await driven(clock, again)).count, 9)
  assert.equal((await driven(clock, node.peers.connected())).length, 1)
  await driven(clock, node.close())
})

/** A node and a peer that ends its connection as a duplicate of a second one, before that is ready at the node. */
async function handingOver(t: TestContext, clock: VirtualClock) {
  const transport = kinds.memory()
  const node = await makeNode(t, transport(), { clock, limits: { probeDelayMs: 60_000 } })
  const raw = realTransport(transport())
  t.after(() => raw.close())
  const open = (): Promise<RawSession> => driven(clock, shaken(raw, node.address, { now: () => clock.now() }))
  const older = await open()
  await driven(clock, older.ready())
  await driven(clock, node.events.first(online(older.id)))
  const newer = await open()
  await driven(clock, nextOf(newer, 'ready'))
  await driven(clock, older.send({ type: 'end', code: 'duplicate' }))
  const presence = (): readonly string[] =>
    node.events.all.flatMap(({ type }) => (type === 'peer-online' || type === 'peer-offline' ? [type] : []))
  return { node, older, newer, presence }
}

test('a duplicate that ends before the other connection is ready, which then comes to nothing: the peer is offline', async (t) => {
  const clock = virtualClock()
  const { node, older, newer, presence } = await handingOver(t, clock)
  assert.deepEqual(presence(), ['peer-online'])
  newer.link.drop()
  await driven(clock, node.events.first(offline(older.id)))
  assert.deepEqual(await driven(clock, node.peers.connected()), [])
  await driven(clock, node.close())
})

test('a duplicate that ends before the other connection is ready is sent on until it is, and nobody sees the peer leave', async (t) => {
  const clock = virtualClock()
  const { node, older, newer, presence } = await handingOver(t, clock)
  const asked = node.touch.touch(older.id, { timeoutMs: 60_000 })
  const { id } = await driven(clock, nextOf(older, 'request'))
  const apps = ['touch']
  await driven(clock, newer.send({ type: 'ready', accepted: true, code: '', maxMessageBytes: 65_536, apps }))
  // The one that was left is ended here too, and its question is answered on the other.
  await driven(clock, nextOf(older, 'end'))
  const body = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 9)
  await newer.send({ type: 'response', app: 'touch', id, status: 'ok', stream: 0, streamBytes: 0, body })
  assert.equal((await driven(clock, asked)).count, 9)
  assert.deepEqual(presence(), ['peer-online'])
  assert.equal((await driven(clock, node.peers.connected())).length, 1)
  await driven(clock, node.close())
})
