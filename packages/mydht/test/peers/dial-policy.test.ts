import assert from 'node:assert/strict'
import { test } from 'node:test'
import { peerIdFromBytes } from '../../src/identity/peer-id.ts'
import { dialPolicy, isReturnAddress, type DialPolicy, type DialPolicyOptions } from '../../src/peers/dial-policy.ts'
import { seededRandom } from '../../src/random.ts'
import { virtualClock, type VirtualClock } from '../../src/testing/virtual-clock.ts'

const usual: DialPolicyOptions = {
  scheme: 'tcp',
  namedHosts: false,
  windowMs: 60_000,
  maxPerCause: 1_000,
  maxPerHost: 1_000,
  maxPerBlock: 1_000,
  maxEntries: 100,
  exemptLocal: true,
  firstMs: 1_000,
  maxMs: 8_000,
}
const cause = peerIdFromBytes(new Uint8Array(32).fill(1))
const other = peerIdFromBytes(new Uint8Array(32).fill(2))

function policy(options: Partial<DialPolicyOptions> = {}): {
  readonly policy: DialPolicy
  readonly clock: VirtualClock
} {
  const clock = virtualClock()
  return { policy: dialPolicy({ ...usual, ...options }, clock, seededRandom(1)), clock }
}

const table: readonly (readonly [address: string, causeHost: string | undefined, expected: string])[] = [
  // A public peer may name public addresses only.
  ['tcp://93.184.216.34:4000', '8.8.8.8', 'ok'],
  ['tcp://[2a00:1450::5]:4000', '8.8.8.8', 'ok'],
  ['tcp://10.0.0.1:4000', '8.8.8.8', 'narrower-scope'],
  ['tcp://192.168.1.1:80', '2a00:1450::5', 'narrower-scope'],
  ['tcp://100.64.0.1:80', '8.8.8.8', 'narrower-scope'],
  ['tcp://[fd00::1]:80', '8.8.8.8', 'narrower-scope'],
  ['tcp://127.0.0.1:80', '8.8.8.8', 'narrower-scope'],
  ['tcp://[::1]:80', '8.8.8.8', 'narrower-scope'],
  ['tcp://[::ffff:127.0.0.1]:80', '8.8.8.8', 'narrower-scope'],
  ['tcp://[::ffff:10.0.0.1]:80', '8.8.8.8', 'narrower-scope'],
  // A private one also private ones; a local one also local ones.
  ['tcp://10.0.0.1:4000', '192.168.1.1', 'ok'],
  ['tcp://93.184.216.34:4000', '192.168.1.1', 'ok'],
  ['tcp://127.0.0.1:4000', '192.168.1.1', 'narrower-scope'],
  ['tcp://127.0.0.1:4000', '127.0.0.1', 'ok'],
  ['tcp://127.0.0.1:4000', '::1', 'ok'],
  ['tcp://127.0.0.1:4000', '::ffff:127.0.0.1', 'ok'],
  ['tcp://10.0.0.1:4000', '127.0.0.1', 'ok'],
  // Where the link is not known, or comes from nowhere, only public addresses pass.
  ['tcp://10.0.0.1:4000', undefined, 'narrower-scope'],
  ['tcp://93.184.216.34:4000', undefined, 'ok'],
  ['tcp://10.0.0.1:4000', '169.254.1.1', 'narrower-scope'],
  ['tcp://127.0.0.1:4000', 'some-name', 'narrower-scope'],
  // Never, whoever asks.
  ['tcp://169.254.169.254:80', '127.0.0.1', 'refused-kind'],
  ['tcp://[fe80::1]:80', '127.0.0.1', 'refused-kind'],
  ['tcp://224.0.0.1:80', '127.0.0.1', 'refused-kind'],
  ['tcp://[ff02::1]:80', '127.0.0.1', 'refused-kind'],
  ['tcp://0.0.0.0:80', '127.0.0.1', 'refused-kind'],
  ['tcp://255.255.255.255:80', '127.0.0.1', 'refused-kind'],
  ['tcp://[::]:80', '127.0.0.1', 'refused-kind'],
  ['tcp://example.org:80', '127.0.0.1', 'host-name'],
  ['tcp://localhost:80', '127.0.0.1', 'host-name'],
  ['tcp://2130706433:80', '127.0.0.1', 'bad-address'],
  ['tcp://0x7f.1:80', '127.0.0.1', 'bad-address'],
  ['tcp://127.1:80', '127.0.0.1', 'bad-address'],
  ['tcp://93.184.216.34:0', '127.0.0.1', 'bad-address'],
  ['tcp://93.184.216.34:65536', '127.0.0.1', 'bad-address'],
  ['tcp://93.184.216.34', '127.0.0.1', 'bad-address'],
  ['tcp://93.184.216.34:80/path', '127.0.0.1', 'bad-address'],
  ['ws://93.184.216.34:80', '127.0.0.1', 'wrong-scheme'],
  ['memory://b', '127.0.0.1', 'wrong-scheme'],
]
for (const [address, causeHost, expected] of table) {
  test(`${address}, named by a peer at ${causeHost}: ${expected}`, () => {
    assert.equal(policy().policy.allow({ address, cause, causeHost }), expected)
  })
}

