import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat, utf8Bytes } from '../../src/bytes.ts'
import { peerIdToBytes } from '../../src/identity/peer-id.ts'
import type { HandshakeOutput } from '../../src/peers/handshake-contract.ts'
import { readRefusal } from '../../src/peers/refusal.ts'
import { returnProof } from '../../src/peers/preamble.ts'
import {
  converse,
  end,
  failure,
  initiate,
  nowMs,
  outputs,
  respond,
  shadows,
  written,
  type Conversation,
  type EndOptions,
} from './rig.ts'

const a = end({ seed: 1 })
const b = end({ seed: 2 })

/** Nobody may come out of a failed handshake as proven. */
function nothingProven(said: Conversation): void {
  assert.deepEqual(outputs(said.a, 'proven'), [])
  assert.deepEqual(outputs(said.b, 'proven'), [])
}

function nothingProvenAt(said: readonly HandshakeOutput[]): void {
  assert.deepEqual(outputs(said, 'proven'), [])
}

function holds(haystack: Uint8Array, needle: Uint8Array): boolean {
  return Buffer.from(haystack).includes(Buffer.from(needle))
}

function wrongPayload(type: 'id' | 'record' | 'signature' | 'length', bytes: Uint8Array): Uint8Array {
  const changed = bytes.slice()
  // Shadow none: message 2 is length 2, challenge 32, then the payload in clear.
  const at = { id: 34, record: 34 + 34 + 50, signature: bytes.length - 1, length: 34 + 33 }[type]
  changed[at] = (changed[at] ?? 0) ^ 1
  return changed
}

