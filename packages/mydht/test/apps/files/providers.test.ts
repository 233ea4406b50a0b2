/** What is shared is provided: files that are found, and fetched, through peers that only know who has them. */
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import type { FileId } from '../../../src/apps/files/files.ts'
import {
  encodeProvider,
  providerContext,
  signedFields,
  type ProviderRecord,
} from '../../../src/apps/providers/provider-record.ts'
import { noBytes } from '../../../src/bytes.ts'
import { createIdentity } from '../../../src/identity/keys.ts'
import { createPeerRecord, encodePeerRecord } from '../../../src/identity/peer-record.ts'
import { seededRandom } from '../../../src/random.ts'
import type { AppMessage } from '../../../src/wire/messages.ts'
import { all, filesNet, type FilesNet } from './net.ts'

const mebibyte = 1024 * 1024
const content = (seed: number, length = 1000): Uint8Array => seededRandom(seed).bytes(length)

async function shareAt(net: FilesNet, index: number, name: string, bytes: Uint8Array): Promise<FileId> {
  const { api, folder } = net.node(index)
  await writeFile(path.join(folder, name), bytes)
  await api.share([path.join(folder, name)])
  const listed = (await api.list()).find((one) => one.name === name)
  assert.ok(listed)
  // What is shared is told a moment later, some at a time.
  await net.clock.advance(1000)
  return listed.id
}
const kept = async (net: FilesNet, index: number): Promise<number> => (await net.node(index).api.stats()).providers.kept

test('a record of a file with a note that says nothing of a file is not kept, and who brings it is told off in time', async (t) => {
  const net = await filesNet(t, [[1], []])
  const identity = createIdentity(seededRandom(1).bytes(32), 'test')
  const facts = { sequence: 1, expiresAtMs: net.clock.now() + 1e7, addresses: ['memory://x'], clientOnly: false }
  const peerRecord = encodePeerRecord(createPeerRecord(identity, facts))
  const id = await shareAt(net, 1, 'a', content(1))
  for (let sequence = 0; sequence < 70; sequence++) {
    const unsigned = { key: id, provider: identity.id, peerRecord, sequence, expiresAtMs: net.clock.now() + 1e6 }
    const record = { ...unsigned, withdrawn: false, note: noBytes }
    const signed: ProviderRecord = {
      ...record,
      signature: identity.sign(providerContext('files'), ...signedFields(record)),
    }
    const message: AppMessage = {
      type: 'propagate',
      app: 'files',
      trace: BigInt(sequence + 1),
      hops: 0,
      fanOut: 0,
      budget: 0,
      history: { keep: 'peers', limit: 0, peers: [] },
      body: encodeProvider(1e6, signed),
    }
    net.node(0).tell({ type: 'message', from: net.node(1).peer, message })
  }
  assert.equal(await kept(net, 0), 1)
  assert.deepEqual(net.node(0).misbehaved, ['MYDHT_INVALID_RECORD'])
})

test('a file is found through a peer that was told of it, farther than the question itself goes, and fetched from there', async (t) => {
  const net = await filesNet(t, [[1], [2], []])
  const bytes = content(2, 300_000)
  const id = await shareAt(net, 2, 'song.ogg', bytes)
  assert.equal(await kept(net, 1), 1)
  const found = await all(net.node(0).api.providers(id, { hops: 1 }))
  assert.deepEqual(found, [{ id, name: 'song.ogg', size: bytes.length, from: net.node(2).peer.id, hops: 1 }])
  const fetched = await net.node(0).api.fetch(id, { hops: 1 })
  assert.equal(fetched.from, net.node(2).peer.id)
  assert.ok(Buffer.from(bytes).equals(await readFile(fetched.path)))
  // The dial was the doing of the peer that brought the record.
  assert.deepEqual(net.node(0).causes, [net.node(1).peer.id])
})

test('a fetch goes through what we keep for others ourselves; the dial is the doing of who had us keep it', async (t) => {
  const net = await filesNet(t, [[1], []])
  const id = await shareAt(net, 1, 'a', content(3))
  net.cut(0, 1)
  const fetched = await net.node(0).api.fetch(id)
  assert.equal(fetched.from, net.node(1).peer.id)
  assert.deepEqual(net.node(0).causes, [net.node(1).peer.id])
})

