import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat, utf8Bytes } from '../../src/bytes.ts'
import { createIdentity, verifySigned } from '../../src/identity/keys.ts'
import { decodePeerRecord, verifyPeerRecord } from '../../src/identity/peer-record.ts'
import type { Verdict } from '../../src/peers/accept.ts'
import type { BeginCommand } from '../../src/peers/auth-protocol.ts'
import { inline } from '../../src/service/spawners/inline.ts'
import { authService } from '../../src/peers/auth-service.ts'
import { part } from '../../src/part.ts'
import { noise } from '../../src/shadows/noise.ts'
import { seededRandom } from '../../src/random.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'
import { auth, carry, eventsOf, hook, nowMs, type Auth, type AuthOptions } from './rig.ts'

const idOf = (seed: number): ReturnType<typeof createIdentity>['id'] =>
  createIdentity(new Uint8Array(32).fill(seed), 'net-under-test').id

function begin(rig: Auth, role: 'initiator' | 'responder', more: Partial<BeginCommand> = {}): void {
  rig.send({ type: 'begin', link: 1, role, duplex: true, remoteHost: '10.0.0.9', ...more })
}

/** Two services that have shaken hands on link 1. */
function meet(a: Auth, b: Auth): void {
  begin(b, 'responder')
  begin(a, 'initiator')
  carry(a, b)
}

function pair(options: AuthOptions = {}): readonly [Auth, Auth] {
  return [auth({ seed: 1 }), auth({ seed: 2, ...options })]
}

const codes = (rig: Auth): string[] => eventsOf(rig, 'failed').map((event) => event.code)

test('two services prove themselves and accept each other by default', () => {
  const [a, b] = pair()
  meet(a, b)
  assert.equal(eventsOf(a, 'proven')[0]?.id, idOf(2))
  assert.equal(eventsOf(b, 'proven')[0]?.id, idOf(1))
  assert.deepEqual(eventsOf(a, 'proven')[0]?.send, eventsOf(b, 'proven')[0]?.receive)
  for (const rig of [a, b]) {
    assert.deepEqual(eventsOf(rig, 'verdict'), [{ type: 'verdict', link: 1, accepted: true, priority: 0, code: '' }])
    assert.deepEqual(
      rig.events.slice(-2).map((event) => event.type),
      ['proven', 'verdict']
    )
    rig.close()
    assert.equal(rig.clock.waiting, 0)
  }
})

test('what a probe sees is told to nobody else, and the probed end forgets it when the link ends', () => {
  const [a, b] = pair()
  begin(b, 'responder')
  begin(a, 'initiator', { probe: true, expected: idOf(2) })
  carry(a, b)
  assert.equal(eventsOf(a, 'probed')[0]?.id, idOf(2))
  assert.equal(eventsOf(a, 'write').length, 1)
  b.send({ type: 'ended', link: 1 })
  assert.deepEqual(codes(b), ['MYDHT_CONNECTION_CLOSED'])
})

const verdicts: readonly (readonly [
  string,
  () => Verdict | Promise<Verdict>,
  { accepted: boolean; priority: number; code: string },
])[] = [
  ['says no', () => false, { accepted: false, priority: 0, code: 'refused' }],
  [
    'gives a code',
    () => ({ accepted: false, code: 'not-invited' }),
    { accepted: false, priority: 0, code: 'not-invited' },
  ],
  ['gives a priority', () => ({ accepted: true, priority: 255 }), { accepted: true, priority: 255, code: '' }],
  [
    'is slow and says yes',
    () => Promise.resolve({ accepted: true, priority: 3 }),
    { accepted: true, priority: 3, code: '' },
  ],
  ['is slow and says no', () => Promise.resolve(false), { accepted: false, priority: 0, code: 'refused' }],
  [
    'gives a priority that is none',
    () => ({ accepted: true, priority: 256 }),
    { accepted: false, priority: 0, code: 'accept-failed' },
  ],
  [
    'gives a code with control letters',
    () => ({ accepted: false, code: 'a\nb' }),
    { accepted: false, priority: 0, code: 'accept-failed' },
  ],
  ['rejects', () => Promise.reject(new Error('no database')), { accepted: false, priority: 0, code: 'accept-failed' }],
  [
    'throws',
    () => {
      throw new Error('broken')
    },
    { accepted: false, priority: 0, code: 'accept-failed' },
  ],
]
for (const [what, accept, expected] of verdicts) {
  test(`an accept hook that ${what}`, async () => {
    const [a, b] = pair({ accept: hook(accept) })
    meet(a, b)
    await b.clock.advance(0)
    assert.deepEqual(eventsOf(b, 'verdict'), [{ type: 'verdict', link: 1, ...expected }])
    assert.equal(eventsOf(b, 'proven').length, 1)
    assert.equal(eventsOf(a, 'verdict')[0]?.accepted, true, 'each side decides for itself')
  })
}

