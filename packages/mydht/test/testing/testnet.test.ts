import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kv } from '../../src/apps/kv/kv.ts'
import { MyDhtError } from '../../src/errors.ts'
import { part } from '../../src/part.ts'
import { testnet } from '../../src/testing/testnet.ts'
import { linksOf } from '../../src/testing/testnet-links.ts'
import { seededRandom } from '../../src/random.ts'
import { memory, memoryNetwork } from '../../src/transports/memory.ts'

test('a count that is none, and a link to a node that is none, are TypeErrors and leave nothing running', async () => {
  await assert.rejects(testnet(0), TypeError)
  await assert.rejects(testnet(1.5), TypeError)
  await assert.rejects(testnet(2, { links: [[], [7]] }), /no node 7 in a network of 2/)
})

test('a node that cannot start rejects the whole network and closes those before it', async () => {
  const network = memoryNetwork()
  const sameName = testnet(2, { transport: () => memory({ network, name: 'one' }) })
  await assert.rejects(sameName, (thrown) => MyDhtError.is(thrown, 'MYDHT_CONNECT_FAILED'))
  assert.equal(network.size, 0)
})

test('a node that refuses everybody rejects the network', async () => {
  const accept = part(import.meta.url, 'refuseAll', {}, () => () => false)
  const net = testnet(2, { each: (index) => (index === 0 ? { accept } : {}) })
  await assert.rejects(net, (thrown) => MyDhtError.is(thrown, 'MYDHT_REFUSED'))
})

test('a link that cannot be rejects with what is missing, and nothing runs then', async () => {
  const network = memoryNetwork()
  const net = testnet(2, {
    transport: () => memory({ network }),
    each: (index) => (index === 1 ? { clientOnly: true } : {}),
    reachable: true,
    timeoutMs: 50,
  })
  await assert.rejects(net, { code: 'MYDHT_TIMEOUT', message: /node 0 has not dialled node 1 after 50 ms/ })
  assert.equal(network.size, 0)
})

test('a network that is given up while it starts rejects with the reason, and nothing runs then', async () => {
  const network = memoryNetwork()
  const reason = new Error('enough')
  const giveUp = new AbortController()
  const net = testnet(2, {
    transport: () => memory({ network }),
    each: (index) => (index === 1 ? { clientOnly: true } : {}),
    reachable: true,
    signal: giveUp.signal,
    onEvent: (event) => event.type === 'peer-online' && giveUp.abort(reason),
  })
  await assert.rejects(net, (thrown) => thrown === reason)
  assert.equal(network.size, 0)
})

for (const transport of ['memory', 'tcp'] as const) {
  test(`over ${transport}, what one node puts another gets, and nothing runs after the block`, async () => {
    let closed: () => Promise<unknown> = () => Promise.resolve()
    {
      await using net = await testnet(4, { transport, apps: { kv: kv() } })
      const { key } = await net.node(1).kv.put('hello')
      assert.equal(await net.node(3).kv.getText(key), 'hello')
      closed = () => net.node(0).kv.stats()
    }
    await assert.rejects(closed(), (thrown) => MyDhtError.is(thrown, 'MYDHT_CLOSED'))
  })
}

test('reachable: each end of each link has dialled the other when the network is there', async () => {
  await using net = await testnet(3, { links: 'line', reachable: true })
  for (const node of net.nodes)
    for (const peer of await node.peers.connected()) assert.ok(peer.reachable, `${node.id} has not dialled ${peer.id}`)
})

test('the same seed gives the same identities, another one others', async () => {
  const ids = async (seed: number): Promise<readonly string[]> => {
    await using net = await testnet(2, { seed })
    return net.nodes.map((node) => node.id)
  }
  assert.deepEqual(await ids(5), await ids(5))
  assert.notDeepEqual(await ids(5), await ids(6))
})

test('shapes connect as they say', () => {
  const links = (shape: Parameters<typeof linksOf>[0]): readonly (readonly number[])[] =>
    linksOf(shape, 4, seededRandom(1))
  assert.deepEqual(links('star'), [[], [0], [0], [0]])
  assert.deepEqual(links('line'), [[], [0], [1], [2]])
  assert.deepEqual(links('ring'), [[3], [0], [1], [2]])
  assert.deepEqual(links('full'), [[], [0], [0, 1], [0, 1, 2]])
  for (const [index, targets] of linksOf('random', 50, seededRandom(1)).entries()) {
    assert.equal(targets.length, Math.min(3, index))
    assert.ok(targets.every((each) => each < index))
  }
})