test('of several providers that are known only by their records one goes away half-way and another goes on where it was', async (t) => {
  let chunks = 0
  const net = await filesNet(t, [[1], [2, 3], [], []], {
    tamper(from, to, message, here) {
      if (to === 0 && message.type === 'chunk' && ++chunks === 40) here.kill(from)
      return message
    },
  })
  const bytes = content(4, 6 * mebibyte)
  const id = await shareAt(net, 2, 'x', bytes)
  await shareAt(net, 3, 'x', bytes)
  const fetched = await net.node(0).api.fetch(id, { hops: 1 })
  assert.ok(Buffer.from(bytes).equals(await readFile(fetched.path)))
  assert.equal([2, 3].filter((at) => net.linked(0, at)).length, 1)
  // 97 chunks are the whole file.
  assert.ok(chunks < 40 + 97, `${chunks} chunks: it started again`)
})

test('a provider that went away for good does not keep a fetch from the one that is left', async (t) => {
  const net = await filesNet(t, [[1], [2, 3, 4], [], [], []])
  const bytes = content(5)
  const id = await shareAt(net, 2, 'x', bytes)
  for (const at of [3, 4]) await shareAt(net, at, 'x', bytes)
  for (const at of [2, 3]) net.kill(at)
  const fetched = await net.node(0).api.fetch(id, { hops: 1 })
  assert.equal(fetched.from, net.node(4).peer.id)
})

test('a provider whose connection has just ended, unheard of yet, is dialled again, once', async (t) => {
  const net = await filesNet(t, [[1], []])
  const id = await shareAt(net, 1, 'x', content(5))
  const [one, two] = [net.node(0), net.node(1)]
  net.cut(0, 1)
  one.tell({ type: 'online', peer: two.peer, record: two.record, apps: ['files'], host: '' })
  assert.equal((await one.api.fetch(id)).from, two.peer.id)
  net.cut(0, 1)
  net.kill(1)
  one.tell({ type: 'online', peer: two.peer, record: two.record, apps: ['files'], host: '' })
  await assert.rejects(one.api.fetch(id), { code: 'MYDHT_CONNECT_FAILED' })
})

test('a fetch that wanted one provider, and found it gone, ends and says so', async (t) => {
  const net = await filesNet(t, [[1], [2], []])
  const id = await shareAt(net, 2, 'x', content(5))
  net.kill(2)
  await assert.rejects(net.node(0).api.fetch(id, { hops: 1, results: 1 }), { code: 'MYDHT_CONNECT_FAILED' })
})

test('a file that changed is withdrawn where it was told, unless another path has the same', async (t) => {
  const net = await filesNet(t, [[1], [2], []])
  const id = await shareAt(net, 2, 'one', content(6))
  await shareAt(net, 2, 'two', content(6))
  const change = async (name: string): Promise<void> => {
    await writeFile(path.join(net.node(2).folder, name), content(7))
    await shareAt(net, 2, name, content(7))
  }
  await change('one')
  assert.equal((await all(net.node(1).api.providers(id, { hops: 0 }))).length, 1)
  await change('two')
  assert.deepEqual(await all(net.node(0).api.providers(id)), [])
  await assert.rejects(net.node(0).api.fetch(id), { code: 'MYDHT_NOT_FOUND' })
})

test('where it is not wanted nothing is told, and nothing is kept for others', async (t) => {
  const net = await filesNet(t, [[1], [2], []], {
    optionsOf: (index) => ({ providers: index === 1 ? undefined : false }),
  })
  const id = await shareAt(net, 2, 'quiet', content(8))
  await shareAt(net, 1, 'loud', content(9))
  assert.deepEqual(await Promise.all([0, 1, 2].map((at) => kept(net, at))), [0, 0, 0])
  assert.deepEqual((await net.node(2).api.stats()).providers.provided, 0)
  // Who asks finds it all the same.
  assert.equal((await all(net.node(0).api.providers(id))).length, 1)
})

test('one provider that many know does not hide another: as many are found as were wanted, each once', async (t) => {
  // 1 to 5 keep the record of 6; 7 is behind 5 and nobody was told of it.
  const net = await filesNet(t, [[1, 2, 3, 4, 5], [6], [6], [6], [6], [6, 7], [], []], {
    optionsOf: (index, folder) => ({ into: folder, ...(index === 7 ? { providers: false as const } : {}) }),
  })
  const id = await shareAt(net, 6, 'x', content(10))
  await shareAt(net, 7, 'x', content(10))
  const found = await all(net.node(0).api.providers(id, { results: 2 }))
  assert.deepEqual(new Set(found.map(({ from }) => from)), new Set([6, 7].map((at) => net.node(at).peer.id)))
})