test('a transport with names of its own may be told names, by its own peers only', () => {
  const { policy: memory } = policy({ scheme: 'memory', namedHosts: true })
  assert.equal(memory.allow({ address: 'memory://b', cause, causeHost: 'a' }), 'ok')
  assert.equal(memory.allow({ address: 'memory://b', cause, causeHost: '8.8.8.8' }), 'narrower-scope')
  assert.equal(memory.allow({ address: 'memory://b', cause, causeHost: undefined }), 'narrower-scope')
})

const budgets: readonly (readonly [string, Partial<DialPolicyOptions>, (i: number) => string, string])[] = [
  ['causing peer', { maxPerCause: 3 }, (i) => `tcp://93.${i}.0.1:80`, 'cause-budget'],
  ['host, whatever the port', { maxPerHost: 3 }, (i) => `tcp://93.1.1.1:${80 + i}`, 'host-budget'],
  ['/24 block', { maxPerBlock: 3 }, (i) => `tcp://93.1.1.${i}:80`, 'block-budget'],
  ['/48 block', { maxPerBlock: 3 }, (i) => `tcp://[2a00:1:2:${i}::1]:80`, 'block-budget'],
]
for (const [what, options, address, refusal] of budgets) {
  test(`a budget per ${what} runs out, and is there again after its window`, async () => {
    const { policy: dials, clock } = policy(options)
    const allow = (i: number): string => dials.allow({ address: address(i), cause, causeHost: '8.8.8.8' })
    assert.deepEqual([0, 1, 2, 3].map(allow), ['ok', 'ok', 'ok', refusal])
    await clock.advance(59_999)
    assert.equal(allow(4), refusal)
    await clock.advance(1)
    assert.equal(allow(5), 'ok')
  })
}

test('one peer that has spent its budget does not spend that of another', () => {
  const { policy: dials } = policy({ maxPerCause: 1 })
  assert.equal(dials.allow({ address: 'tcp://93.1.1.1:80', cause, causeHost: '8.8.8.8' }), 'ok')
  assert.equal(dials.allow({ address: 'tcp://93.1.1.2:80', cause, causeHost: '8.8.8.8' }), 'cause-budget')
  assert.equal(dials.allow({ address: 'tcp://93.1.1.2:80', cause: other, causeHost: '8.8.8.8' }), 'ok')
})

test('a refused address costs nothing', () => {
  const { policy: dials } = policy({ maxPerCause: 1 })
  for (let i = 0; i < 9; i++) dials.allow({ address: 'tcp://10.0.0.1:80', cause, causeHost: '8.8.8.8' })
  assert.equal(dials.allow({ address: 'tcp://93.1.1.1:80', cause, causeHost: '8.8.8.8' }), 'ok')
})

