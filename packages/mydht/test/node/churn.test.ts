/** Connections that come and go at random: afterwards both ends of every pair agree, and whoever is connected can talk. */
import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { seededRandom } from '../../src/random.ts'
import { coroutine } from '../../src/service/spawners/coroutine.ts'
import { createNode } from '../../src/node/node.ts'
import { kinds, lever, hook, makeNode, makePair, offline, online, quick, watched, type TestNode } from './rig.ts'
import { framed, realTransport, shaken, type RawSession } from '../hostile/raw.ts'
import type { TransportPart } from '../../src/transports/transport.ts'
import { probe, probeLog } from './probe-app.ts'
import type { NodeEvent } from '../../src/node/config.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function views(nodes: readonly TestNode[]): Promise<string[]> {
  const seen = await Promise.all(nodes.map((node) => node.peers.connected()))
  return seen
    .flatMap((peers, i) =>
      peers.map(({ id }) => [i, nodes.findIndex((node) => node.id === id)].toSorted((one, two) => one - two).join('-'))
    )
    .toSorted()
}

/** Waits until every pair is seen by both of its ends or by none, and nothing else is open. */
async function agreed(nodes: readonly TestNode[]): Promise<string[]> {
  for (;;) {
    await turn()
    const before = await views(nodes)
    const twice = before.every((pair) => before.filter((other) => other === pair).length === 2)
    const open = await Promise.all(nodes.map(async (node) => (await node.stats()).connections))
    if (twice && open.reduce((sum, count) => sum + count, 0) === before.length)
      return before.filter((_, i) => i % 2 === 0)
  }
}

for (const [kind, make] of Object.entries(kinds)) {
  describe(kind, () => {
    test('random connects and disconnects, many at once', async (t) => {
      for (const seed of [1, 2, 3]) {
        const random = seededRandom(seed)
        const transport = make()
        const nodes = await Promise.all(
          Array.from({ length: 4 }, () => makeNode(t, transport(), { limits: { probeDelayMs: 3_600_000 } }))
        )
        const pick = (): TestNode => nodes[random.below(nodes.length)] as TestNode
        const running: Promise<unknown>[] = []
        for (let i = 0; i < 60; i++) {
          const [from, to] = [pick(), pick()]
          if (from === to) continue
          if (random.below(3) > 0) running.push(from.connect(to.address).catch(() => {}))
          else running.push(from.disconnect(to.id))
          if (random.below(3) === 0) await turn()
          if (random.below(10) === 0) await running.at(-1)
        }
        await Promise.all(running)
        const pairs = await agreed(nodes)
        for (const pair of pairs) {
          const [one, two] = pair.split('-').map((i) => nodes[Number(i)] as TestNode)
          assert.ok(one && two)
          await one.touch.touch(two.id)
          await two.touch.touch(one.id)
        }
        // What the program was told and what apps were told is the same story: online and offline take turns.
        for (const node of nodes) {
          for (const other of nodes) {
            const told = node.events.all
              .filter((event) => online(other.id)(event) || offline(other.id)(event))
              .map(({ type }) => type)
            told.forEach((type, i) => assert.equal(type, i % 2 === 0 ? 'peer-online' : 'peer-offline', told.join()))
            const heard = node.heard.commands.all.flatMap((command) =>
              (command.type === 'online' || command.type === 'offline') && command.peer.id === other.id
                ? [`peer-${command.type}`]
                : []
            )
            assert.deepEqual(heard, told)
          }
        }
        await Promise.all(nodes.map((node) => node.close()))
      }
    })

    test('a connect right behind a disconnect leads to a connection that stays', async (t) => {
      const [a, b] = await makePair(t, make(), { limits: { probeDelayMs: 3_600_000 } })
      for (let i = 0; i < 5; i++) {
        await a.disconnect(b.id)
        await a.connect(b.address)
        assert.deepEqual(await agreed([a, b]), ['0-1'])
        await Promise.all([a.touch.touch(b.id), b.touch.touch(a.id)])
      }
    })
  })
}

/** A node whose read services have room for one chunk, and a raw peer that is online there. */
async function narrow(t: TestContext, transport: (name?: string) => TransportPart) {
  const heard = probeLog()
  const events = watched<NodeEvent>()
  const node = await createNode({
    transport: transport(),
    apps: { probe: probe(heard) },
    limits: quick,
    onEvent: events.push,
    placement: { read: coroutine({ queueLimit: 1 }) },
  })
  t.after(() => node.close())
  const raw = realTransport(transport())
  t.after(() => raw.close())
  const peer = await shaken(raw, node.address)
  await peer.ready()
  await events.first(online(peer.id))
  return { heard, events, peer }
}

for (const kind of ['memory', 'tcp'] as const) {
  describe(`${kind}, where the read service has room for one chunk`, () => {
    const record = (peer: RawSession): Uint8Array =>
      peer.seal(framed({ type: 'tell', app: 'probe', body: new Uint8Array(4_000) }))

    test('what a peer sent before its end arrives before the end', async (t) => {
      const { heard, events, peer } = await narrow(t, kinds[kind]())
      for (let i = 0; i < 500; i++) void peer.link.send(record(peer))
      void peer.send({ type: 'end', code: 'bye' })
      peer.link.end()
      assert.deepEqual(await events.first(offline(peer.id)), {
        type: 'peer-offline',
        peer: peer.id,
        code: 'remote:bye',
      })
      assert.equal(heard.commands.all.filter(({ type }) => type === 'message').length, 500)
    })

    test('a link that is lost is noticed', async (t) => {
      const { events, peer } = await narrow(t, kinds[kind]())
      for (let i = 0; i < 20; i++) await peer.link.send(record(peer))
      peer.link.drop()
      const event = await events.first(offline(peer.id))
      assert.ok(
        event.type === 'peer-offline' && ['MYDHT_TRUNCATED', 'MYDHT_CONNECTION_CLOSED'].includes(event.code),
        JSON.stringify(event)
      )
    })
  })
}

test('a node closes while its accept hook still thinks', async (t) => {
  const transport = kinds.memory()
  const asked = lever()
  const a = await makeNode(t, transport(), {
    accept: hook(() => {
      asked.resolve()
      return new Promise(() => {})
    }),
  })
  const b = await makeNode(t, transport())
  const connecting = assert.rejects(b.connect(a.address))
  await asked.promise
  await a.close()
  await connecting
  assert.equal((await b.stats()).connections, 0)
})
