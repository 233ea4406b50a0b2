/** @module test/apps/kv: put, publish, find and spread across hops, over instances of the global service joined by adjacency lists. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kv, mutableKey, openKey, type KvOptions } from '../../src/apps/kv/kv.ts'
import { encodeCarried, encodeRecord } from '../../src/apps/kv/records.ts'
import { immutableKey, type Key } from '../../src/apps/kv/key.ts'
import { utf8Bytes } from '../../src/bytes.ts'
import { MyDhtError } from '../../src/errors.ts'
import { memory } from '../../src/stores/memory.ts'
import { createMemoryStore } from '../../src/stores/memory.ts'
import { part } from '../../src/part.ts'
import type { AppMessage } from '../../src/wire/messages.ts'
import { appNet, type NetOptions } from '../helpers/app-harness.ts'

const chain = [[1], [2], [3], []]

function kvNet(links: readonly (readonly number[])[], options: KvOptions = {}, net: NetOptions<KvOptions> = {}) {
  return appNet(kv(options), links, { name: 'kv', ...net })
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

async function rejectsWith(code: string, promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, (error) => MyDhtError.is(error) && error.code === code)
}

test('a value that was put is got three hops away, in every mode', async () => {
  for (const mode of [
    'proxied',
    'direct',
    { type: 'mixed', proxiedHops: 0 },
    { type: 'mixed', proxiedHops: 1 },
    { type: 'mixed', proxiedHops: 3 },
  ] as const) {
    const net = kvNet(chain)
    const { key } = await net.node(3).api.put('hello')
    assert.equal(await net.node(0).api.getText(key, { mode }), 'hello', JSON.stringify(mode))
  }
})

test('a value that nobody has is undefined, and so is one beyond the hops', async () => {
  const net = kvNet(chain)
  const { key } = await net.node(3).api.put('far')
  assert.equal(await net.node(0).api.get(immutableKey(utf8Bytes('never put'))), undefined)
  assert.equal(await net.node(0).api.get(key, { hops: 2 }), undefined)
  assert.equal(await net.node(0).api.getText(key, { hops: 3 }), 'far')
})

test('our own value is got with nobody connected, and not when the own store is left out', async () => {
  const net = kvNet([[]])
  const { key } = await net.node(0).api.put(Uint8Array.of(1, 2))
  assert.deepEqual(await net.node(0).api.get(key), Uint8Array.of(1, 2))
  assert.equal(await net.node(0).api.get(key, { local: false }), undefined)
})

test('find gives one hit from each holder, with who held it and how far away', async () => {
  const net = kvNet([[1, 2], [3], [], []])
  const { key } = await net.node(1).api.put('x')
  await net.node(3).api.put('x')
  const hits = await all(net.node(0).api.find(key, { results: 5 }))
  assert.deepEqual(
    new Map(hits.map((hit) => [hit.from, hit.hops])),
    new Map([
      [net.node(1).peer.id, 1],
      [net.node(3).peer.id, 2],
    ])
  )
  assert.ok(hits.every((hit) => hit.record.kind === 'immutable' && hit.via === net.node(1).peer.id))
})

test('leaving the loop of find stops the query', async () => {
  const net = kvNet([[1, 2], [], []])
  const { key } = await net.node(1).api.put('x')
  await net.node(2).api.put('x')
  for await (const hit of net.node(0).api.find(key, { results: 10 })) {
    assert.ok(hit.value)
    break
  }
  await net.settle()
  assert.equal((await net.node(0).api.stats()).engine.pending, 0)
})

test('an update wins over the version before, at holders and at the asker', async () => {
  const net = kvNet([[1, 2], [], []])
  const publisher = net.node(1).peer.id
  await net.node(1).api.publish('status', 'one', { spread: 2 })
  await net.settle()
  net.cut(0, 1)
  const second = await net.node(1).api.publish('status', 'two')
  assert.equal(new TextDecoder().decode((await net.node(0).api.resolve(publisher, 'status'))?.value), 'one')
  const again = kvNet([[1], []])
  const first = await again.node(1).api.publish('status', 'one', { spread: 1 })
  await again.settle()
  await again.node(1).api.publish('status', 'two')
  const newest = await again.node(0).api.resolve(publisher, 'status')
  assert.equal(new TextDecoder().decode(newest?.value), 'two')
  assert.ok((newest?.sequence ?? 0) > first.sequence && second.sequence > first.sequence)
  assert.equal(first.key, mutableKey(publisher, 'status'))
})

test('our own name is resolved from others when our store was lost', async () => {
  const net = kvNet([[1], []])
  await net.node(0).api.publish('n', 'kept by a friend', { spread: 1 })
  await net.settle()
  await net.node(0).api.remove(mutableKey(net.node(0).peer.id, 'n'))
  const resolved = await net.node(0).api.resolve(net.node(0).peer.id, 'n')
  assert.equal(new TextDecoder().decode(resolved?.value), 'kept by a friend')
})

test('compare and swap: a publish with the wrong sequence is refused, two at once let one through', async () => {
  const { api } = kvNet([[]]).node(0)
  const { sequence } = await api.publish('n', 'a', { ifSequence: 0 })
  await rejectsWith('MYDHT_OUTDATED', api.publish('n', 'b', { ifSequence: 0 }))
  await rejectsWith('MYDHT_OUTDATED', api.publish('n', 'b', { sequence }))
  const both = await Promise.allSettled([
    api.publish('n', 'c', { ifSequence: sequence }),
    api.publish('n', 'd', { ifSequence: sequence }),
  ])
  assert.deepEqual(both.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
})

test('open records are refused where the network does not allow them, even when a peer brings them', async () => {
  const open = { open: true }
  const net = kvNet([[1], []], {}, { optionsOf: (index) => (index === 1 ? open : undefined) })
  await rejectsWith('MYDHT_BAD_CONFIG', net.node(0).api.putOpen('board', 'x'))
  const { key } = await net.node(1).api.putOpen('board', 'x', { spread: 1 })
  assert.equal(await net.node(0).api.get(key), undefined)
  assert.ok((await net.node(0).api.stats()).refused >= 2)
})

test('an open record is written by anybody and the later one wins', async () => {
  const net = kvNet([[1], []], { open: true })
  await net.node(0).api.putOpen('board', 'first', { spread: 1 })
  await net.settle()
  await net.clock.advance(5)
  await net.node(1).api.putOpen('board', 'second', { spread: 1 })
  await net.settle()
  assert.equal(await net.node(0).api.getText(openKey('board')), 'second')
})

test('what has expired is gone, and a spread does not bring it back', async () => {
  const net = kvNet([[1], [2], []])
  const { key } = await net.node(0).api.put('soon gone', { ttlMs: 1000 })
  const { key: named } = await net.node(0).api.publish('n', 'soon gone too', { ttlMs: 1000, spread: 2 })
  await net.settle()
  await net.clock.advance(999)
  assert.equal(await net.node(2).api.getText(key), 'soon gone')
  assert.equal(await net.node(2).api.getText(named, { hops: 0 }), 'soon gone too')
  await net.clock.advance(1)
  assert.equal(await net.node(2).api.get(key), undefined)
  assert.equal(await net.node(2).api.get(named), undefined)
  assert.equal((await net.node(1).api.stats()).records, 0)
})

test('a value longer than the limit, a bad name and a bad lifetime are refused', async () => {
  const { api } = kvNet([[]], { maxValueBytes: 10 }).node(0)
  await rejectsWith('MYDHT_LIMIT', api.put(new Uint8Array(11)))
  await rejectsWith('MYDHT_BAD_ARGUMENT', api.publish('', 'x'))
  for (const name of ['\ufeffname', 'a\ud800']) await rejectsWith('MYDHT_BAD_ARGUMENT', api.publish(name, 'x'))
  await rejectsWith('MYDHT_BAD_ARGUMENT', api.publish('ä'.repeat(128), 'x'))
  await rejectsWith('MYDHT_LIMIT', api.put('x', { ttlMs: 0 }))
  await rejectsWith('MYDHT_LIMIT', api.put('x', { ttlMs: Number.NaN }))
  await assert.rejects(api.put('x', { spread: -1 }), TypeError)
  await assert.rejects(api.get(immutableKey(utf8Bytes('x')), { hops: 0.5 }), TypeError)
})

test('a peer with a smaller limit does not take a longer value', async () => {
  const net = kvNet([[1], []], {}, { optionsOf: (index) => (index === 0 ? { maxValueBytes: 4 } : undefined) })
  const { key } = await net.node(1).api.put('too long', { spread: 1 })
  assert.equal(await net.node(0).api.get(key), undefined)
})

test('a full store says so, and keeps what it has', async () => {
  const { api } = kvNet([[]], { store: memory({ maxRecords: 1 }) }).node(0)
  const { key } = await api.put('one')
  await rejectsWith('MYDHT_FULL', api.put('two'))
  assert.equal(await api.getText(key), 'one')
  assert.equal(await api.remove(key), true)
  assert.equal(await api.remove(key), false)
  await api.put('two')
})

test('forged answers are dropped, counted, and do not end the query', async () => {
  const forged = (key: Key): Uint8Array => {
    assert.ok(key)
    return encodeCarried(1000, encodeRecord({ kind: 'immutable', value: utf8Bytes('forged') }))
  }
  const wanted: { key?: Key } = {}
  const net = kvNet(
    [[1, 2], [], []],
    {},
    {
      tamper(from, _to, message): AppMessage {
        if (from !== 1 || message.type !== 'answer' || !wanted.key) return message
        const body = forged(wanted.key)
        return { ...message, answers: message.answers.map((answer) => ({ ...answer, body })) }
      },
    }
  )
  const { key } = await net.node(1).api.put('true')
  await net.node(2).api.put('true')
  wanted.key = key
  assert.equal(await net.node(0).api.getText(key), 'true')
  net.cut(0, 2)
  assert.equal(await net.node(0).api.get(key), undefined)
  const stats = await net.node(0).api.stats()
  assert.ok(stats.engine.invalid >= 1 && stats.refused >= 1)
})

test('a record signed for another network is worth nothing here', async () => {
  const net = kvNet([[1], []], {}, { network: (index) => `network-${index}` })
  const { key } = await net.node(1).api.publish('n', 'x', { spread: 1 })
  assert.equal(await net.node(0).api.get(key), undefined)
})

test("the program's own validate refuses records here and from others; its throw is a no", async () => {
  const validate = (record: { readonly value: Uint8Array }): boolean => {
    if (record.value.length === 3) throw new Error('three')
    return record.value.length > 3
  }
  const net = kvNet([[1], []], {}, { optionsOf: (index) => (index === 0 ? { validate } : undefined) })
  await rejectsWith('MYDHT_INVALID_RECORD', net.node(0).api.put('x'))
  await rejectsWith('MYDHT_INVALID_RECORD', net.node(0).api.put('xxx'))
  const short = await net.node(1).api.put('x')
  const long = await net.node(1).api.put('xxxx')
  assert.equal(await net.node(0).api.get(short.key), undefined)
  assert.equal(await net.node(0).api.getText(long.key), 'xxxx')
})

test('spread keeps a value as many hops away as asked, within the quota of each peer', async () => {
  const net = kvNet(chain, {}, { optionsOf: (index) => (index === 2 ? { keepSpread: { maxPerPeer: 1 } } : undefined) })
  const first = await net.node(0).api.put('one', { spread: 2 })
  assert.deepEqual(first.spread, { hops: 2, sent: 1 })
  await net.settle()
  const kept = async (index: number, key: Key): Promise<boolean> =>
    (await net.node(index).api.get(key, { hops: 0 })) !== undefined
  assert.deepEqual(await Promise.all([1, 2, 3].map((at) => kept(at, first.key))), [true, true, false])
  const second = await net.node(0).api.put('two', { spread: 3 })
  await net.settle()
  // Node 2 keeps one record of node 1 only, and passes on only what it keeps.
  assert.deepEqual(await Promise.all([1, 2, 3].map((at) => kept(at, second.key))), [true, false, false])
  assert.equal((await net.node(2).api.stats()).full, 1)
  assert.equal((await net.node(2).api.stats()).spreadRecords, 1)
})

test('a spread with nobody connected goes to nobody, and keepSpread false keeps nothing', async () => {
  const alone = kvNet([[]])
  assert.deepEqual((await alone.node(0).api.put('x', { spread: 3 })).spread, { hops: 3, sent: 0 })
  const net = kvNet([[1], []], { keepSpread: false })
  await net.node(0).api.put('x', { spread: 1 })
  await net.settle()
  assert.equal((await net.node(1).api.stats()).records, 0)
})

test('an answer that passes through is kept only where the option says so', async () => {
  for (const cachePassing of [false, true]) {
    const net = kvNet([[1], [2], []], { cachePassing })
    const { key } = await net.node(2).api.put('passing')
    assert.equal(await net.node(0).api.getText(key), 'passing')
    assert.equal((await net.node(1).api.stats()).records, cachePassing ? 1 : 0)
  }
})

test('anonymous nodes find and publish all the same, with no names in the hits', async () => {
  const net = kvNet(chain, {}, { mode: 'anonymous' })
  const { key } = await net.node(3).api.publish('n', 'x')
  const hits = await all(net.node(0).api.find(key))
  assert.deepEqual(
    hits.map(({ from, value }) => [from, new TextDecoder().decode(value)]),
    [[undefined, 'x']]
  )
})

test('a value that is no text is got as bytes only', async () => {
  const { api } = kvNet([[]]).node(0)
  const { key } = await api.put(Uint8Array.of(0xff))
  await rejectsWith('MYDHT_INVALID_RECORD', api.getText(key))
})

test('a caller that changes its bytes after put does not change the value', async () => {
  const { api } = kvNet([[]]).node(0)
  const bytes = Uint8Array.of(1)
  const put = api.put(bytes)
  bytes[0] = 2
  assert.deepEqual(await api.get((await put).key), Uint8Array.of(1))
})

test('a get that is aborted rejects with the reason and leaves nothing pending', async () => {
  const net = kvNet(
    [[1], []],
    {},
    { tamper: (_from, _to, message) => (message.type === 'answer' ? undefined : message) }
  )
  const controller = new AbortController()
  const got = net.node(0).api.get(immutableKey(utf8Bytes('x')), { signal: controller.signal })
  await net.settle()
  controller.abort(new Error('enough'))
  await assert.rejects(got, /enough/)
  await net.settle()
  assert.equal((await net.node(0).api.stats()).engine.pending, 0)
})

test('a get whose answers are lost ends as undefined at its time', async () => {
  const net = kvNet(
    [[1], []],
    {},
    { tamper: (_from, _to, message) => (message.type === 'answer' ? undefined : message) }
  )
  const { key } = await net.node(1).api.put('x')
  const got = net.node(0).api.get(key, { timeoutMs: 500 })
  await net.clock.advance(600)
  assert.equal(await got, undefined)
})

test('a direct query goes on as such only from a peer that we dialled ourselves', async () => {
  for (const reachable of [true, false]) {
    const modes: string[] = []
    const net = kvNet(
      [[1], [2], []],
      {},
      {
        reachable: () => reachable,
        tamper(from, to, message) {
          if (from === 1 && to === 2 && message.type === 'query') modes.push(message.mode.type)
          return message
        },
      }
    )
    const { key } = await net.node(2).api.put('x')
    assert.equal(await net.node(0).api.getText(key, { mode: 'direct' }), 'x')
    assert.deepEqual(modes, [reachable ? 'direct' : 'proxied'])
  }
})

test('a store that cannot be made says why', () => {
  assert.throws(
    () => createMemoryStore({ maxRecords: 0 }),
    (error) => MyDhtError.is(error, 'MYDHT_BAD_CONFIG')
  )
  assert.throws(
    () => kvNet([[]], { store: part('file:///nowhere.js', 'none', {}) }),
    (error) => MyDhtError.is(error, 'MYDHT_BAD_CONFIG')
  )
})

test('values that many PeerIds of one address block spread share one quota; loopback and private hosts do not', async () => {
  for (const [host, kept] of [
    ['93.184.216.', 2],
    ['10.0.0.', 4],
    ['127.0.0.', 4],
  ] as const) {
    const net = kvNet([[1, 2, 3, 4], [], [], [], []], { keepSpread: { maxPerBlock: 2 } }, { host: (at) => host + at })
    for (const at of [1, 2, 3, 4]) await net.node(at).api.put(`of ${at}`, { spread: 1 })
    const { spreadRecords, full } = await net.node(0).api.stats()
    assert.deepEqual([spreadRecords, full], [kept, 4 - kept], host)
  }
})

test('a value that only this program’s validate refuses is nobody’s fault, a forged one is', async () => {
  const isBlamed = (net: ReturnType<typeof kvNet>): boolean => net.node(1).said.some((one) => one.type === 'misbehaved')
  const options: KvOptions = { limits: { maxInvalidPerPeer: 2 } }
  const optionsOf = (index: number): KvOptions => (index === 1 ? { ...options, validate: () => false } : options)
  const picky = kvNet([[1], []], options, { optionsOf })
  for (const n of [1, 2, 3]) await picky.node(0).api.put(Uint8Array.of(n), { spread: 1 })
  assert.equal((await picky.node(1).api.stats()).refused, 3)
  const forged = kvNet([[1], []], options, {
    tamper: (_from, _to, message) =>
      message.type === 'propagate' ? { ...message, body: message.body.slice(0, -1) } : message,
  })
  for (const n of [1, 2]) await forged.node(0).api.put(Uint8Array.of(n), { spread: 1 })
  assert.deepEqual([isBlamed(picky), isBlamed(forged)], [false, true])
})
