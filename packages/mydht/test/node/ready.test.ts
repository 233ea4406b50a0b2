/** When a connection counts: both sides proved themselves, both accepted, both said so. And what the accept hook may do to that. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MyDhtError } from '../../src/errors.ts'
import { memoryNetwork } from '../../src/transports/memory.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'
import type { Verdict } from '../../src/peers/accept.ts'
import { realTransport, shaken } from '../hostile/raw.ts'
import { driven, failedWith, hook, kinds, lever, makeNode, makePair, meeting, online, type TestNode } from './rig.ts'

const isRefused = (error: unknown): boolean => MyDhtError.is(error, 'MYDHT_REFUSED')

/** Nothing of `peer` is left at `node`. */
async function assertUnknown(node: TestNode, peer: string): Promise<void> {
  assert.deepEqual(await node.peers.connected(), [])
  assert.deepEqual(
    (await node.peers.known(100)).filter(({ id }) => id === peer),
    []
  )
  assert.equal(
    node.heard.commands.all.some((command) => command.type === 'online'),
    false
  )
  const touched = []
  for await (const one of node.touch.touchNext(5)) touched.push(one)
  assert.deepEqual(touched, [])
  assert.equal(node.events.all.some(online(peer)), false)
}

for (const [kind, make] of Object.entries(kinds)) {
  describe(kind, () => {
    test('both sides see each other, their apps and their record, once both are ready', async (t) => {
      const [a, b] = await makePair(t, make())
      assert.deepEqual(
        (await a.peers.connected()).map(({ id, incoming, apps }) => ({ id, incoming, apps: [...apps].sort() })),
        [{ id: b.id, incoming: true, apps: ['kv', 'peers', 'probe', 'touch'] }]
      )
      const heard = await b.heard.commands.first((command) => command.type === 'online')
      assert.equal(heard.type === 'online' && heard.peer.id, a.id)
      assert.ok(heard.type === 'online' && heard.record && heard.record.length > 100)
      assert.deepEqual((await b.touch.touch(a.id)).count, 1)
      assert.deepEqual((await a.touch.touch(b.id)).count, 1)
    })

    test('a refusal with a code ends it for both, and neither side records anything', async (t) => {
      const transport = make()
      const a = await makeNode(t, transport(), { accept: hook(() => ({ accepted: false, code: 'not-today' })) })
      const b = await makeNode(t, transport())
      await assert.rejects(
        b.connect(a.address),
        (error: unknown) => isRefused(error) && /not-today/.test(String(error))
      )
      await Promise.all([a, b].map((node) => node.events.first(failedWith('MYDHT_REFUSED'))))
      await assertUnknown(a, b.id)
      await assertUnknown(b, a.id)
    })

    test('the dialling side may refuse too', async (t) => {
      const transport = make()
      const a = await makeNode(t, transport())
      const b = await makeNode(t, transport(), { accept: hook(() => false) })
      await assert.rejects(b.connect(a.address), isRefused)
      await Promise.all([a, b].map((node) => node.events.first(failedWith('MYDHT_REFUSED'))))
      await assertUnknown(a, b.id)
      await assertUnknown(b, a.id)
    })
  })
}

test('a slow accept hook holds everything back: nobody is told before it has spoken', async (t) => {
  const transport = kinds.memory()
  const asked = lever()
  const verdict = lever<Verdict>()
  const a = await makeNode(t, transport(), {
    accept: hook((candidate) => {
      assert.equal(candidate.incoming, true)
      asked.resolve()
      return verdict.promise
    }),
  })
  const b = await makeNode(t, transport())
  let connected = false
  const connecting = b.connect(a.address).then(() => {
    connected = true
  })
  await asked.promise
  // Several round trips of the same network pass meanwhile.
  const others = await makePair(t, transport)
  for (let i = 0; i < 10; i++) await others[1].touch.touch(others[0].id)
  assert.equal(connected, false)
  await assertUnknown(a, b.id)
  await assertUnknown(b, a.id)
  verdict.resolve(true)
  await connecting
  await Promise.all([a.events.first(online(b.id)), b.events.first(online(a.id))])
})

test("the hook's priority is what the program sees", async (t) => {
  const transport = kinds.memory()
  const a = await makeNode(t, transport(), { accept: hook(async () => ({ accepted: true, priority: 7 })) })
  const b = await makeNode(t, transport())
  await b.connect(a.address)
  await a.events.first(online(b.id))
  assert.deepEqual(
    (await a.peers.connected()).map(({ priority }) => priority),
    [7]
  )
  assert.deepEqual(
    (await b.peers.connected()).map(({ priority }) => priority),
    [0]
  )
})

const failures: Readonly<Record<string, () => Verdict | Promise<Verdict>>> = {
  throws: () => {
    throw new Error('secret reason')
  },
  rejects: () => Promise.reject(new Error('secret reason')),
  'gives nonsense': () => ({ accepted: true, priority: 1.5 }),
}

for (const [name, failing] of Object.entries(failures)) {
  test(`a hook that ${name} refuses, and the peer does not learn why`, async (t) => {
    const transport = kinds.memory()
    const a = await makeNode(t, transport(), { accept: hook(failing) })
    const b = await makeNode(t, transport())
    await assert.rejects(b.connect(a.address), (error: unknown) => {
      assert.ok(isRefused(error))
      assert.match(String(error), /accept-failed/)
      assert.doesNotMatch(String(error), /secret reason/)
      return true
    })
    await assertUnknown(a, b.id)
  })
}

test('a hook that never answers refuses at its deadline; its late yes changes nothing', async (t) => {
  const clock = virtualClock()
  const transport = meeting(memoryNetwork())
  const verdict = lever<Verdict>()
  const a = await makeNode(t, transport(), {
    clock,
    accept: hook(() => verdict.promise),
    limits: { connectTimeoutMs: 60_000 },
  })
  const b = await makeNode(t, transport(), { clock, limits: { connectTimeoutMs: 60_000, callTimeoutMs: 60_000 } })
  const outcome = assert.rejects(
    b.connect(a.address),
    (error: unknown) => isRefused(error) && /accept-timeout/.test(String(error))
  )
  await clock.advance(4_900)
  assert.equal(a.events.all.length, 0)
  await clock.advance(200)
  await outcome
  verdict.resolve(true)
  await clock.advance(100)
  assert.equal(a.events.all.some(online(b.id)), false)
  const closing = Promise.all([a.close(), b.close()])
  await clock.advance(1_000)
  await closing
})

test('a peer that proves itself but never says ready is nobody, and is dropped at the deadline', async (t) => {
  const clock = virtualClock()
  const network = memoryNetwork()
  const transport = meeting(network)
  const a = await makeNode(t, transport('a'), { clock, limits: { connectTimeoutMs: 3_000 } })
  const raw = realTransport(transport('raw'))
  t.after(() => raw.close())
  const session = await driven(clock, shaken(raw, a.address, { now: () => clock.now() }))
  const first = await driven(clock, session.next())
  assert.equal(first?.type, 'ready')
  assert.equal(a.events.all.length, 0)
  await clock.advance(3_100)
  await a.events.first(failedWith('MYDHT_TIMEOUT'))
  assert.equal(
    a.heard.commands.all.some((command) => command.type === 'online'),
    false
  )
  await driven(clock, a.close())
})
