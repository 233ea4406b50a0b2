/** Nodes that cannot understand each other say so: a typed error at the dialling side, an event at both, a closed connection, nothing kept. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { json } from '../../src/encodings/json.ts'
import { MyDhtError, type ErrorCode } from '../../src/errors.ts'
import { parseAddress } from '../../src/identity/address.ts'
import type { NodeConfig } from '../../src/node/config.ts'
import { createNode } from '../../src/node/node.ts'
import { none } from '../../src/shadows/none.ts'
import { secret } from '../../src/shadows/secret.ts'
import { tcp } from '../../src/transports/tcp.ts'
import { openRaw, realTransport, shake, rawParts } from '../hostile/raw.ts'
import { failedWith, kinds, makeNode, watched, type TestNode } from './rig.ts'
import type { NodeEvent } from '../../src/node/config.ts'

const withCode =
  (code: ErrorCode) =>
  (error: unknown): boolean => {
    assert.ok(MyDhtError.is(error), String(error))
    assert.equal(error.code, code, error.message)
    return true
  }

interface Case {
  readonly a?: Partial<NodeConfig>
  readonly b?: Partial<NodeConfig>
  /** What the dialling side (b) gets. */
  readonly code: ErrorCode
  /** What the other side's event says. */
  readonly there?: ErrorCode
}

const key = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)

const cases: Readonly<Record<string, Case>> = {
  'another network': { a: { network: 'one' }, b: { network: 'two' }, code: 'MYDHT_WRONG_NETWORK' },
  'another shadow': { b: { shadow: none() }, code: 'MYDHT_WRONG_SHADOW' },
  'another encoding': { b: { encoding: json() }, code: 'MYDHT_WRONG_ENCODING' },
  'another mode': { a: { mode: 'private' }, code: 'MYDHT_WRONG_MODE' },
  // Strangers get no answer under `secret`, so all that is known is that the other side closed.
  'another secret': {
    a: { shadow: secret({ key: key(1) }) },
    b: { shadow: secret({ key: key(2) }) },
    code: 'MYDHT_CONNECTION_CLOSED',
    there: 'MYDHT_SHADOW_FAILED',
  },
  'the same secret, another network': {
    a: { shadow: secret({ passphrase: 'the same words' }), network: 'one' },
    b: { shadow: secret({ passphrase: 'the same words' }), network: 'two' },
    code: 'MYDHT_CONNECTION_CLOSED',
    there: 'MYDHT_SHADOW_FAILED',
  },
}

async function assertNothingKept(...nodes: readonly TestNode[]): Promise<void> {
  for (const node of nodes) {
    const stats = await node.stats()
    assert.equal(stats.peers, 0)
    assert.deepEqual(await node.peers.known(10), [])
    assert.equal(
      node.heard.commands.all.some((command) => command.type === 'online'),
      false
    )
  }
}

