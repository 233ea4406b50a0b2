/** How connections and nodes end: in order, by accident, in the middle of things. Whoever waited is told at once. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, test } from 'node:test'
import { MyDhtError, type ErrorCode } from '../../src/errors.ts'
import type { Transport } from '../../src/transports/transport.ts'
import { createMemory, memoryNetwork } from '../../src/transports/memory.ts'
import { nextOf, openRaw, realTransport, shaken } from '../hostile/raw.ts'
import { failedWith, kinds, lever, makeNode, makePair, offline, online, value } from './rig.ts'

const withCode =
  (...codes: readonly ErrorCode[]) =>
  (error: unknown): boolean => {
    assert.ok(MyDhtError.is(error), String(error))
    assert.ok(codes.includes(error.code), `${error.code}: ${error.message}`)
    return true
  }

for (const [kind, make] of Object.entries(kinds)) {
  describe(kind, () => {
    test('a node that closes is seen to go by apps and by the program, in good order', async (t) => {
      const [a, b] = await makePair(t, make())
      await b.close()
      const event = await a.events.first(offline(b.id))
      assert.deepEqual(event, { type: 'peer-offline', peer: b.id, code: '' })
      await a.heard.commands.first((command) => command.type === 'offline' && command.peer.id === b.id)
      assert.deepEqual(await a.peers.connected(), [])
      await assert.rejects(a.touch.touch(b.id), withCode('MYDHT_NOT_CONNECTED'))
    })

    test('disconnect ends one connection at both sides; what was sent before it arrives', async (t) => {
      const [a, b] = await makePair(t, make())
      await a.probe.tell(b.id, 1000, 200)
      assert.equal(await a.disconnect(b.id), true)
      assert.equal(await a.disconnect(b.id), false)
      await b.events.first(offline(a.id))
      assert.equal(b.heard.commands.all.filter((command) => command.type === 'message').length, 200)
      await b.connect(a.address)
      assert.equal((await b.touch.touch(a.id)).count, 1)
    })
  })
}

for (const kind of ['memory', 'tcp'] as const) {
  describe(kind, () => {
    const accidents = {
      'cut without a word': {
        cut: (link: { drop(): void; end(): void }) => link.drop(),
        codes: ['MYDHT_TRUNCATED', 'MYDHT_CONNECTION_CLOSED'],
      },
      'ended without an end message': {
        cut: (link: { drop(): void; end(): void }) => link.end(),
        codes: ['MYDHT_TRUNCATED'],
      },
    } as const
    for (const [name, { cut, codes }] of Object.entries(accidents)) {
      test(`a connection that is ${name}: offline, and what was asked fails at once`, async (t) => {
        const transport = kinds[kind]()
        const node = await makeNode(t, transport(), { limits: { probeDelayMs: 60_000 } })
        const raw = realTransport(transport())
        t.after(() => raw.close())
        const peer = await shaken(raw, node.address)
        await peer.ready()
        await node.events.first(online(peer.id))
        // Deadlines so far off that only an error that comes at once can end this test.
        const failing = assert.rejects(
          node.touch.touch(peer.id, { timeoutMs: 3_600_000 }),
          withCode('MYDHT_CONNECTION_CLOSED')
        )
        await nextOf(peer, 'request')
        cut(peer.link)
        await failing
        const event = await node.events.first(offline(peer.id))
        assert.ok(
          event.type === 'peer-offline' && (codes as readonly string[]).includes(event.code),
          JSON.stringify(event)
        )
        await node.heard.commands.first((command) => command.type === 'offline')
      })
    }

    test('a query that waits for a peer ends when that peer is lost', async (t) => {
      const transport = kinds[kind]()
      const node = await makeNode(t, transport(), { limits: { probeDelayMs: 60_000 } })
      const raw = realTransport(transport())
      t.after(() => raw.close())
      const peer = await shaken(raw, node.address)
      await peer.ready()
      await node.events.first(online(peer.id))
      const finding = node.peers.find(node.id.replace(/^./, 'b') as typeof node.id, {
        timeoutMs: 3_600_000,
        local: false,
      })
      await nextOf(peer, 'query')
      peer.link.drop()
      assert.equal(await finding, undefined)
      assert.equal((await node.peers.stats()).engine.pending, 0)
    })
  })
}

test('close is idempotent and ends open calls with MYDHT_CLOSED; so do later ones', async (t) => {
  const [a, b] = await makePair(t, kinds.memory())
  const never = assert.rejects(a.probe.never(), withCode('MYDHT_CLOSED'))
  const streaming = assert.rejects(async () => {
    for await (const _ of a.probe.stream(2, true)) continue
  }, withCode('MYDHT_CLOSED'))
  await Promise.all([a.close(), a.close(), a[Symbol.asyncDispose]()])
  await a.close()
  await Promise.all([never, streaming])
  await assert.rejects(a.probe.never(), withCode('MYDHT_CLOSED'))
  await assert.rejects(a.connect(b.address), withCode('MYDHT_CLOSED'))
  await assert.rejects(a.stats(), withCode('MYDHT_CLOSED'))
})

test('close during a dial calls it off, all of its addresses', async (t) => {
  const network = memoryNetwork()
  const dialled: string[] = []
  const asked = lever()
  const hanging = value((parts: Parameters<ReturnType<typeof createMemory>>[0]): Transport => {
    const real = createMemory({ network })(parts)
    return {
      ...real,
      connect: (address, { signal }) => {
        dialled.push(address)
        asked.resolve()
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
        })
      },
    }
  })
  const node = await makeNode(t, hanging)
  const connecting = assert.rejects(node.connect('memory://nowhere'), withCode('MYDHT_CLOSED'))
  await asked.promise
  await node.close()
  await connecting
  assert.deepEqual(dialled, ['memory://nowhere'])
})

test('close during a handshake ends it, at both sides', async (t) => {
  const transport = kinds.tcp()
  const node = await makeNode(t, transport())
  const raw = realTransport(transport())
  t.after(() => raw.close())
  const incoming = await openRaw(raw, node.address)
  await incoming.send(new TextEncoder().encode('MyDH'))
  // A listener that never answers.
  const accepted = lever()
  const silent = realTransport(transport())
  t.after(() => silent.close())
  const [address = ''] = await silent.listen((link) => {
    link.read.start(
      () => accepted.resolve(),
      () => {}
    )
  })
  const connecting = assert.rejects(node.connect(address), withCode('MYDHT_CLOSED'))
  await accepted.promise
  await node.close()
  await connecting
  await incoming.closed
})

test('a peer that does not answer our end holds a close up no longer than closeMs', async (t) => {
  const transport = kinds.memory()
  const node = await makeNode(t, transport(), { limits: { closeMs: 50 } })
  const raw = realTransport(transport())
  t.after(() => raw.close())
  const peer = await shaken(raw, node.address)
  await peer.ready()
  await node.events.first(online(peer.id))
  await node.close()
  await nextOf(peer, 'end')
})

test('a part of the main loop that throws closes the node with a reason and leaves nothing open', async (t) => {
  const transport = kinds.memory()
  const bad = value(() => ({
    name: 'bad',
    online: () => {
      throw new Error('the route was told to throw')
    },
    offline: () => {},
    next: () => [],
  }))
  const a = await makeNode(t, transport('fragile'), { route: bad })
  const b = await makeNode(t, transport())
  const never = assert.rejects(a.probe.never(), (error: unknown) => /the route was told to throw/.test(String(error)))
  // By the time that a fails b may have heard its word already.
  await b.connect(a.address).catch(() => {})
  await never
  await a.close()
  // Its name is free: the transport was closed too.
  const again = await makeNode(t, transport('fragile'))
  await b.connect(again.address)
})

test('an unfinished handshake is told by an event, not by silence', async (t) => {
  const transport = kinds.memory()
  const node = await makeNode(t, transport())
  const raw = realTransport(transport())
  t.after(() => raw.close())
  const link = await openRaw(raw, node.address)
  await link.send(new TextEncoder().encode('MyDH'))
  link.drop()
  await node.events.first(failedWith('MYDHT_CONNECTION_CLOSED'))
  assert.equal((await node.stats()).peers, 0)
})

test('a process whose nodes are closed ends by itself', async () => {
  const script = fileURLToPath(new URL('closing-child.js', import.meta.url))
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (bytes: Buffer) => (said += String(bytes)))
  const [code] = await once(child, 'exit')
  assert.equal(code, 0)
  assert.match(said, /^closed\n$/)
})