test('an accept hook in plain JavaScript that gives nothing refuses', () => {
  const accept = JSON.parse('null')
  const [a, b] = pair({ accept: hook(() => accept) })
  meet(a, b)
  assert.equal(eventsOf(b, 'verdict')[0]?.code, 'accept-failed')
})

test('the hook sees who asks, from where, and in which direction', () => {
  const seen: unknown[] = []
  const [a, b] = pair({
    accept: hook(
      (candidate) => seen.push([candidate.id, candidate.remoteHost, candidate.incoming, candidate.record?.id]) > 0
    ),
  })
  meet(a, b)
  assert.deepEqual(seen, [[idOf(1), '10.0.0.9', true, idOf(1)]])
})

test('an accept hook that never answers refuses at its deadline, and its late word counts for nothing', async () => {
  let answer: (verdict: Verdict) => void = () => {}
  const accept = hook(() => new Promise<Verdict>((resolve) => (answer = resolve)))
  const [a, b] = pair({ accept, limits: { acceptMs: 700 } })
  meet(a, b)
  await b.clock.advance(699)
  assert.equal(eventsOf(b, 'verdict').length, 0)
  await b.clock.advance(1)
  assert.equal(eventsOf(b, 'verdict')[0]?.code, 'accept-timeout')
  answer(true)
  await b.clock.advance(10_000)
  assert.equal(eventsOf(b, 'verdict').length, 1)
})

test('a link that is dropped while the hook thinks gets no verdict, even when its number comes again', async () => {
  const answers: ((verdict: Verdict) => void)[] = []
  const accept = hook(() => new Promise<Verdict>((resolve) => answers.push(resolve)))
  const [a, b] = pair({ accept })
  meet(a, b)
  b.send({ type: 'drop', link: 1 })
  const second = auth({ seed: 3 })
  begin(b, 'responder')
  begin(second, 'initiator')
  carry(second, b, { a: 0, b: eventsOf(b, 'write').length })
  answers[0]?.(true)
  await b.clock.advance(0)
  assert.deepEqual(eventsOf(b, 'verdict'), [])
})

test('bytes that come while the hook thinks are neither taken nor lost: consumed says where the handshake ended', () => {
  const [a, b] = pair({ accept: hook(() => new Promise(() => {})) })
  meet(a, b)
  b.send({ type: 'bytes', link: 1, bytes: utf8Bytes('early') })
  const sent = concat(eventsOf(a, 'write').map((event) => event.bytes)).length
  assert.equal(eventsOf(b, 'proven')[0]?.consumed, sent)
  assert.deepEqual(codes(b), [])
})