for (const [name, shadow] of Object.entries(shadows)) {
  test(`${name}: both ends prove themselves in three messages and agree on secrets`, () => {
    const said = converse(initiate(end({ seed: 1, shadow })), respond(end({ seed: 2, shadow })))
    const [atA] = outputs(said.a, 'proven')
    const [atB] = outputs(said.b, 'proven')
    assert.equal(atA?.id, b.identity.id)
    assert.equal(atB?.id, a.identity.id)
    assert.deepEqual(atA?.recordBytes, b.record)
    assert.deepEqual(atB?.recordBytes, a.record)
    assert.deepEqual(atA?.send, atB?.receive)
    assert.deepEqual(atA?.receive, atB?.send)
    assert.equal(said.toA.length, 1)
    assert.equal(said.toB.length, 2)
    assert.equal(atB?.consumed, concat(said.toB).length)
    assert.equal(atA?.consumed, concat(said.toA).length)
  })

  test(`${name}: bytes may come one by one`, () => {
    const said = converse(initiate(end({ seed: 1, shadow })), respond(end({ seed: 2, shadow })), { piece: 1 })
    assert.equal(outputs(said.a, 'proven')[0]?.id, b.identity.id)
    assert.equal(outputs(said.b, 'proven')[0]?.id, a.identity.id)
  })

  test(`${name}: bytes behind the handshake are counted as not consumed`, () => {
    const [left, right] = [initiate(end({ seed: 1, shadow })), respond(end({ seed: 2, shadow }))]
    const more = utf8Bytes('the first record')
    const said = converse(left, right, {
      meddle: (to, index, bytes) => (to === 'b' && index === 1 ? concat([bytes, more]) : bytes),
    })
    assert.equal(outputs(said.b, 'proven')[0]?.consumed, concat(said.toB).length - more.length)
  })

  test(`${name}: two nodes that both dial on one link, and a link that echoes, come to nothing`, () => {
    const echo = initiate(end({ seed: 1, shadow }))
    const first = written(echo.start())
    const answer = echo.bytes(first)
    assert.equal(failure(answer), 'MYDHT_BAD_MESSAGE')
    assert.equal(written(answer).length, 0)
    // Without the preamble the echo is a well-formed message 1 where message 2 should be.
    const framed = initiate(end({ seed: 1, shadow }))
    const skip = name === 'secret' ? 9 : 17
    const reflected = framed.bytes.bind(framed)
    const own = written(framed.start()).subarray(skip)
    const said = reflected(own)
    assert.ok(failure(said) === 'MYDHT_SHADOW_FAILED' || failure(said) === 'MYDHT_BAD_MESSAGE')
    assert.deepEqual(outputs(said, 'proven'), [])
    assert.equal(written(said).length, 0)
  })

  test(`${name}: a recorded opening proves nothing a second time`, () => {
    const recorded = converse(initiate(end({ seed: 1, shadow })), respond(end({ seed: 2, shadow })))
    const replay = respond(end({ seed: 2, shadow, random: 99 }))
    replay.start()
    const said = recorded.toB.flatMap((bytes) => [...replay.bytes(bytes)])
    assert.deepEqual(outputs(said, 'proven'), [])
    assert.ok(['MYDHT_SHADOW_FAILED', 'MYDHT_BAD_SIGNATURE'].includes(failure(said) ?? ''), failure(said))
  })

  test(`${name}: a recorded answer proves nothing to a new dial`, () => {
    const recorded = converse(initiate(end({ seed: 1, shadow })), respond(end({ seed: 2, shadow })))
    const again = initiate(end({ seed: 1, shadow, random: 98 }))
    again.start()
    const said = recorded.toA.flatMap((bytes) => [...again.bytes(bytes)])
    assert.ok(['MYDHT_SHADOW_FAILED', 'MYDHT_BAD_SIGNATURE'].includes(failure(said) ?? ''), failure(said))
    assert.equal(written(said).length, 0, 'message 3 must not leave')
  })

  test(`${name}: every single changed byte of every message ends the handshake unproven at its reader`, () => {
    const clean = converse(initiate(end({ seed: 1, shadow })), respond(end({ seed: 2, shadow })))
    const lengths = { a: clean.toA.map((bytes) => bytes.length), b: clean.toB.map((bytes) => bytes.length) }
    for (const to of ['a', 'b'] as const) {
      for (const [which, length] of lengths[to].entries()) {
        for (let at = 0; at < length; at += 7) {
          const said = converse(initiate(end({ seed: 1, shadow })), respond(end({ seed: 2, shadow })), {
            meddle: (target, index, bytes) => {
              if (target !== to || index !== which) return bytes
              const changed = bytes.slice()
              changed[at] = (changed[at] ?? 0) ^ 64
              return changed
            },
          })
          // Without a cipher, the responder's own challenge is covered by message 3 alone: there its sender sees the change.
          const challenge = name === 'none' && to === 'a' && at >= 2 && at < 34
          const reader = (to === 'a') === !challenge ? said.a : said.b
          assert.deepEqual(outputs(reader, 'proven'), [], `to ${to}, write ${which}, byte ${at}`)
        }
      }
    }
  })

  test(`${name}: a peer that is not the expected one gets nothing of ours`, () => {
    const said = converse(
      initiate(end({ seed: 1, shadow }), { expected: end({ seed: 3 }).identity.id }),
      respond(end({ seed: 2, shadow }))
    )
    assert.equal(failure(said.a), 'MYDHT_WRONG_PEER')
    assert.equal(said.toB.length, 1, 'message 3 must not leave')
    nothingProven(said)
  })

  test(`${name}: our own address leads to MYDHT_SELF`, () => {
    const said = converse(initiate(end({ seed: 1, shadow })), respond(end({ seed: 1, shadow, random: 5 })))
    assert.equal(failure(said.a), 'MYDHT_SELF')
    nothingProven(said)
  })

  test(`${name}: a probe ends after message 2 and shows nothing of ours`, () => {
    const said = converse(
      initiate(end({ seed: 1, shadow }), { probe: true, expected: b.identity.id }),
      respond(end({ seed: 2, shadow }))
    )
    assert.equal(outputs(said.a, 'probed')[0]?.id, b.identity.id)
    assert.equal(said.toB.length, 1)
    nothingProven(said)
  })

  test(`${name}: in mode anonymous nobody names himself`, () => {
    const mode = 'anonymous'
    const said = converse(initiate(end({ seed: 1, shadow, mode })), respond(end({ seed: 2, shadow, mode })))
    assert.equal(outputs(said.a, 'proven').length, 1)
    assert.equal(outputs(said.b, 'proven').length, 1)
    assert.equal(outputs(said.b, 'proven')[0]?.id, undefined)
    const all = concat([...said.toA, ...said.toB])
    assert.equal(holds(all, peerIdToBytes(a.identity.id)), false)
    assert.equal(holds(all, peerIdToBytes(b.identity.id)), false)
  })

  test(`${name}: a one-way link is answered on a return link that shows a hash of message 1`, () => {
    const returnAddress = 'tcp://10.0.0.1:4000'
    const left = initiate(end({ seed: 1, shadow }), { duplex: false, returnAddress })
    const right = respond(end({ seed: 2, shadow }), {
      duplex: false,
      mayReturnTo: (address) => address === returnAddress,
    })
    const back = respond(end({ seed: 1, shadow }), { duplex: false })
    right.start()
    back.start()
    const opening = written(left.start())
    const answer = right.bytes(opening)
    assert.equal(outputs(answer, 'need-return')[0]?.address, returnAddress)
    const arrived = written(answer)
    const joined = outputs(back.bytes(arrived), 'return-link')[0]
    assert.deepEqual(joined?.proof, left.proof)
    assert.deepEqual(joined?.proof, outputs(answer, 'need-return')[0]?.proof)
    const third = left.bytes(arrived.subarray(joined?.consumed))
    assert.equal(outputs(third, 'proven')[0]?.id, b.identity.id)
    assert.equal(outputs(right.bytes(written(third)), 'proven')[0]?.id, a.identity.id)
  })
}

