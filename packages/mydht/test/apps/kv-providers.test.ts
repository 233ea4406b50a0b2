/** @module test/apps/kv-providers: provide, withdraw and providers across hops, over instances of the global service joined by adjacency lists. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openKey, parseKey, kv, type FoundProvider, type Key, type KvOptions } from '../../src/apps/kv/kv.ts'
import {
  encodeProvider,
  providerContext,
  signedFields,
  type ProviderRecord,
} from '../../src/apps/providers/provider-record.ts'
import { utf8Text } from '../../src/bytes.ts'
import { MyDhtError } from '../../src/errors.ts'
import { createIdentity, type Identity } from '../../src/identity/keys.ts'
import { createPeerRecord, encodePeerRecord } from '../../src/identity/peer-record.ts'
import { seededRandom } from '../../src/random.ts'
import type { AppMessage } from '../../src/wire/messages.ts'
import { appNet, type NetOptions } from '../helpers/app-harness.ts'

const hourMs = 3_600_000
const key = openKey('what stays where it is')
const other = openKey('something else')

function kvNet(links: readonly (readonly number[])[], options: KvOptions = {}, net: NetOptions<KvOptions> = {}) {
  return appNet(kv(options), links, { name: 'kv', ...net })
}
type Net = ReturnType<typeof kvNet>

async function found(net: Net, at: number, options: Parameters<Net['nodes'][0]['api']['providers']>[1] = {}, of = key) {
  const list: FoundProvider[] = []
  for await (const one of net.node(at).api.providers(of, options)) list.push(one)
  return list
}
const idsOf = (list: readonly FoundProvider[]): Set<string> => new Set(list.map(({ provider }) => provider))
const ids = (net: Net, ...nodes: number[]): Set<string> => new Set(nodes.map((at) => net.node(at).peer.id))

async function rejectsWith(code: string, promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, (error) => MyDhtError.is(error) && error.code === code)
}

/** A provider that is no node of the net: its records come from wherever the test puts them. */
function forger(net: Net, seed = 7, network = 'test') {
  const identity: Identity = createIdentity(seededRandom(seed).bytes(32), network)
  const addresses = ['tcp://127.0.0.1:9']
  const expiresAtMs = net.clock.now() + 24 * hourMs
  const peerRecord = encodePeerRecord(
    createPeerRecord(identity, { sequence: 1, expiresAtMs, addresses, clientOnly: false })
  )
  return {
    id: identity.id,
    record: (change: Partial<ProviderRecord> = {}): ProviderRecord => {
      const facts = {
        key,
        provider: identity.id,
        peerRecord,
        sequence: 1,
        expiresAtMs: net.clock.now() + hourMs,
        withdrawn: false,
        note: new Uint8Array(0),
        ...change,
      }
      return { ...facts, signature: identity.sign(providerContext('kv'), ...signedFields(facts)) }
    },
  }
}
let trace = 1n
function bring(net: Net, from: number, to: number, record: ProviderRecord, remainingMs = hourMs): Promise<void> {
  const body = encodeProvider(remainingMs, record)
  const message: AppMessage = {
    type: 'propagate',
    app: 'kv',
    trace: trace++,
    hops: 3,
    fanOut: 3,
    budget: 10,
    history: { keep: 'peers', limit: 0, peers: [] },
    body,
  }
  net.node(to).tell({ type: 'message', from: net.node(from).peer, message })
  return net.settle()
}
const spreadBy = (net: Net, at: number): number =>
  net.node(at).said.filter((event) => event.type === 'send' && event.message.type === 'propagate').length

test('a forged record is not kept and not passed on, and who brings such records again and again is reported', async () => {
  const net = kvNet([[1], [2], []])
  const good = forger(net).record()
  for (let i = 0; i < 70; i++)
    await bring(net, 0, 1, { ...good, signature: good.signature.map((byte, at) => (at === i % 64 ? byte ^ 1 : byte)) })
  assert.equal(spreadBy(net, 1), 0)
  assert.deepEqual(await found(net, 1), [])
  const { providers } = await net.node(1).api.stats()
  assert.equal(providers.kept, 0)
  assert.ok(providers.refused >= 64)
  assert.ok(net.node(1).said.some((event) => event.type === 'misbehaved'))
})

