import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { EngineLimits } from '../../src/queries/index.ts'
import type { PropagateMessage } from '../../src/wire/messages.ts'
import type { Net } from '../helpers/query-net.ts'
import { bytes, createNet } from '../helpers/query-net.ts'

/** A net whose peers keep what they receive: news the first time, known after; 'forged…' is invalid. */
function spreadingNet(
  count: number,
  links: readonly (readonly [number, number])[],
  limits: Partial<EngineLimits> = {}
): { net: Net; kept: Set<string> } {
  const kept = new Set<string>()
  const net = createNet(count, links, {
    limits,
    receive: (node, value) => {
      if (value.startsWith('forged')) return 'invalid'
      const verdict = kept.has(`${node} ${value}`) ? 'known' : 'news'
      kept.add(`${node} ${value}`)
      return verdict
    },
  })
  return { net, kept }
}

const message: PropagateMessage = {
  type: 'propagate',
  app: 'test',
  trace: 1n,
  hops: 5,
  fanOut: 3,
  budget: 20,
  history: { keep: 'hops', limit: 3, peers: [] },
  body: bytes('v'),
}

test('a value reaches a whole ring within its budget, each peer receiving it once', () => {
  fc.assert(
    fc.property(fc.integer({ min: 3, max: 9 }), fc.nat(40), (count, budget) => {
      const { net, kept } = spreadingNet(
        count,
        Array.from({ length: count }, (_, at) => [at, (at + 1) % count])
      )
      net.node(0).engine.propagate({ body: bytes('v'), budget, hops: 9, fanOut: 2 })
      net.run()
      const sent = net.sent.filter((each) => each.message.type === 'propagate').length
      assert.ok(sent <= budget)
      if (budget >= 2 * count) assert.equal(kept.size, count - 1)
    }),
    { seed: 7, numRuns: 100 }
  )
})

test('hops bound how far a value spreads', () => {
  const { net, kept } = spreadingNet(5, [
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 4],
  ])
  net.node(0).engine.propagate({ body: bytes('v'), hops: 2 })
  net.run()
  assert.deepEqual([...kept], ['1 v', '2 v'])
})

test('only news is passed on', () => {
  const { net, kept } = spreadingNet(4, [
    [0, 1],
    [1, 2],
    [2, 3],
  ])
  kept.add('2 v')
  net.node(0).engine.propagate({ body: bytes('v') })
  net.run()
  assert.equal(kept.has('3 v'), false)
})

test('an invalid value goes no further, and does not shut the door to the true one with the same trace', () => {
  const { net, kept } = spreadingNet(3, [
    [0, 1],
    [1, 2],
  ])
  net.inject(0, 1, { ...message, body: bytes('forged') })
  net.inject(0, 1, message)
  net.inject(0, 1, message)
  net.run()
  const { invalid, duplicates } = net.node(1).engine.stats()
  assert.deepEqual([invalid, duplicates, [...kept]], [1, 1, ['1 v', '2 v']])
})

test('hostile numbers are clamped and counted', () => {
  const { net } = spreadingNet(
    31,
    Array.from({ length: 30 }, (_, at) => [0, at + 1])
  )
  net.inject(1, 0, { ...message, hops: 255, fanOut: 255, budget: 0xffff_ffff })
  net.run()
  const sent = net.sent.flatMap((each) => (each.message.type === 'propagate' && each.from === 0 ? [each.message] : []))
  assert.equal(sent.length, 12)
  for (const each of sent) assert.ok(each.hops < 16 && each.budget < 1024)
  assert.equal(net.node(0).engine.stats().clamped, 1)
})

test('a peer that keeps spreading forgeries is reported once, and not listened to until its window ends', () => {
  const { net, kept } = spreadingNet(
    3,
    [
      [0, 1],
      [1, 2],
    ],
    { maxInvalidPerPeer: 3, peerWindowMs: 1000 }
  )
  const forge = (trace: bigint): void => net.inject(0, 1, { ...message, trace, body: bytes('forged') })
  for (const trace of [10n, 11n]) forge(trace)
  net.run(1)
  assert.deepEqual(net.blamed, [])
  for (const trace of [12n, 13n, 14n]) forge(trace)
  net.inject(0, 1, { ...message, trace: 15n, body: bytes('true, too late') })
  net.inject(2, 1, { ...message, trace: 16n, body: bytes('of another') })
  net.run(999)
  assert.deepEqual(net.blamed, [[1, 0]])
  assert.equal(net.node(1).engine.stats().invalid, 6)
  assert.deepEqual([...kept], ['1 of another', '0 of another'])
  net.run(1000)
  net.inject(0, 1, { ...message, trace: 17n, body: bytes('later') })
  net.run()
  assert.equal(kept.has('2 later'), true)
})

test('copies of one value cost one check, and blame nobody', () => {
  let checks = 0
  const net = createNet(2, [[0, 1]], { limits: { maxInvalidPerPeer: 1 }, receive: () => (checks++, 'news') })
  for (let i = 0; i < 9; i++) net.inject(0, 1, message)
  net.run()
  assert.deepEqual([checks, net.blamed], [1, []])
})