test('a transcript of noise shows nobody, no record, no address and no network name', () => {
  const said = converse(initiate(a), respond(b))
  const all = concat([...said.toB, ...said.toA])
  for (const who of [a, b]) {
    assert.equal(holds(all, peerIdToBytes(who.identity.id)), false)
    assert.equal(holds(all, who.record.subarray(0, 32)), false)
    assert.equal(holds(all, who.record.subarray(-64)), false)
  }
  for (const text of ['10.0.0', 'tcp:', 'net-under-test', a.identity.id])
    assert.equal(holds(all, utf8Bytes(text)), false, text)
  // The same search does find them where nothing is hidden.
  const shadow = shadows['none']
  if (!shadow) throw new Error('no shadow')
  const open = converse(initiate(end({ seed: 1, shadow })), respond(end({ seed: 2, shadow })))
  assert.equal(holds(concat(open.toA), b.record), true)
})

const mismatches: readonly (readonly [string, EndOptions, string])[] = [
  ['network', { network: 'another' }, 'MYDHT_WRONG_NETWORK'],
  ['shadow', { shadow: shadows['none'] ?? assert.fail() }, 'MYDHT_WRONG_SHADOW'],
  ['encoding', { encodingId: 2 }, 'MYDHT_WRONG_ENCODING'],
  ['mode', { mode: 'anonymous' }, 'MYDHT_WRONG_MODE'],
  ['mode, one private', { mode: 'private' }, 'MYDHT_WRONG_MODE'],
]
for (const [what, options, code] of mismatches) {
  for (const piece of [1, 4096]) {
    test(`another ${what}, in pieces of ${piece}: both ends say ${code}, the dialler as the other side's unauthenticated word`, () => {
      const said = converse(initiate(a), respond(end({ seed: 2, ...options })), { piece })
      assert.equal(failure(said.a), code)
      assert.equal(failure(said.b), code)
      assert.match(outputs(said.a, 'failed')[0]?.detail ?? '', /unauthenticated word/)
      assert.equal(said.toA[0]?.length, 3)
      nothingProven(said)
    })
  }
}

for (const [what, at, code] of [
  ['magic', 0, 'MYDHT_WRONG_PROTOCOL'],
  ['version', 4, 'MYDHT_WRONG_VERSION'],
  ['kind', 5, 'MYDHT_WRONG_PROTOCOL'],
] as const) {
  test(`another ${what}: both ends say ${code}`, () => {
    const said = converse(initiate(a), respond(b), {
      meddle: (to, index, bytes) => (to === 'b' && index === 0 ? bytes.with(at, 78) : bytes),
    })
    assert.equal(failure(said.a), code)
    assert.equal(failure(said.b), code)
    nothingProven(said)
  })
}

test('under secret the preamble names no network, and another secret gets no answer at all', async () => {
  const { secret } = await import('../../src/shadows/secret.ts')
  const one = end({ seed: 1, shadow: secret({ key: new Uint8Array(32).fill(1) }) })
  const two = end({ seed: 2, shadow: secret({ key: new Uint8Array(32).fill(2) }) })
  const said = converse(initiate(one), respond(two))
  assert.equal(failure(said.b), 'MYDHT_SHADOW_FAILED')
  assert.deepEqual(said.toA, [])
})