for (const kind of ['memory', 'tcp'] as const) {
  describe(kind, () => {
    for (const [name, { a = {}, b = {}, code, there = code }] of Object.entries(cases)) {
      test(`${name}: ${code}`, async (t) => {
        const transport = kinds[kind]()
        const one = await makeNode(t, transport(), a)
        const two = await makeNode(t, transport(), b)
        await assert.rejects(two.connect(one.address.replace(/\w{52}@/, '')), withCode(code))
        await Promise.all([one.events.first(failedWith(there)), two.events.first(failedWith(code))])
        await assertNothingKept(one, two)
      })
    }

    test('another version of the protocol', async (t) => {
      const transport = kinds[kind]()
      const node = await makeNode(t, transport())
      const raw = realTransport(transport())
      t.after(() => raw.close())
      const outcome = await shake(await openRaw(raw, node.address), {
        meddle: (index, bytes) => (index === 0 ? Uint8Array.from(bytes, (byte, i) => (i === 4 ? 2 : byte)) : bytes),
      })
      assert.equal('code' in outcome && outcome.code, 'MYDHT_WRONG_VERSION')
      await node.events.first(failedWith('MYDHT_WRONG_VERSION'))
      assert.equal((await node.stats()).peers, 0)
    })

    test('somebody else than expected: the dialler shows nothing of itself', async (t) => {
      const transport = kinds[kind]()
      const a = await makeNode(t, transport())
      const b = await makeNode(t, transport())
      const stranger = rawParts({ seed: 5 }).id
      await assert.rejects(b.connect(a.address.replace(a.id, stranger)), withCode('MYDHT_WRONG_PEER'))
      // All that b would have said of itself is in message 3, for which a waited. (Only a probe by a peer that is online passes in silence.)
      await a.events.first(failedWith('MYDHT_CONNECTION_CLOSED'))
      await assertNothingKept(a, b)
    })

    test('in mode private an address without a PeerId is refused before anything is dialled', async (t) => {
      const transport = kinds[kind]()
      const a = await makeNode(t, transport(), { mode: 'private' })
      const b = await makeNode(t, transport(), { mode: 'private' })
      await assert.rejects(b.connect(parseAddress(a.address).link), withCode('MYDHT_WRONG_PEER'))
      assert.equal((await b.stats()).counters.dials, 0)
      await b.connect(a.address)
    })

    test('a node does not connect to itself, by id or by address', async (t) => {
      const a = await makeNode(t, kinds[kind]()())
      await assert.rejects(a.connect(a.address), withCode('MYDHT_SELF'))
      assert.equal((await a.stats()).counters.dials, 0)
      await assert.rejects(a.connect(parseAddress(a.address).link), withCode('MYDHT_SELF'))
      await assertNothingKept(a)
    })

    test('in mode anonymous nodes connect without names', async (t) => {
      const transport = kinds[kind]()
      const a = await makeNode(t, transport(), { mode: 'anonymous' })
      const b = await makeNode(t, transport(), { mode: 'anonymous' })
      assert.doesNotMatch(a.address, /@/)
      const { id } = await b.connect(a.address)
      assert.notEqual(id, a.id)
      assert.equal((await b.touch.touch(id)).count, 1)
    })
  })
}

test('bad addresses and dead ones have their own codes', async (t) => {
  const node = await makeNode(t, tcp())
  await assert.rejects(node.connect('nonsense'), withCode('MYDHT_BAD_ADDRESS'))
  await assert.rejects(node.connect('memory://elsewhere'), withCode('MYDHT_BAD_ADDRESS'))
  await assert.rejects(node.connect('tcp://127.0.0.1:1'), withCode('MYDHT_CONNECT_FAILED'))
  await assertNothingKept(node)
})

test('createNode rejects when nobody of `join` answers, and leaves nothing open', async (t) => {
  const transport = kinds.memory()
  const events = watched<NodeEvent>()
  const config = { transport: transport('joiner'), onEvent: events.push }
  await assert.rejects(createNode({ ...config, join: ['memory://nobody'] }), withCode('MYDHT_CONNECT_FAILED'))
  await assert.rejects(
    createNode({ ...config, join: ['memory://nobody', 'memory://no-one'] }),
    withCode('MYDHT_CONNECT_FAILED')
  )
  // Its name is free again.
  const again = await createNode(config)
  t.after(() => again.close())
  // One of several is enough.
  const joined = await createNode({ transport: transport(), join: ['memory://nobody', again.address] })
  t.after(() => joined.close())
  assert.equal((await joined.peers.connected()).length, 1)
})

test('a shadow that hides nothing is refused off loopback unless it is asked for', async (t) => {
  const transport = tcp({ host: '0.0.0.0', advertise: ['tcp://192.168.77.1:4000'] })
  await assert.rejects(createNode({ transport, shadow: none() }), withCode('MYDHT_BAD_CONFIG'))
  const node = await createNode({ transport, shadow: none(), insecure: true })
  t.after(() => node.close())
})