const stages: readonly (readonly [string, (a: Auth, b: Auth) => Auth])[] = [
  [
    'the preamble',
    (_a, b) => {
      begin(b, 'responder')
      return b
    },
  ],
  [
    'message 1',
    (a, b) => {
      begin(b, 'responder')
      begin(a, 'initiator')
      b.send({ type: 'bytes', link: 1, bytes: (eventsOf(a, 'write')[0]?.bytes ?? assert.fail()).slice(0, 20) })
      return b
    },
  ],
  [
    'message 2',
    (a) => {
      begin(a, 'initiator')
      return a
    },
  ],
  [
    'message 3',
    (a, b) => {
      begin(b, 'responder')
      begin(a, 'initiator')
      b.send({ type: 'bytes', link: 1, bytes: eventsOf(a, 'write')[0]?.bytes ?? assert.fail() })
      return b
    },
  ],
]
for (const [what, reach] of stages) {
  test(`silence instead of ${what} ends at the step's deadline`, async () => {
    const [a, b] = pair()
    const waiting = reach(a, b)
    await waiting.clock.advance(4_999)
    assert.deepEqual(codes(waiting), [])
    await waiting.clock.advance(1)
    assert.deepEqual(codes(waiting), ['MYDHT_TIMEOUT'])
    assert.deepEqual(eventsOf(waiting, 'proven'), [])
    assert.equal(waiting.clock.waiting, 0)
  })

  test(`a link that closes before ${what} fails at once, and once`, () => {
    const [a, b] = pair()
    const waiting = reach(a, b)
    waiting.send({ type: 'ended', link: 1 })
    waiting.send({ type: 'ended', link: 1 })
    assert.deepEqual(codes(waiting), ['MYDHT_CONNECTION_CLOSED'])
    assert.match(eventsOf(waiting, 'failed')[0]?.detail ?? '', new RegExp(what.replace('the ', '')))
  })

  test(`a link dropped before ${what} is forgotten: nothing is said of it any more`, async () => {
    const [a, b] = pair()
    const waiting = reach(a, b)
    const before = waiting.events.length
    waiting.send({ type: 'drop', link: 1 })
    waiting.send({ type: 'bytes', link: 1, bytes: new Uint8Array(9) })
    await waiting.clock.advance(60_000)
    assert.equal(waiting.events.length, before)
  })
}

test('a peer that sends a byte per second meets the deadline of the whole', async () => {
  const [a, b] = pair({ limits: { handshakeStepMs: 1e9, handshakeTotalMs: 10_000 } })
  begin(b, 'responder')
  begin(a, 'initiator')
  const opening = eventsOf(a, 'write')[0]?.bytes ?? assert.fail()
  for (let at = 0; at < 10; at++) {
    assert.deepEqual(codes(b), [])
    b.send({ type: 'bytes', link: 1, bytes: opening.subarray(at, at + 1) })
    await b.clock.advance(1_000)
  }
  assert.deepEqual(codes(b), ['MYDHT_TIMEOUT'])
})

test('each step has its own time, as long as the whole lasts', async () => {
  const [a, b] = pair()
  begin(b, 'responder')
  begin(a, 'initiator')
  const opening = eventsOf(a, 'write')[0]?.bytes ?? assert.fail()
  await b.clock.advance(4_000)
  b.send({ type: 'bytes', link: 1, bytes: opening.subarray(0, 17) })
  await b.clock.advance(4_000)
  assert.deepEqual(codes(b), [])
  b.send({ type: 'bytes', link: 1, bytes: opening.subarray(17) })
  await b.clock.advance(1_999)
  assert.deepEqual(codes(b), [])
  await b.clock.advance(1)
  assert.deepEqual(codes(b), ['MYDHT_TIMEOUT'])
})

test('a begin may bring its own deadline', async () => {
  const a = auth()
  begin(a, 'initiator', { deadlineMs: 300 })
  await a.clock.advance(300)
  assert.deepEqual(codes(a), ['MYDHT_TIMEOUT'])
})

test('a deadline that finds the own queue full is looked at again', async () => {
  const a = auth()
  begin(a, 'initiator')
  a.takesOwn = false
  await a.clock.advance(6_000)
  assert.deepEqual(codes(a), [])
  a.takesOwn = true
  await a.clock.advance(100)
  assert.deepEqual(codes(a), ['MYDHT_TIMEOUT'])
})

