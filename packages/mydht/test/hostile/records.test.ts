/** Hostile peers that proved who they are: what they send afterwards costs them their connection, and nobody else anything. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { concat } from '../../src/bytes.ts'
import type { NodeEvent } from '../../src/node/config.ts'
import { seededRandom } from '../../src/random.ts'
import type { AppMessage } from '../../src/wire/messages.ts'
import { kinds, offline, online } from '../node/rig.ts'
import { aliveBytes, arena, type Arena } from './arena.ts'
import { framed, nextOf, shaken, varint, type RawSession } from './raw.ts'

const random = seededRandom(11)
const ready = { type: 'ready', accepted: true, code: '', maxMessageBytes: 1 << 20, apps: [] } as const
const tell: AppMessage = { type: 'tell', app: 'kv', body: new Uint8Array(3) }

interface Attack {
  /** Whether it says a proper `ready` first, so that it is online when it attacks. */
  readonly ready: boolean
  readonly code: string
  run(session: RawSession): Promise<unknown>
}

const attacks: Readonly<Record<string, Attack>> = {
  'garbage for records': { ready: true, code: 'MYDHT_SHADOW_FAILED', run: (s) => s.link.send(random.bytes(1 << 20)) },
  'garbage before ready': { ready: false, code: 'MYDHT_SHADOW_FAILED', run: (s) => s.link.send(random.bytes(100_000)) },
  'a record of no length': { ready: true, code: 'MYDHT_SHADOW_FAILED', run: (s) => s.link.send(new Uint8Array(2)) },
  'a record with a flipped bit': {
    ready: true,
    code: 'MYDHT_SHADOW_FAILED',
    run: (s) => s.link.send(s.seal(framed({ type: 'ping', nonce: 1 })).map((byte, i) => (i === 5 ? byte ^ 1 : byte))),
  },
  'a record twice': {
    ready: true,
    code: 'MYDHT_SHADOW_FAILED',
    run: (s) => {
      const record = s.seal(framed({ type: 'ping', nonce: 1 }))
      return s.link.send(concat([record, record]))
    },
  },
  'records in another order': {
    ready: true,
    code: 'MYDHT_SHADOW_FAILED',
    run: (s) => {
      const [one, two] = [1, 2].map((nonce) => s.seal(framed({ type: 'ping', nonce })))
      return s.link.send(concat([two ?? new Uint8Array(0), one ?? new Uint8Array(0)]))
    },
  },
  'its own records, reflected to it': {
    ready: true,
    code: 'MYDHT_SHADOW_FAILED',
    run: async (s) => {
      await s.send({ type: 'ping', nonce: 1 })
      const pong = await s.link.next()
      await s.link.send(pong ?? new Uint8Array(1))
    },
  },
  'a record without plaintext': {
    ready: true,
    code: 'MYDHT_SHADOW_FAILED',
    run: (s) => s.sendPlain(new Uint8Array(0)),
  },
  'an unknown type of message': {
    ready: true,
    code: 'MYDHT_BAD_MESSAGE',
    run: (s) => s.sendPlain(Uint8Array.of(2, 99, 0)),
  },
  'a message of no length': { ready: true, code: 'MYDHT_BAD_MESSAGE', run: (s) => s.sendPlain(Uint8Array.of(0)) },
  'a length that is not in its shortest form': {
    ready: true,
    code: 'MYDHT_BAD_MESSAGE',
    run: (s) => s.sendPlain(Uint8Array.of(0x85, 0)),
  },
  'a message of 9 petabytes, announced': {
    ready: true,
    code: 'MYDHT_BAD_MESSAGE',
    run: (s) => s.sendPlain(varint(2 ** 53 - 1)),
  },
  'a message longer than ours says': {
    ready: true,
    code: 'MYDHT_BAD_MESSAGE',
    run: (s) => s.sendPlain(varint(128 * 1024 + 1)),
  },
  'a message with bytes behind its end': {
    ready: true,
    code: 'MYDHT_BAD_MESSAGE',
    run: (s) => s.sendPlain(Uint8Array.of(6, 3, 0, 0, 0, 1, 0)),
  },
  'a message before ready': { ready: false, code: 'MYDHT_BAD_MESSAGE', run: (s) => s.send(tell) },
  'a second ready': { ready: true, code: 'MYDHT_BAD_MESSAGE', run: (s) => s.send(ready) },
  'a ready that takes back the first': {
    ready: true,
    code: 'MYDHT_BAD_MESSAGE',
    run: (s) => s.send({ ...ready, accepted: false, code: 'no' }),
  },
  'an end before ready': { ready: false, code: 'MYDHT_REFUSED', run: (s) => s.send({ type: 'end', code: '' }) },
  'messages behind its end': {
    ready: true,
    code: '',
    run: (s) => s.sendPlain(concat([framed({ type: 'end', code: '' }), framed(tell)])),
  },
}