test('a record of another network or of another app is not kept', async () => {
  const net = kvNet([[1], []])
  await bring(net, 0, 1, forger(net, 7, 'elsewhere').record())
  const { record } = forger(net)
  const identity = createIdentity(seededRandom(7).bytes(32), 'test')
  const facts = record()
  await bring(net, 0, 1, { ...facts, signature: identity.sign(providerContext('files'), ...signedFields(facts)) })
  assert.equal((await net.node(1).api.stats()).providers.kept, 0)
})

test('a dead record is not kept, whether its sender, its signature or its PeerRecord says so; that is nobody’s fault', async () => {
  const net = kvNet([[1], []])
  const { record } = forger(net)
  for (let i = 0; i < 70; i++) await bring(net, 0, 1, record({ sequence: i }), 0)
  await bring(net, 0, 1, record({ expiresAtMs: net.clock.now() - 1 }))
  assert.equal((await net.node(1).api.stats()).providers.kept, 0)
  assert.ok(!net.node(1).said.some((event) => event.type === 'misbehaved'))
})

test('a record dies when its remaining life is over, on every node that it came to, and does not come back', async () => {
  const net = kvNet([[1], [2], []])
  const record = forger(net).record({ expiresAtMs: net.clock.now() + 10 * hourMs })
  await bring(net, 0, 1, record, 60_000)
  assert.equal((await found(net, 2, { hops: 0 })).length, 1)
  await net.clock.advance(59_999)
  assert.equal((await found(net, 2, { hops: 0 })).length, 1)
  await net.clock.advance(1)
  for (const at of [1, 2]) assert.deepEqual(await found(net, at), [])
})

test('an answer with the record of another key, or with a withdrawn one, counts as none', async () => {
  const records: ProviderRecord[] = []
  const net: Net = kvNet(
    [[1], []],
    {},
    {
      tamper(from, _to, message) {
        const record = records[0]
        if (from !== 1 || message.type !== 'answer' || !record) return message
        const answers = [{ from: null, hops: 1, body: encodeProvider(hourMs, record) }].map((one) => ({
          ...one,
          from: undefined,
        }))
        return { ...message, answers }
      },
    }
  )
  const { record } = forger(net)
  for (const wrong of [record({ key: other }), record({ withdrawn: true })]) {
    records[0] = wrong
    assert.deepEqual(await found(net, 0), [])
  }
  assert.equal((await net.node(0).api.stats()).engine.invalid, 2)
  // The same way with a true one: the test would notice if answers were refused for another reason.
  records[0] = record()
  assert.equal((await found(net, 0)).length, 1)
})

test('a withdrawn record that is played again brings nobody back, not even to those who never had it', async () => {
  const net = kvNet([[1], [2], [3], []])
  const provider = forger(net)
  const old = provider.record({ sequence: 1 })
  await bring(net, 0, 1, old)
  assert.equal((await found(net, 3)).length, 1)
  await bring(net, 0, 1, provider.record({ sequence: 2, withdrawn: true, expiresAtMs: old.expiresAtMs }))
  for (const at of [1, 2, 3]) await bring(net, at - 1, at, old)
  for (const at of [0, 1, 2, 3]) assert.deepEqual(await found(net, at), [], `node ${at}`)
})

test('one key holds so many providers, one peer brings so many records, and so does one address block', async () => {
  const limits = { maxPerKey: 2, maxPerPeer: 3, maxPerBlock: 4 }
  const net = kvNet([[1], [], [1]], { providers: limits }, { host: () => '8.8.8.8' })
  const counts = async (): Promise<readonly number[]> => {
    const { kept, full } = (await net.node(1).api.stats()).providers
    return [kept, full]
  }
  for (let seed = 0; seed < 3; seed++) await bring(net, 0, 1, forger(net, seed).record())
  assert.deepEqual(await counts(), [2, 1])
  for (let seed = 0; seed < 2; seed++) await bring(net, 0, 1, forger(net, seed).record({ key: other }))
  assert.deepEqual(await counts(), [3, 2])
  const third = openKey('third')
  for (let seed = 0; seed < 2; seed++) await bring(net, 2, 1, forger(net, seed).record({ key: third }))
  assert.deepEqual(await counts(), [4, 3])
})