const bounds: readonly (readonly [string, Record<string, number>, string[]])[] = [
  ['in all', { maxHandshakes: 2 }, ['10.0.0.1', '10.0.1.1', '10.0.2.1']],
  ['from one host', { maxHandshakesPerHost: 2 }, ['10.0.0.1', '::ffff:10.0.0.1', '10.0.0.1']],
  ['from one block', { maxHandshakesPerBlock: 2 }, ['10.0.0.1', '10.0.0.2', '10.0.0.3']],
]
for (const [what, limits, hosts] of bounds) {
  test(`one handshake too many ${what} is refused in clear, and there is room again when one ends`, () => {
    const b = auth({ limits })
    for (const [index, remoteHost] of hosts.entries())
      b.send({ type: 'begin', link: index, role: 'responder', duplex: true, remoteHost })
    assert.deepEqual(
      eventsOf(b, 'failed').map((event) => [event.link, event.code]),
      [[2, 'MYDHT_LIMIT']]
    )
    assert.deepEqual(eventsOf(b, 'write'), [{ type: 'write', link: 2, bytes: Uint8Array.of(0, 0, 7) }])
    b.send({ type: 'drop', link: 0 })
    b.send({ type: 'begin', link: 3, role: 'responder', duplex: true, remoteHost: hosts[2] ?? '' })
    assert.equal(codes(b).length, 1)
  })
}

test('a flood of incoming handshakes leaves room for our own dials', () => {
  const b = auth({ limits: { maxHandshakes: 1 } })
  b.send({ type: 'begin', link: 1, role: 'responder', duplex: true, remoteHost: '10.0.0.1' })
  b.send({ type: 'begin', link: 2, role: 'initiator', duplex: true, remoteHost: '10.0.0.1' })
  assert.deepEqual(codes(b), [])
  assert.equal(eventsOf(b, 'write').length, 1)
})

test('a handshake that waits for the accept hook counts until its verdict', () => {
  const [a, b] = pair({ limits: { maxHandshakes: 1 }, accept: hook(() => new Promise(() => {})) })
  meet(a, b)
  b.send({ type: 'begin', link: 2, role: 'responder', duplex: true, remoteHost: '10.0.0.1' })
  assert.deepEqual(codes(b), ['MYDHT_LIMIT'])
})

const address = 'tcp://10.0.0.7:4000'

/** A one-way dial up to the moment when the way back must be opened. */
function oneWay(a: Auth, b: Auth, more: Partial<BeginCommand> = {}): void {
  begin(b, 'responder', { duplex: false, remoteHost: '10.0.0.7' })
  begin(a, 'initiator', { duplex: false, returnAddress: address, ...more })
  b.send({ type: 'bytes', link: 1, bytes: eventsOf(a, 'write')[0]?.bytes ?? assert.fail() })
}

test('a one-way dial is answered over a return link, in order, with nothing lost and nothing twice', () => {
  const [a, b] = pair()
  oneWay(a, b)
  assert.equal(eventsOf(b, 'need-return')[0]?.address, address)
  assert.deepEqual(eventsOf(b, 'write'), [], 'nothing can be written before the way back is open')
  b.send({ type: 'return-open', link: 1 })
  const back = eventsOf(b, 'write')[0]?.bytes ?? assert.fail()
  // The return link comes in at a as link 8, in two pieces, the second with a piece of message 2.
  a.send({ type: 'begin', link: 8, role: 'responder', duplex: false, remoteHost: '10.0.0.2' })
  a.send({ type: 'bytes', link: 8, bytes: back.subarray(0, 30) })
  a.send({ type: 'bytes', link: 8, bytes: back.subarray(30, 80) })
  const joined = eventsOf(a, 'joined')[0] ?? assert.fail()
  assert.equal(joined.to, 1)
  a.send({ type: 'bytes', link: 1, bytes: back.subarray(joined.consumed) })
  b.send({ type: 'bytes', link: 1, bytes: eventsOf(a, 'write')[1]?.bytes ?? assert.fail() })
  assert.equal(eventsOf(a, 'proven')[0]?.id, idOf(2))
  assert.equal(eventsOf(b, 'proven')[0]?.id, idOf(1))

  // The same return link once more.
  a.send({ type: 'begin', link: 9, role: 'responder', duplex: false, remoteHost: '10.0.0.2' })
  a.send({ type: 'bytes', link: 9, bytes: back })
  assert.deepEqual(codes(a), ['MYDHT_REFUSED'])
  assert.equal(eventsOf(a, 'joined').length, 1)
})