async function gone(world: Arena, id: string): Promise<NodeEvent> {
  return world.node.events.first((event) => event.type === 'connection-failed' || offline(id)(event))
}

for (const kind of ['memory', 'tcp'] as const) {
  describe(kind, () => {
    for (const [name, attack] of Object.entries(attacks)) {
      test(name, async (t) => {
        const world = await arena(t, kinds[kind]())
        const session = await shaken(world.raw, world.node.address)
        if (attack.ready) {
          await session.ready()
          await world.node.events.first(online(session.id))
        }
        void attack.run(session)
        const event = await gone(world, session.id)
        assert.equal('code' in event && event.code, attack.code)
        assert.equal(event.type, attack.ready ? 'peer-offline' : 'connection-failed')
        await session.link.closed
        await world.alone()
        // Not a word of it came to an app, and it is nobody's peer.
        assert.equal(
          world.node.heard.commands.all.some((command) => command.type === 'message' && command.from.id === session.id),
          false
        )
        assert.deepEqual(
          (await world.node.peers.connected()).map(({ id }) => id),
          [world.honest.id]
        )
        await world.more(10)
      })
    }

    test('messages for an app that we do not run, and of kinds that nobody asked for, are counted and cost nothing', async (t) => {
      const world = await arena(t, kinds[kind]())
      const session = await shaken(world.raw, world.node.address)
      await session.ready()
      await world.node.events.first(online(session.id))
      const before = (await world.node.stats()).counters.droppedMessages
      const body = new Uint8Array(20).fill(7)
      for (const app of ['ghost', 'kv', 'touch', 'peers']) {
        await session.send({ type: 'tell', app, body })
        await session.send({ type: 'response', app, id: 12, status: 'ok', stream: 0, streamBytes: 0, body })
        await session.send({
          type: 'answer',
          app,
          id: 99n,
          answers: [{ from: undefined, hops: 1, body }],
          closed: 5,
          unspent: 5,
          reason: 'done',
        })
        await session.send({ type: 'cancel', app, id: 5n })
        await session.send({ type: 'chunk', app, stream: 3, bytes: body })
        await session.send({ type: 'credit', app, stream: 3, bytes: 2 ** 40 })
        await session.send({ type: 'stream-end', app, stream: 3, fromSender: true, code: '' })
        await session.send({
          type: 'propagate',
          app,
          trace: 1n,
          hops: 255,
          fanOut: 255,
          budget: 0xffff_ffff,
          history: { keep: 'peers', limit: 0, peers: [] },
          body,
        })
      }
      await session.send({ type: 'request', app: 'touch', id: 1, body: Uint8Array.of(1) })
      while ((await nextOf(session, 'response')).id !== 1) continue
      assert.ok((await world.node.stats()).counters.droppedMessages >= before + 8)
      assert.ok((await world.node.touch.stats()).uninvited >= 1)
      const { engine } = await world.node.kv.stats()
      assert.ok(engine.unknown + engine.uninvited + engine.late >= 1, JSON.stringify(engine))
      assert.equal(engine.pending, 0)
      await world.more(10)
    })

    test('answers to a question that was put to somebody else do not count', async (t) => {
      const world = await arena(t, kinds[kind]())
      const [liar, other] = await Promise.all([41, 42].map((seed) => shaken(world.raw, world.node.address, { seed })))
      assert.ok(liar && other)
      for (const session of [liar, other]) {
        await session.ready()
        await world.node.events.first(online(session.id))
      }
      const asked = world.node.touch.touch(other.id, { timeoutMs: 3_600_000 })
      const { id } = await nextOf(other, 'request')
      const answer = (count: number) =>
        ({
          type: 'response',
          app: 'touch',
          id,
          status: 'ok',
          stream: 0,
          streamBytes: 0,
          body: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, count),
        }) as const
      await liar.send(answer(66))
      await liar.send({ type: 'request', app: 'touch', id: 7, body: Uint8Array.of(1) })
      while ((await nextOf(liar, 'response')).id !== 7) continue
      await other.send(answer(5))
      assert.equal((await asked).count, 5)
      // The same for queries: only who was asked may answer, and only with what verifies.
      const key = 'a'.repeat(52)
      const finding = world.node.peers.find(key as typeof world.node.id, {
        timeoutMs: 3_600_000,
        local: false,
        hops: 1,
      })
      const [toLiar, toOther] = await Promise.all([nextOf(liar, 'query'), nextOf(other, 'query')])
      const lie = {
        answers: [{ from: undefined, hops: 1, body: random.bytes(150) }],
        unspent: 0,
        reason: 'done',
      } as const
      await liar.send({ type: 'answer', app: 'peers', id: toOther.id, closed: toOther.budget + 1, ...lie })
      await liar.send({ type: 'answer', app: 'peers', id: toLiar.id, closed: toLiar.budget + 1, ...lie })
      await other.send({
        type: 'answer',
        app: 'peers',
        id: toOther.id,
        closed: toOther.budget + 1,
        answers: [],
        unspent: 0,
        reason: 'done',
      })
      assert.equal(await finding, undefined)
      assert.ok((await world.node.peers.stats()).engine.uninvited >= 1)
    })
  })
}