test('a node that keeps no provider records keeps none, passes none on, and provides its own all the same', async () => {
  const net = kvNet([[1], [2], []], { providers: false })
  await net.node(1).api.provide(key)
  await net.settle()
  assert.equal((await net.node(0).api.stats()).providers.kept, 0)
  assert.deepEqual(idsOf(await found(net, 0)), ids(net, 1))
})

test('provide refuses what cannot be: a long note, a long or no life, too many keys, mode anonymous, no key', async () => {
  const { api } = kvNet([[]], { providers: { maxProvided: 1, maxTtlMs: 1000 } }).node(0)
  await rejectsWith('MYDHT_LIMIT', api.provide(key, { note: new Uint8Array(513), ttlMs: 1000 }))
  await rejectsWith('MYDHT_LIMIT', api.provide(key, { ttlMs: 1001 }))
  await rejectsWith('MYDHT_LIMIT', api.provide(key, { ttlMs: 0 }))
  await api.provide(key, { ttlMs: 1000 })
  await api.provide(key, { ttlMs: 900 })
  await rejectsWith('MYDHT_FULL', api.provide(other, { ttlMs: 1000 }))
  await assert.rejects(api.provide('no key' as Key), TypeError)
  await assert.rejects(api.provide(key, { spread: -1 }), TypeError)
  await rejectsWith('MYDHT_BAD_CONFIG', kvNet([[]], {}, { mode: 'anonymous' }).node(0).api.provide(key))
})

test('several providers of a key are found across hops, in every mode, each once, with where they listen and their words', async () => {
  for (const mode of [
    'proxied',
    'direct',
    { type: 'mixed', proxiedHops: 0 },
    { type: 'mixed', proxiedHops: 1 },
    { type: 'mixed', proxiedHops: 3 },
  ] as const) {
    const net = kvNet([[1], [2], [3], [4], []])
    for (const at of [2, 3, 4]) await net.node(at).api.provide(key, { note: `node ${at}` })
    const list = await found(net, 0, { mode })
    assert.deepEqual(idsOf(list), ids(net, 2, 3, 4), JSON.stringify(mode))
    assert.equal(list.length, 3)
    for (const { provider, note, addresses } of list) {
      const at = net.nodes.findIndex(({ peer }) => peer.id === provider)
      assert.deepEqual([utf8Text(note), addresses], [`node ${at}`, [`memory://node-${at}`]])
    }
    assert.deepEqual(await found(net, 0, { mode }, other), [])
  }
})

test('only as many providers are given as were wanted, and the query ends everywhere', async () => {
  const net = kvNet([[1], [2], [3], []])
  for (const at of [1, 2, 3]) await net.node(at).api.provide(key)
  assert.equal((await found(net, 0, { results: 2 })).length, 2)
  assert.deepEqual(await found(net, 0, { results: 0 }), [])
  await net.settle()
  for (const { api } of net.nodes) assert.equal((await api.stats()).engine.pending, 0)
})

test('who went away is found through those who were told, until its record dies', async () => {
  const net = kvNet([[1], [2], []])
  const { spread } = await net.node(2).api.provide(key)
  assert.deepEqual(spread, { hops: 1, sent: 1 })
  net.cut(1, 2)
  assert.deepEqual(idsOf(await found(net, 0)), ids(net, 2))
  await net.clock.advance(3 * hourMs)
  assert.deepEqual(await found(net, 0), [])
})

test('a provider republishes for as long as it runs', async () => {
  const net = kvNet([[1], [2], []])
  await net.node(2).api.provide(key, { ttlMs: hourMs })
  await net.clock.advance(24 * hourMs - 60_000)
  net.cut(1, 2)
  assert.deepEqual(idsOf(await found(net, 0)), ids(net, 2))
  const sent = spreadBy(net, 2)
  assert.ok(sent >= 60 && sent <= 75, `${sent} times in 24 hours`)
})