test('a second return link is refused even while the first one is still shaking hands', () => {
  const [a, b] = pair()
  oneWay(a, b)
  b.send({ type: 'return-open', link: 1 })
  const head = (eventsOf(b, 'write')[0]?.bytes ?? assert.fail()).slice(0, 49)
  for (const link of [8, 9]) {
    a.send({ type: 'begin', link, role: 'responder', duplex: false, remoteHost: '10.0.0.2' })
    a.send({ type: 'bytes', link, bytes: head })
  }
  assert.deepEqual(
    eventsOf(a, 'joined').map((event) => event.link),
    [8]
  )
  assert.deepEqual(
    eventsOf(a, 'failed').map((event) => [event.link, event.code]),
    [[9, 'MYDHT_REFUSED']]
  )
})

for (const [what, at] of [
  ['another hash', 48],
  ['another network', 10],
] as const) {
  test(`a return link with ${what} is refused and leaves the waiting dial alone`, () => {
    const [a, b] = pair()
    oneWay(a, b)
    b.send({ type: 'return-open', link: 1 })
    const back = eventsOf(b, 'write')[0]?.bytes ?? assert.fail()
    a.send({ type: 'begin', link: 8, role: 'responder', duplex: false, remoteHost: '10.0.0.2' })
    a.send({ type: 'bytes', link: 8, bytes: back.with(at, (back[at] ?? 0) ^ 1) })
    assert.deepEqual(
      eventsOf(a, 'failed').map((event) => event.link),
      [8]
    )
    assert.deepEqual(eventsOf(a, 'joined'), [])
    a.send({ type: 'begin', link: 9, role: 'responder', duplex: false, remoteHost: '10.0.0.2' })
    a.send({ type: 'bytes', link: 9, bytes: back })
    assert.equal(eventsOf(a, 'joined')[0]?.to, 1)
  })
}

test('a return link that comes after its dial was dropped is refused', () => {
  const [a, b] = pair()
  oneWay(a, b)
  b.send({ type: 'return-open', link: 1 })
  a.send({ type: 'drop', link: 1 })
  a.send({ type: 'begin', link: 8, role: 'responder', duplex: false, remoteHost: '10.0.0.2' })
  a.send({ type: 'bytes', link: 8, bytes: eventsOf(b, 'write')[0]?.bytes ?? assert.fail() })
  assert.deepEqual(codes(a), ['MYDHT_REFUSED'])
})

test('a return address on another host is not dialled', () => {
  const [a, b] = pair()
  begin(b, 'responder', { duplex: false, remoteHost: '10.0.0.8' })
  begin(a, 'initiator', { duplex: false, returnAddress: address })
  b.send({ type: 'bytes', link: 1, bytes: eventsOf(a, 'write')[0]?.bytes ?? assert.fail() })
  assert.deepEqual(codes(b), ['MYDHT_BAD_ADDRESS'])
  assert.deepEqual(eventsOf(b, 'need-return'), [])
  assert.deepEqual(eventsOf(b, 'write'), [])
})

test('a return link that is not opened in time ends the handshake, and opening it then says nothing', async () => {
  const [a, b] = pair()
  oneWay(a, b)
  await b.clock.advance(10_000)
  assert.deepEqual(codes(b), ['MYDHT_TIMEOUT'])
  b.send({ type: 'return-open', link: 1 })
  assert.deepEqual(eventsOf(b, 'write'), [])
})

test('anonymous peers get a name of their own on every connection', () => {
  const names = new Set<string>()
  for (const seed of [1, 3]) {
    const a = auth({ seed, mode: 'anonymous' })
    const b = auth({ seed: 2, mode: 'anonymous' })
    meet(a, b)
    const proven = eventsOf(a, 'proven')[0] ?? assert.fail()
    assert.equal(proven.record, undefined)
    assert.equal(eventsOf(a, 'verdict')[0]?.accepted, true)
    names.add(proven.id)
  }
  assert.equal(names.size, 2)
  assert.equal(names.has(idOf(2)), false)
})