test('a flood of valid queries with the greatest numbers: clamped, bounded, answered or told busy', async (t) => {
  const world = await arena(t, kinds.tcp())
  const session = await shaken(world.raw, world.node.address)
  await session.ready()
  await world.node.events.first(online(session.id))
  // A true question of the app, as the node itself asks it.
  const asking = world.node.kv.get((await world.node.kv.put('x')).key, { local: false, timeoutMs: 3_600_000 })
  const true_ = await nextOf(session, 'query')
  await session.send({
    type: 'answer',
    app: 'kv',
    id: true_.id,
    answers: [],
    closed: true_.budget + 1,
    unspent: 0,
    reason: 'done',
  })
  await asking
  const before = aliveBytes()
  const sentBefore = (await world.node.kv.stats()).engine.sent
  const received: string[] = []
  const reading = (async () => {
    for (let message = await session.next(); message; message = await session.next()) received.push(message.type)
  })()
  const body = true_.body.slice()
  body[body.length - 1] = (body[body.length - 1] ?? 0) ^ 1
  for (let i = 0; i < 20_000; i++) {
    const sending = session.send({
      ...true_,
      trace: BigInt(i) + (1n << 40n),
      id: BigInt(i) + (1n << 50n),
      mode: { type: 'proxied' },
      hops: 255,
      travelled: 0,
      fanOut: 255,
      results: 65_535,
      priority: 255,
      budget: 0xffff_ffff,
      lifetimeMs: 0xffff_ffff,
      body,
    })
    if (i % 500 === 0) await sending
  }
  await world.more(20)
  const { engine } = await world.node.kv.stats()
  assert.ok(engine.clamped > 0, JSON.stringify(engine))
  assert.ok(engine.pending < 5_000, `${engine.pending} pending`)
  assert.ok(engine.sent - sentBefore < 20_000 * 2, 'never multiplied beyond its one neighbour')
  assert.ok(received.includes('answer'))
  const grown = aliveBytes() - before
  assert.ok(grown < 64 * 1024 * 1024, `${grown} bytes more`)
  session.link.drop()
  await world.node.events.first(offline(session.id))
  await reading
  await world.more(20)
})

test('a flood of requests from one who does not read the answers: bounded, and the honest are served', async (t) => {
  const world = await arena(t, kinds.tcp())
  const session = await shaken(world.raw, world.node.address)
  await session.ready()
  await world.node.events.first(online(session.id))
  session.link.pause()
  const before = aliveBytes()
  const body = new Uint8Array(8_000).fill(2)
  let last: Promise<boolean> = Promise.resolve(true)
  for (let i = 0; i < 12_000; i++) {
    last = session.send({ type: 'request', app: 'touch', id: i, body })
    if (i % 200 === 199) await world.more(1)
  }
  await Promise.race([last, world.more(100)])
  const grown = aliveBytes() - before
  // Our own unsent requests are in it: 96 MB at most; the node's answers would be as much again.
  assert.ok(grown < 128 * 1024 * 1024, `${grown} bytes more`)
  const { services } = await world.node.stats()
  assert.ok((services['write']?.queued ?? 0) <= 2_100, JSON.stringify(services['write']))
  session.link.drop()
  await world.node.events.first(offline(session.id))
  await world.more(10)
})

test('a flood of pings and of the smallest messages', async (t) => {
  const world = await arena(t, kinds.tcp())
  const session = await shaken(world.raw, world.node.address)
  await session.ready()
  await world.node.events.first(online(session.id))
  session.link.pause()
  const before = aliveBytes()
  const pings = concat(Array.from({ length: 9_000 }, (_, nonce) => framed({ type: 'ping', nonce })))
  for (let i = 0; i < 50; i++) await Promise.race([session.sendPlain(pings), world.more(5)])
  await world.more(10)
  const grown = aliveBytes() - before
  assert.ok(grown < 48 * 1024 * 1024, `${grown} bytes more`)
  session.link.drop()
  await world.node.events.first(offline(session.id))
  await world.more(10)
})
