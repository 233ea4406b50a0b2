/** @module test/node/api-crossing.test — the api service as bytes and back, deadlines included. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiService, type ApiCommand, type ApiEvent, type ApiSaved } from '../../src/node/api-service.ts'
import { crossingSuite } from '../../src/testing/crossing-suite.ts'

const commands: readonly ApiCommand[] = [
  { type: 'call', id: 1, app: 'kv', call: { type: 'put', value: Uint8Array.of(1) }, timeoutMs: 1000 },
  { type: 'cancel', id: 1 },
  { type: 'reply', id: 1, value: new Map([['a', 1n]]), last: true },
  { type: 'end', id: 1 },
  { type: 'fail', id: 1, code: 'MYDHT_BUSY', message: 'm' },
  { type: 'app-failed', app: 'kv', message: 'm' },
  { type: 'wake' },
]
const events: readonly ApiEvent[] = [
  { type: 'forward', id: 1, app: 'kv', call: undefined },
  { type: 'drop', id: 1, app: 'kv' },
  { type: 'reply', id: 1, value: [null], last: false },
  { type: 'end', id: 1 },
  { type: 'fail', id: 1, code: 'MYDHT_TIMEOUT', message: 'm' },
  { type: 'wake', delayMs: 10 },
]

crossingSuite({
  test,
  definition: apiService,
  samples: { init: () => [{ maxCalls: 5 }], command: () => commands, event: () => events },
})

test('saved deadlines are the same moments in a thread whose clock began at another time', (t) => {
  const saved: ApiSaved = {
    pending: new Map([[3, { app: 'kv', deadlineMs: 5000, timeoutMs: 700 }]]),
    wakeAtMs: Infinity,
  }
  t.mock.method(performance, 'now', () => 4000)
  t.mock.method(Date, 'now', () => 1_000_000)
  const bytes = apiService.crossing.saved?.encode(saved) ?? new Uint8Array(0)
  t.mock.method(performance, 'now', () => 100)
  const there = apiService.crossing.saved?.decode(bytes)
  assert.deepEqual(there?.pending.get(3), { app: 'kv', deadlineMs: 1100, timeoutMs: 700 })
  assert.equal(there?.wakeAtMs, Infinity)
})
