/** @module test/apps/peers: where peers are found across hops, whom the store names to whom, and what the main loop gets. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  peerStore,
  type PeersApi,
  type PeerStoreEvent,
  type PeerStoreOptions,
} from '../../src/apps/peers/peer-store.ts'
import type { PeersCall, PeersReply, PeerStoreRequest } from '../../src/apps/peers/protocol.ts'
import { readFind, readName, readNamed, findBody, nameBody, namedBody } from '../../src/apps/peers/messages.ts'
import { createPeerTable, type KnownPeer } from '../../src/apps/peers/table.ts'
import { createIdentity, type Identity } from '../../src/identity/keys.ts'
import { createPeerRecord, decodePeerRecord, encodePeerRecord, type PeerFacts } from '../../src/identity/peer-record.ts'
import { seededRandom } from '../../src/random.ts'
import { appNet, type NetOptions } from '../helpers/app-harness.ts'

type Candidates = Extract<PeerStoreEvent, { readonly type: 'candidates' }>

function peerNet(links: readonly (readonly number[])[], net: NetOptions<PeerStoreOptions> = {}) {
  return appNet<PeerStoreOptions, PeersCall, PeersReply, PeersApi, never, PeerStoreRequest, Candidates>(
    peerStore(),
    links,
    { name: 'peers', ...net }
  )
}

function known(identity: Identity, facts: Partial<PeerFacts> = {}): KnownPeer {
  const record = createPeerRecord(identity, {
    sequence: 1,
    expiresAtMs: 2 ** 42,
    addresses: ['tcp://8.8.8.8:1'],
    clientOnly: false,
    ...facts,
  })
  return { record, bytes: encodePeerRecord(record) }
}
const person = (n: number): Identity => createIdentity(seededRandom(n).bytes(32), 'test')

/** The candidates that a node answered a ticket with, as ids. */
function granted(said: readonly object[], ticket: number): readonly string[] | undefined {
  const event = said.find((one): one is Candidates => 'ticket' in one && 'peers' in one && one.ticket === ticket)
  return event?.peers.map(({ record }) => {
    const decoded = decodePeerRecord(record)
    return decoded.ok ? decoded.value.id : '?'
  })
}

test('a peer is found three hops away with the addresses that it signed', async () => {
  const net = peerNet([[1], [2], [3], []])
  const { id } = net.node(3).peer
  const found = await net.node(0).api.find(id)
  assert.deepEqual(found && { ...found, sequence: 0 }, {
    id,
    addresses: ['memory://node-3'],
    sequence: 0,
    clientOnly: false,
  })
  assert.equal(await net.node(0).api.find(person(99).id), undefined)
  assert.deepEqual(await net.node(0).api.connected(), [net.node(1).peer.id])
})

test('a peer that nobody dialled is found by itself only, not by those who hear of it', async () => {
  const net = peerNet([[1], [2], []], {
    reachable: (_by, peer) => peer !== 2,
    tamper: (_from, to, message) => (to === 2 ? undefined : message),
  })
  const finding = net.node(0).api.find(net.node(2).peer.id, { timeoutMs: 500 })
  await net.clock.advance(1000)
  assert.equal(await finding, undefined)
  // Its neighbour itself knows it all the same.
  assert.ok(await net.node(1).api.find(net.node(2).peer.id))
})

test('a client is never named, not even by itself', async () => {
  const net = peerNet([[1], [2], []], { clientOnly: (index) => index === 2 })
  assert.equal(await net.node(0).api.find(net.node(2).peer.id), undefined)
  assert.deepEqual(
    (await net.node(1).api.known()).map(({ id }) => id),
    [net.node(0).peer.id]
  )
  net.node(1).tell({ type: 'address-of', ticket: 1, id: net.node(2).peer.id })
  await net.settle()
  assert.equal(granted(net.node(1).said, 1)?.length, 1)
})

test('forged and foreign records are refused and counted', async () => {
  const net = peerNet([[1], [2], []], {
    tamper(from, _to, message) {
      if (from !== 1 || message.type !== 'answer') return message
      return { ...message, answers: message.answers.map((answer) => ({ ...answer, body: known(person(5)).bytes })) }
    },
  })
  assert.equal(await net.node(0).api.find(net.node(2).peer.id), undefined)
  const stats = await net.node(0).api.stats()
  assert.ok(stats.refused >= 1 && stats.engine.invalid >= 1)
  assert.equal(stats.candidates, 0)
})