for (const [type, code] of [
  ['id', 'MYDHT_BAD_SIGNATURE'],
  ['record', 'MYDHT_INVALID_RECORD'],
  ['signature', 'MYDHT_BAD_SIGNATURE'],
  ['length', 'MYDHT_BAD_MESSAGE'],
] as const) {
  test(`a wrong ${type} in message 2 is ${code}, and message 3 stays here`, () => {
    const shadow = shadows['none']
    if (!shadow) throw new Error('no shadow')
    const said = converse(initiate(end({ seed: 1, shadow })), respond(end({ seed: 2, shadow })), {
      meddle: (to, _index, bytes) => (to === 'a' ? wrongPayload(type, bytes) : bytes),
    })
    assert.equal(failure(said.a), code)
    assert.equal(said.toB.length, 1)
    nothingProven(said)
  })
}

test('the record of another peer, an expired one and one of another network are refused', () => {
  const stolen = { ...b, record: end({ seed: 3 }).record }
  assert.equal(failure(converse(initiate(a), respond(stolen)).a), 'MYDHT_INVALID_RECORD')
  const late = end({ seed: 1, now: () => nowMs + 7_200_000 })
  assert.equal(failure(converse(initiate(late), respond(b)).a), 'MYDHT_INVALID_RECORD')
  const foreign = { ...b, record: end({ seed: 2, network: 'another' }).record }
  assert.equal(failure(converse(initiate(a), respond(foreign)).a), 'MYDHT_INVALID_RECORD')
  const initiator = { ...a, record: end({ seed: 3 }).record }
  assert.equal(failure(converse(initiate(initiator), respond(b)).b), 'MYDHT_INVALID_RECORD')
})

test('a signature of the wrong role, network, shadow or handshake is refused', () => {
  // A peer whose parts disagree with its words: it signs for another network.
  const other = { ...b, parts: { ...b.parts, identity: end({ seed: 2, network: 'another' }).identity } }
  assert.equal(failure(converse(initiate(a), respond(other)).a), 'MYDHT_BAD_SIGNATURE')
  const renamed = { ...b, parts: { ...b.parts, shadow: { ...b.parts.shadow, name: 'nois' } } }
  assert.equal(failure(converse(initiate(a), respond(renamed)).a), 'MYDHT_BAD_SIGNATURE')
})

test('message 3 signed for another responder is refused: a peer cannot pass its own guests on', () => {
  // b relays a's handshake with it to c: a signed b's PeerId, and the bindings differ anyway.
  const c = end({ seed: 3 })
  const disguised = {
    ...c,
    parts: { ...c.parts, identity: { ...c.identity, id: b.identity.id, publicKey: b.identity.publicKey } },
  }
  const said = converse(initiate(a), respond(disguised))
  assert.equal(failure(said.a), 'MYDHT_BAD_SIGNATURE')
  nothingProven(said)
})

test('a message that claims more than 2048 bytes is refused before any of it is held', () => {
  const right = respond(b)
  right.start()
  const opening = written(initiate(a).start()).slice(0, 17)
  const said = [...right.bytes(opening), ...right.bytes(Uint8Array.of(8, 1))]
  assert.equal(failure(said), 'MYDHT_BAD_MESSAGE')
  const left = initiate(a)
  left.start()
  assert.equal(failure(left.bytes(Uint8Array.of(255, 255, 1))), 'MYDHT_BAD_MESSAGE')
})

test('an empty message 1 is malformed, an empty message 3 does not open', () => {
  const right = respond(b)
  right.start()
  assert.equal(
    failure(right.bytes(concat([written(initiate(a).start()).slice(0, 17), Uint8Array.of(0, 0)]))),
    'MYDHT_BAD_MESSAGE'
  )
  const said = converse(initiate(a), respond(b), {
    meddle: (to, index, bytes) => (to === 'b' && index === 1 ? Uint8Array.of(0, 0) : bytes),
  })
  assert.equal(failure(said.b), 'MYDHT_SHADOW_FAILED')
  nothingProvenAt(said.b)
})

test('a handshake that is over takes nothing more and says nothing more', () => {
  const left = initiate(a)
  const right = respond(b)
  converse(left, right)
  for (const over of [left, right]) {
    assert.equal(over.step, 'over')
    assert.deepEqual(over.bytes(new Uint8Array(100)), [])
    assert.deepEqual(over.abort('MYDHT_CLOSED', ''), [])
  }
})

test('after its message 2 a responder says no refusal in clear: it would be read as a record', () => {
  const right = respond(b)
  right.start()
  right.bytes(written(initiate(a).start()))
  const said = right.bytes(Uint8Array.of(255, 255))
  assert.equal(failure(said), 'MYDHT_BAD_MESSAGE')
  assert.equal(written(said).length, 0)
})