test('our record holds our addresses, grows in sequence, and is renewed before it expires', async () => {
  const a = auth()
  a.send({ type: 'addresses', addresses: [address], clientOnly: false })
  a.send({ type: 'addresses', addresses: [], clientOnly: true })
  await a.clock.advance(6 * 3_600_000)
  const records = eventsOf(a, 'self').map((event) => {
    assert.equal(event.id, idOf(1))
    const checked = verifyPeerRecord(event.record, 'net-under-test', a.clock.now())
    return checked.ok ? checked.record : assert.fail(checked.code)
  })
  assert.equal(records.length, 3)
  assert.deepEqual(records[0]?.addresses, [address])
  assert.deepEqual([records[2]?.addresses, records[2]?.clientOnly], [[], true])
  const sequences = records.map((record) => record.sequence)
  assert.ok(
    (sequences[0] ?? 0) >= nowMs &&
      (sequences[1] ?? 0) > (sequences[0] ?? 0) &&
      (sequences[2] ?? 0) > (sequences[1] ?? 0)
  )
  a.close()
  assert.equal(a.clock.waiting, 0)
})

test('the sequence goes on above the last one even when the clock was set back', () => {
  const a = auth({ lastSequence: nowMs + 5_000_000 })
  a.send({ type: 'addresses', addresses: [], clientOnly: false })
  const read = decodePeerRecord(eventsOf(a, 'self')[0]?.record ?? assert.fail())
  assert.ok(read.ok && read.value.sequence > nowMs + 5_000_000)
})

test('a handshake shows the record of the newest addresses', () => {
  const [a, b] = pair()
  a.send({ type: 'addresses', addresses: [address], clientOnly: false })
  meet(a, b)
  assert.deepEqual(eventsOf(b, 'proven')[0]?.record, eventsOf(a, 'self')[0]?.record)
})

test('what is signed for an app carries the context of apps, whatever the app asks for', () => {
  const a = auth()
  const fields = [utf8Bytes('one'), utf8Bytes('two')]
  const cases = [
    ['kv record', 'mydht/1 app kv record'],
    ['mydht/1 app kv record', 'mydht/1 app kv record'],
    ['mydht/1 handshake', 'mydht/1 app mydht/1 handshake'],
    ['', 'mydht/1 app '],
  ] as const
  for (const [ticket, [context, forced]] of cases.entries()) {
    a.send({ type: 'sign', ticket, context, fields })
    const signature = eventsOf(a, 'signed').find((event) => event.ticket === ticket)?.signature ?? assert.fail()
    assert.equal(verifySigned({ signer: idOf(1), context: forced, network: 'net-under-test', fields, signature }), true)
    if (context !== forced && context !== '') {
      assert.equal(verifySigned({ signer: idOf(1), context, network: 'net-under-test', fields, signature }), false)
    }
  }
})

test('the service runs inline, and its init is not changed', async () => {
  const clock = virtualClock({ startMs: nowMs })
  const seed = new Uint8Array(32).fill(4)
  const events: unknown[] = []
  const handle = inline().spawn(
    authService,
    {
      seed,
      network: 'n',
      mode: 'public',
      shadow: noise(),
      encoding: part(import.meta.url, 'x', {}, () => stub),
      accept: undefined,
    },
    { clock, random: seededRandom(1), log: () => {} },
    { send: (event) => events.push(event) > 0 }
  )
  assert.equal(handle.send({ type: 'addresses', addresses: [], clientOnly: true }), true)
  assert.equal(events.length, 1)
  assert.equal(handle.send({ type: 'begin', link: 1, role: 'initiator', duplex: true, remoteHost: 'x' }), true)
  await clock.advance(60_000)
  assert.equal(events.length, 3)
  await handle.close()
  assert.equal(clock.waiting, 0)
  assert.deepEqual(seed, new Uint8Array(32).fill(4))
})

const stub = {
  name: 'stub',
  id: 1,
  sizeBound: () => 0,
  encode: (_message: unknown, _target: Uint8Array, at: number) => at,
  decode: () => ({ ok: false, code: 'unknown-type', at: 0 }) as const,
}
