import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backOffMs } from '../../src/peers/back-off.ts'
import { keepAlive, type KeepAliveState } from '../../src/peers/keep-alive.ts'
import { planPool, type PoolState } from '../../src/peers/pool.ts'
import { seededRandom } from '../../src/random.ts'

const options = { maxDials: 8, extraRatio: 0.5, firstMs: 1_000, maxMs: 60_000 }
const idle: PoolState = { wanted: 0, connected: 0, dialling: 0, failedRounds: 0, lastFailureMs: 0, nowMs: 0 }

for (const [what, state, dial] of [
  ['nothing is wanted', {}, 0],
  ['all are there', { wanted: 4, connected: 4 }, 0],
  ['more than wanted are there', { wanted: 4, connected: 9 }, 0],
  ['those missing are being dialled', { wanted: 4, connected: 2, dialling: 2 }, 0],
  ['one is missing', { wanted: 4, connected: 3 }, 2],
  ['four are missing', { wanted: 4 }, 6],
  ['many are missing', { wanted: 100 }, 8],
  ['some dials are under way', { wanted: 100, dialling: 5 }, 3],
  ['too many dials are under way', { wanted: 100, dialling: 20 }, 0],
] as const) {
  test(`the pool dials ${dial} when ${what}`, () => {
    assert.deepEqual(planPool({ ...idle, ...state }, options, seededRandom(1)), { dial, againMs: undefined })
  })
}

test('after rounds without success the pool waits longer and longer, then tries again', () => {
  for (const [failedRounds, longest] of [
    [1, 1_000],
    [3, 4_000],
    [7, 60_000],
    [5_000, 60_000],
  ] as const) {
    const state = { ...idle, wanted: 1, failedRounds, lastFailureMs: 500 }
    const early = planPool({ ...state, nowMs: 500 }, options, seededRandom(failedRounds))
    assert.equal(early.dial, 0)
    assert.ok(
      (early.againMs ?? 0) >= longest / 2 && (early.againMs ?? 0) <= longest,
      `${early.againMs} after ${failedRounds}`
    )
    assert.equal(planPool({ ...state, nowMs: 500 + longest }, options, seededRandom(failedRounds)).dial, 2)
  }
})

test('waits are spread by chance between half and all, and there is none without failure', () => {
  const random = seededRandom(9)
  const waits = Array.from({ length: 500 }, () => backOffMs(4, options, random))
  assert.ok(Math.min(...waits) >= 4_000 && Math.max(...waits) <= 8_000)
  assert.ok(new Set(waits).size > 300)
  assert.equal(backOffMs(0, options, random), 0)
})

const alive: KeepAliveState = { nowMs: 0, lastHeardMs: 0, lastSentMs: 0, lastPingMs: undefined }
for (const [what, state, expected] of [
  ['just now both ways', {}, { type: 'wait', ms: 20 }],
  ['idle for almost too long', { nowMs: 19 }, { type: 'wait', ms: 1 }],
  ['idle', { nowMs: 20 }, { type: 'ping' }],
  ['heard lately, sent long ago', { nowMs: 25, lastHeardMs: 24 }, { type: 'ping' }],
  ['sent lately, heard long ago', { nowMs: 25, lastSentMs: 24 }, { type: 'ping' }],
  ['pinged lately', { nowMs: 25, lastPingMs: 20, lastSentMs: 20 }, { type: 'wait', ms: 15 }],
  ['pinged long ago, still silent', { nowMs: 41, lastPingMs: 20, lastSentMs: 20 }, { type: 'ping' }],
  ['soon dead', { nowMs: 45, lastPingMs: 41, lastSentMs: 41 }, { type: 'wait', ms: 5 }],
  ['silent for too long', { nowMs: 50, lastPingMs: 41, lastSentMs: 50 }, { type: 'dead' }],
] as const) {
  test(`a connection that was ${what}: ${expected.type}`, () => {
    assert.deepEqual(keepAlive({ ...alive, ...state }, { idleMs: 20, deadMs: 50 }), expected)
  })
}