test('loopback has no budget of its own unless the option says so', () => {
  const run = (exemptLocal: boolean): string => {
    const { policy: dials } = policy({ maxPerHost: 1, exemptLocal })
    dials.allow({ address: 'tcp://127.0.0.1:1', cause, causeHost: '127.0.0.1' })
    return dials.allow({ address: 'tcp://127.0.0.1:2', cause, causeHost: '127.0.0.1' })
  }
  assert.equal(run(true), 'ok')
  assert.equal(run(false), 'host-budget')
})

test('failures are remembered with growing back-off, under every spelling of the address, until somebody answers', async () => {
  const { policy: dials, clock } = policy()
  const id = 'a'.repeat(52)
  const ask = (address = 'tcp://93.1.1.1:80'): string => dials.allow({ address, cause, causeHost: '8.8.8.8' })
  for (const [failures, longest] of [1_000, 2_000, 4_000, 8_000, 8_000].entries()) {
    dials.failed('tcp://93.1.1.1:80', cause)
    await clock.advance(longest / 2 - 1)
    assert.equal(ask(), 'back-off', `after ${failures + 1} failures`)
    assert.equal(ask(`tcp://${id}@93.1.1.1:80`), 'back-off')
    await clock.advance(longest / 2 + 1)
    assert.equal(ask(), 'ok')
  }
  dials.failed(`tcp://${id}@93.1.1.1:80`, cause)
  assert.equal(ask(), 'back-off')
  dials.succeeded('tcp://93.1.1.1:80')
  assert.equal(ask(), 'ok')
  dials.failed('tcp://93.1.1.1:80', cause)
  assert.equal(ask(), 'back-off', 'a failure after an answer counts')
  await clock.advance(1_000)
  assert.equal(ask(), 'ok', 'from one again')
})

test('an address that one peer had us dial in vain, again and again, is soon dialled for another', async () => {
  const { policy: dials, clock } = policy()
  const ask = (by = other): string => dials.allow({ address: 'tcp://93.1.1.1:80', cause: by, causeHost: '8.8.8.8' })
  for (let i = 0; i < 20; i++) dials.failed('tcp://93.1.1.1:80', cause)
  assert.equal(ask(), 'back-off')
  await clock.advance(1_000)
  assert.equal(ask(), 'ok')
  assert.equal(ask(cause), 'back-off')
  // Nor does what our own user dialled in vain keep anybody away for long.
  for (let i = 0; i < 20; i++) dials.failed('tcp://93.1.1.1:80', undefined)
  await clock.advance(1_000)
  assert.equal(ask(), 'ok')
})

test('tables forget the oldest entry rather than grow', () => {
  const { policy: dials } = policy({ maxEntries: 2 })
  for (const i of [1, 2, 3]) dials.failed(`tcp://93.1.1.${i}:80`, cause)
  assert.equal(dials.allow({ address: 'tcp://93.1.1.1:80', cause, causeHost: '8.8.8.8' }), 'ok')
  assert.equal(dials.allow({ address: 'tcp://93.1.1.3:80', cause, causeHost: '8.8.8.8' }), 'back-off')
})

test('a return address is on the host that the link came from, however that is written', () => {
  for (const [address, host, expected] of [
    ['tcp://10.0.0.1:4000', '10.0.0.1', true],
    ['tcp://10.0.0.1:4000', '::ffff:10.0.0.1', true],
    ['tcp://[::1]:4000', '0:0:0:0:0:0:0:1', true],
    ['memory://node-3', 'node-3', true],
    ['tcp://10.0.0.2:4000', '10.0.0.1', false],
    ['memory://node-4', 'node-3', false],
    ['tcp://10.0.0.1', '10.0.0.1', false],
    ['', '', false],
  ] as const) {
    assert.equal(isReturnAddress(address, host), expected, `${address} ${host}`)
  }
})