test('what is found becomes a candidate: dialled by us, but not named to others', async () => {
  const net = peerNet([[1], [2], []])
  const { id } = net.node(2).peer
  await net.node(0).api.find(id)
  const before = await net.node(0).api.stats()
  assert.deepEqual([before.proven, before.candidates], [1, 1])
  assert.ok(!(await net.node(0).api.known()).some((peer) => peer.id === id))
  net.node(0).tell({ type: 'candidates', ticket: 7, count: 1, exclude: [], among: 'likely' })
  await net.settle()
  assert.deepEqual(granted(net.node(0).said, 7), [id])
  net.node(0).tell({ type: 'dialled', id })
  assert.ok((await net.node(0).api.known()).some((peer) => peer.id === id))
  // By an old record, which anybody may bring, it was looked for where it is not any more.
  net.node(0).tell({ type: 'unreachable', id, tried: ['memory://where-it-was'] })
  assert.ok((await net.node(0).api.known()).some((peer) => peer.id === id))
  net.node(0).tell({ type: 'unreachable', id, tried: ['memory://where-it-was', 'memory://node-2'] })
  assert.ok(!(await net.node(0).api.known()).some((peer) => peer.id === id))
})

test('the main loop gets peers of peers when too few are known, and an answer when nobody answers', async () => {
  const net = peerNet([[1], [2, 3], [], []])
  const others = [2, 3].map((index) => net.node(index).peer.id).toSorted()
  net.node(0).tell({ type: 'candidates', ticket: 1, count: 5, exclude: [net.node(1).peer.id], among: 'likely' })
  await net.settle()
  assert.deepEqual(granted(net.node(0).said, 1)?.toSorted(), others)
  const silent = peerNet([[1], []], { tamper: () => undefined })
  silent.node(0).tell({ type: 'candidates', ticket: 1, count: 5, exclude: [], among: 'likely' })
  await silent.settle()
  assert.equal(granted(silent.node(0).said, 1), undefined)
  await silent.clock.advance(3000)
  assert.deepEqual(granted(silent.node(0).said, 1), [])
  const alone = peerNet([[]])
  alone.node(0).tell({ type: 'candidates', ticket: 1, count: 5, exclude: [], among: 'likely' })
  alone.node(0).tell({ type: 'address-of', ticket: 2, id: person(1).id })
  await alone.settle()
  assert.deepEqual([granted(alone.node(0).said, 1), granted(alone.node(0).said, 2)], [[], []])
})

test('a changed record reaches the neighbours, and the main loop hears of it; an older one changes nothing', async () => {
  const net = peerNet([[1], []])
  const { identity, peer } = net.node(1)
  const sequence = net.clock.now() + 5
  const next = known(identity, { sequence, addresses: ['memory://moved'], expiresAtMs: net.clock.now() + 10_000 })
  net.node(1).tell({ type: 'self', record: next.bytes })
  await net.settle()
  assert.deepEqual((await net.node(0).api.find(peer.id))?.addresses, ['memory://moved'])
  assert.equal(net.node(0).said.filter(({ type }) => type === 'learnt').length, 1)
  net.node(1).tell({ type: 'self', record: net.node(1).record })
  await net.settle()
  assert.deepEqual((await net.node(0).api.find(peer.id))?.addresses, ['memory://moved'])
})

test('a record that has expired is forgotten', async () => {
  const net = peerNet([[1], []])
  net.cut(0, 1)
  assert.equal((await net.node(0).api.known()).length, 1)
  await net.clock.advance(86_400_001)
  assert.equal((await net.node(0).api.known()).length, 0)
})

test('hostile bodies are refused', async () => {
  const net = peerNet([[1], []])
  const bodies = [new Uint8Array(0), Uint8Array.of(0xff), nameBody(3).subarray(1), findBody(person(1).id)]
  for (const [id, body] of bodies.entries()) {
    net.node(0).tell({ type: 'message', from: net.node(1).peer, message: { type: 'request', app: 'peers', id, body } })
    assert.equal(readName(body), undefined)
  }
  await net.settle()
  const answers = net
    .node(0)
    .said.flatMap((event) => ('message' in event && typeof event.message === 'object' ? event.message : []))
  assert.deepEqual(
    answers.flatMap((one) => (one.type === 'response' ? one.status : [])),
    ['refused', 'refused', 'refused', 'refused']
  )
  assert.equal(readFind(nameBody(3)), undefined)
  assert.deepEqual(readNamed(Uint8Array.of(0x9f)), [])
  assert.deepEqual(readNamed(namedBody([Uint8Array.of(1)])), [Uint8Array.of(1)])
})

