/** @module test/apps/kv/replay: a holder that plays old records again and again, true ones: nobody takes them for the newest. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kv, mutableKey, type KvOptions } from '../../../src/apps/kv/kv.ts'
import { utf8Text } from '../../../src/bytes.ts'
import { appNet } from '../../helpers/app-harness.ts'

const hour = 3_600_000

/** Nodes that all know each other; the last one never takes what says `new`, and so answers, gives and replicates what it had before. */
function made(count: number, options: KvOptions = {}) {
  const links = Array.from({ length: count }, (_, i) => Array.from({ length: i }, (_one, j) => j))
  const stubborn: KvOptions = { ...options, validate: ({ value }) => utf8Text(value) !== 'new' }
  return appNet(kv(options), links, { name: 'kv', optionsOf: (index) => (index === count - 1 ? stubborn : options) })
}

test('a quorum in which the old version is played gives the new one, and leaves it where the old one was', async () => {
  const net = made(4, { replicas: 3 })
  const [publisher, asker] = [net.node(1), net.node(0)]
  const key = mutableKey(publisher.peer.id, 'n')
  await publisher.api.publish('n', 'old')
  net.cut(0, 1)
  await publisher.api.publish('n', 'new')
  await publisher.stop()
  const here = (index: number): Promise<string | undefined> => net.node(index).api.getText(key, { hops: 0 })
  assert.deepEqual([await here(0), await here(2), await here(3)], ['old', 'new', 'old'])
  assert.equal(await asker.api.getText(key, { quorum: 3 }), 'new')
  await net.settle()
  assert.equal(await here(0), 'new')
})

test('whoever holds the old version gives it to the nearest for days, and nobody who has the new one goes back', async () => {
  const net = made(4, { replicas: 3 })
  const publisher = net.node(1)
  const key = mutableKey(publisher.peer.id, 'n')
  await publisher.api.publish('n', 'old', { ttlMs: 10 * 24 * hour })
  await publisher.api.publish('n', 'new', { ttlMs: 10 * 24 * hour })
  await publisher.stop()
  for (let i = 0; i < 12; i++) {
    await net.clock.advance(hour / 2)
    for (const index of [0, 2]) assert.equal(await net.node(index).api.getText(key, { hops: 0 }), 'new')
  }
  const given = net.node(3).said.filter((event) => event.type === 'send' && event.message.type === 'request').length
  assert.ok(given > 3, `it gave ${given} times`)
  const resolved = await net.node(0).api.resolve(publisher.peer.id, 'n')
  assert.equal(resolved && utf8Text(resolved.value), 'new')
})

test('a copy of the new version on the way is not undone by an old answer that passes later', async () => {
  const net = appNet(kv({ cachePassing: true }), [[], [0], [1], [1]], { name: 'kv' })
  const [publisher, relay, asker, player] = [net.node(0), net.node(1), net.node(2), net.node(3)]
  const key = mutableKey(publisher.peer.id, 'n')
  await publisher.api.publish('n', 'old', { spread: 2 })
  for (const node of [relay, asker]) await node.api.remove(key)
  net.cut(1, 3)
  await publisher.api.publish('n', 'new')
  assert.equal(await asker.api.getText(key), 'new')
  assert.equal(await relay.api.getText(key, { hops: 0 }), 'new')
  net.cut(0, 1)
  net.join(1, 3)
  const answers: (string | undefined)[] = []
  for await (const { value } of asker.api.find(key, { results: 3 })) answers.push(utf8Text(value))
  // The relay's copy, and the old one, which passed the relay.
  assert.deepEqual(new Set(answers), new Set(['new', 'old']))
  assert.equal(await player.api.getText(key, { hops: 0 }), 'old')
  assert.equal(await relay.api.getText(key, { hops: 0 }), 'new')
  const resolved = await asker.api.resolve(publisher.peer.id, 'n')
  assert.equal(resolved && utf8Text(resolved.value), 'new')
})