test('a provider that was alone tells the first peer that comes', async () => {
  const net = kvNet([[], []])
  const [one, two] = [net.node(0), net.node(1)]
  assert.deepEqual((await one.api.provide(key)).spread, { hops: 1, sent: 0 })
  net.join(0, 1)
  await net.clock.advance(1000)
  assert.equal((await two.api.stats()).providers.kept, 1)
})

test('a provider at a new address says so at once', async () => {
  const net = kvNet([[1], []])
  await net.node(0).api.provide(key, { note: 'moved' })
  const { identity } = net.node(0)
  const facts = { sequence: 2 ** 50, expiresAtMs: net.clock.now() + 24 * hourMs, clientOnly: false }
  const record = encodePeerRecord(createPeerRecord(identity, { ...facts, addresses: ['tcp://127.0.0.1:77'] }))
  net.node(0).tell({ type: 'self', record })
  await net.clock.advance(1000)
  const [only] = await found(net, 1, { hops: 0 })
  assert.deepEqual([only?.addresses, only && utf8Text(only.note)], [['tcp://127.0.0.1:77'], 'moved'])
})

test('a key that was withdrawn is provided by nobody any more, here and where it was told', async () => {
  const net = kvNet([[1], [2], []])
  const { api } = net.node(2)
  assert.equal(await api.withdraw(key), false)
  await api.provide(key, { spread: 2 })
  await net.settle()
  assert.equal(await api.withdraw(key), true)
  await net.settle()
  for (const at of [0, 1, 2]) assert.deepEqual(await found(net, at), [], `node ${at}`)
  await net.clock.advance(24 * hourMs)
  for (const at of [0, 1, 2]) assert.deepEqual(await found(net, at), [], `node ${at} a day later`)
  assert.equal(await api.withdraw(key), false)
})

test('a key that was withdrawn may be provided again at once', async () => {
  const net = kvNet([[1], []])
  const { api } = net.node(1)
  await api.provide(key)
  await Promise.all([api.withdraw(key), api.provide(key, { note: 'again' })])
  await net.settle()
  const [only] = await found(net, 0, { hops: 0 })
  assert.equal(only && utf8Text(only.note), 'again')
})

test('two provide a key at once: both are told, the later one stands; one that is withdrawn meanwhile is refused', async () => {
  const net = kvNet([[1], []])
  const { api } = net.node(0)
  await Promise.all([api.provide(key, { note: 'a' }), api.provide(key, { note: 'b' })])
  for await (const { note } of api.providers(key)) assert.equal(utf8Text(note), 'b')
  const never = api.provide(other)
  const [, withdrawn] = await Promise.all([rejectsWith('MYDHT_OUTDATED', never), api.withdraw(other)])
  assert.equal(withdrawn, true)
  await net.settle()
  for (const at of [0, 1]) assert.deepEqual(await found(net, at, {}, other), [])
})

test('what an earlier run of ours provided is over for us, whatever others still keep', async () => {
  const net = kvNet([[1], []])
  const { identity, record } = net.node(0)
  const facts = {
    key,
    provider: identity.id,
    peerRecord: record,
    sequence: 1,
    expiresAtMs: net.clock.now() + hourMs,
    withdrawn: false,
    note: new Uint8Array(0),
  }
  const old = { ...facts, signature: identity.sign(providerContext('kv'), ...signedFields(facts)) }
  await bring(net, 0, 1, old)
  await bring(net, 1, 0, old)
  assert.equal((await net.node(1).api.stats()).providers.kept, 1)
  assert.equal((await net.node(0).api.stats()).providers.kept, 0)
  assert.deepEqual(await found(net, 0), [])
})

test('a thousand keys are republished in goes, not all at once', async () => {
  const net = kvNet([[1], []])
  for (let i = 0; i < 1000; i++) await net.node(0).api.provide(openKey(`key ${i}`), { ttlMs: 3 * 60_000 })
  const before = spreadBy(net, 0)
  await net.clock.advance(60_000)
  const first = spreadBy(net, 0) - before
  assert.ok(first <= 64, `${first} in the first goes`)
  await net.clock.advance(10_000)
  assert.equal(spreadBy(net, 0) - before, 1000)
  assert.ok(parseKey(key) === key)
})