test('the table keeps the newest of each peer, few of a block, and drops the earliest when full', () => {
  const table = createPeerTable({ max: 3, maxPerBlock: 2 })
  const a = person(1)
  assert.equal(table.add(known(a, { sequence: 5 })), 'news')
  assert.equal(table.add(known(a, { sequence: 4 })), 'old')
  assert.equal(table.add(known(a, { sequence: 5 })), 'known')
  assert.equal(table.add(known(person(2), { addresses: ['tcp://8.8.8.9:1'] })), 'news')
  assert.equal(table.add(known(person(3), { addresses: ['tcp://8.8.8.10:1'] })), 'refused')
  assert.equal(table.add(known(a, { sequence: 6, addresses: ['tcp://8.8.8.77:1'] })), 'news')
  // Local addresses have no block to be full.
  for (const n of [4, 5, 6]) assert.equal(table.add(known(person(n), { addresses: ['tcp://127.0.0.1:1'] })), 'news')
  assert.equal(table.size, 3)
  assert.equal(table.get(a.id), undefined)
  // Their block is free again.
  assert.equal(table.add(known(person(3), { addresses: ['tcp://8.8.8.10:1'] })), 'news')
  assert.equal(table.add(known(person(8), { clientOnly: true })), 'refused')
  assert.equal(table.add(known(person(9), { addresses: [] })), 'refused')
  assert.deepEqual(
    table.some(1, new Set([person(3).id])).map(({ record }) => record.id),
    [person(6).id]
  )
})

test('a table with grace keeps the dead a while, and tells whom it drops but not whom it gives away', () => {
  const dropped: string[] = []
  const table = createPeerTable({
    max: 3,
    maxPerBlock: 3,
    graceMs: 50,
    dropped: ({ record }) => void dropped.push(record.id),
  })
  const local = { addresses: ['tcp://127.0.0.1:1'], expiresAtMs: 100 }
  const [a, b, c, d] = [1, 2, 3, 4].map(person)
  assert.ok(a && b && c && d)
  for (const one of [a, b, c, d]) table.add(known(one, local))
  assert.deepEqual(dropped, [a.id], 'it was full')
  table.sweep(149)
  assert.deepEqual(
    table.earliest(2, new Set([c.id])).map(({ record }) => record.id),
    [b.id, d.id]
  )
  assert.deepEqual([table.take(b.id), table.take(b.id)], [true, false])
  table.sweep(150)
  assert.deepEqual([dropped.toSorted(), table.size], [[a.id, c.id, d.id].toSorted(), 0])
})

test('peers of one address block fill only their share of the candidates, whatever addresses they name', () => {
  const table = createPeerTable({ max: 100, maxPerBlock: 100, maxNamedPerBlock: 2 })
  const named = (n: number, namedFrom: string | undefined, sequence = 1): ReturnType<typeof table.add> =>
    table.add({ ...known(person(n), { sequence }), namedFrom })
  assert.deepEqual(
    [1, 2, 3].map((n) => named(n, 'block')),
    ['news', 'news', 'refused']
  )
  assert.equal(named(1, 'block', 2), 'news', 'its own newer record')
  assert.deepEqual([named(3, 'elsewhere'), named(4, undefined)], ['news', 'news'])
  table.delete(person(1).id)
  assert.equal(named(5, 'block'), 'news')
})

test('the store counts candidates by where their namer’s connection comes from', async () => {
  for (const [host, candidates] of [
    ['8.8.8.', 1],
    ['127.0.0.', 3],
  ] as const) {
    const net = peerNet([[1, 2, 3], [], [], []], {
      host: (at) => host + at,
      reachable: () => false,
      optionsOf: () => ({ maxNamedPerBlock: 1 }),
    })
    assert.equal((await net.node(0).api.stats()).candidates, candidates, host)
  }
})