test('refusals with unknown numbers are MYDHT_REFUSED', () => {
  const left = initiate(a)
  left.start()
  assert.equal(failure(left.bytes(Uint8Array.of(0, 0, 200))), 'MYDHT_REFUSED')
  assert.match(readRefusal(200).detail, /200/)
})

const wrongUse: readonly (readonly [string, () => readonly HandshakeOutput[], string])[] = [
  ['a private dial to nobody in particular', () => initiate(end({ mode: 'private' })).start(), 'MYDHT_BAD_ARGUMENT'],
  [
    'an anonymous dial to a known peer',
    () => initiate(end({ mode: 'anonymous' }), { expected: b.identity.id }).start(),
    'MYDHT_BAD_ARGUMENT',
  ],
  ['an anonymous probe', () => initiate(end({ mode: 'anonymous' }), { probe: true }).start(), 'MYDHT_BAD_ARGUMENT'],
  ['a dial to ourselves', () => initiate(a, { expected: a.identity.id }).start(), 'MYDHT_SELF'],
  ['a one-way link without return address', () => initiate(a, { duplex: false }).start(), 'MYDHT_BAD_ARGUMENT'],
  [
    'a return address on a duplex link',
    () => initiate(a, { returnAddress: 'tcp://10.0.0.1:1' }).start(),
    'MYDHT_BAD_ARGUMENT',
  ],
  [
    'a malformed return address',
    () => initiate(a, { duplex: false, returnAddress: 'here' }).start(),
    'MYDHT_BAD_ARGUMENT',
  ],
]
for (const [what, run, code] of wrongUse) {
  test(`${what} is ${code} before a byte leaves`, () => {
    const said = run()
    assert.equal(failure(said), code)
    assert.equal(written(said).length, 0)
  })
}

test('in mode anonymous a peer that says who it is, is refused', () => {
  const shadow = shadows['none']
  if (!shadow) throw new Error('no shadow')
  const mode = 'anonymous'
  const said = converse(initiate(end({ seed: 1, shadow, mode })), respond(end({ seed: 2, shadow, mode })), {
    meddle: (to, _index, bytes) =>
      to === 'a' ? concat([Uint8Array.of(0, 33), bytes.subarray(2), Uint8Array.of(1)]) : bytes,
  })
  assert.equal(failure(said.a), 'MYDHT_BAD_MESSAGE')
  assert.equal(said.toB.length, 1)
  nothingProven(said)
})

test('a private network talks where the dialler names the peer', () => {
  const said = converse(
    initiate(end({ seed: 1, mode: 'private' }), { expected: b.identity.id }),
    respond(end({ seed: 2, mode: 'private' }))
  )
  assert.equal(outputs(said.a, 'proven').length, 1)
  assert.equal(outputs(said.b, 'proven').length, 1)
})

test('a one-way responder without a return address, with a bad one, or with one that may not be dialled stays silent', () => {
  const cases = [
    [written(initiate(a).start()), 'MYDHT_BAD_ADDRESS'],
    [written(initiate(a, { duplex: false, returnAddress: 'tcp://10.9.9.9:9' }).start()), 'MYDHT_BAD_ADDRESS'],
  ] as const
  for (const [opening, code] of cases) {
    const right = respond(b, { duplex: false, mayReturnTo: (address) => address === 'tcp://10.0.0.1:4000' })
    right.start()
    const said = right.bytes(opening)
    assert.equal(failure(said), code)
    assert.equal(written(said).length, 0)
    assert.deepEqual(outputs(said, 'need-return'), [])
  }
})

test('a return address on a link that carries bytes both ways is refused: nobody is dialled for it', () => {
  const first = written(initiate(a, { duplex: false, returnAddress: 'tcp://10.0.0.1:4000' }).start())
  const right = respond(b, { mayReturnTo: () => true })
  right.start()
  const said = right.bytes(first)
  assert.equal(failure(said), 'MYDHT_BAD_MESSAGE')
  assert.deepEqual(outputs(said, 'need-return'), [])
})

test('the proof of a return link depends on every byte of message 1', () => {
  const message = new Uint8Array(32)
  assert.notDeepEqual(returnProof(message), returnProof(message.with(31, 1)))
  assert.equal(returnProof(message).length, 32)
})
