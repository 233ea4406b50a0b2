import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { createIdentity } from '../../src/identity/keys.ts'
import { createPeerRecord, encodePeerRecord } from '../../src/identity/peer-record.ts'
import { realise } from '../../src/part.ts'
import type { HandshakeParts } from '../../src/peers/handshake-contract.ts'
import { createHandshake } from '../../src/peers/handshake.ts'
import { networkTag } from '../../src/peers/preamble.ts'
import { seededRandom } from '../../src/random.ts'
import { none } from '../../src/shadows/none.ts'
import { outputs, written } from './rig.ts'

// The same bytes stand in docs/PROTOCOL.md, "Vector of a handshake": another implementation can be checked against them.
const opening = '4d7944480100000100ef99dbf281aac4000020aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'
const answer =
  '010abbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394008801008139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b3940000018bcfe568000000018bd01c568001147463703a2f2f3132372e302e302e313a34303032aee3c6c2accd62563094bc58f31daf89ee1ee2a793c316a5ee1e0625104c7847d043a5dfa0cb6d1413041dbf8e3dcc5593ef7dc9b410e34c16625db7362f270435bd9da8ff44b848cf9fa74aef047ac36011db8d5b408ce6b9d25134717ee138ee4d0199347cbd12391985def9e753931171580180aad2420486f8d8f7cb100e'
const third =
  '00ea8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c008801008a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c0000018bcfe568000000018bd01c568001147463703a2f2f3132372e302e302e313a34303031791c0f9f1fa457b3de0ae16bf3d5310e7fa814e7102523997a88edda0f1cc5d55534288e91e5515ef3815e4332f12d5ebffcf95890a119057a54db96064320094c13643e4c645c604c6281f045f5f85abfea9b2eb597f55ce1df05aff9479f7137ef04b776db690d8b834bd2e3aada18f72cda9df3d24d46bf79ecb8668db20e'

// From packages/mydht/dist/test/peers/ to the root of the repository.
const text = readFileSync(new URL('../../../../../docs/PROTOCOL.md', import.meta.url), 'utf8')

const nowMs = 1_700_000_000_000

function side(seed: number, challenge: number): { readonly parts: HandshakeParts; readonly record: Uint8Array } {
  const identity = createIdentity(new Uint8Array(32).fill(seed), 'mydht')
  const shadow = realise(none())({ network: 'mydht', staticSecret: new Uint8Array(32) })
  const random = { ...seededRandom(1), bytes: (length: number) => new Uint8Array(length).fill(challenge) }
  const facts = { shadowId: shadow.id, encodingId: 1, mode: 'public', networkTag: networkTag('mydht') } as const
  const record = {
    sequence: nowMs,
    expiresAtMs: nowMs + 3_600_000,
    addresses: [`tcp://127.0.0.1:${4000 + seed}`],
    clientOnly: false,
  }
  return {
    parts: { identity, mode: 'public', shadow, facts, random, now: () => nowMs },
    record: encodePeerRecord(createPeerRecord(identity, record)),
  }
}

test('the bytes of a whole handshake are those of docs/PROTOCOL.md', () => {
  const vector = /^### Vector of a handshake$([\s\S]*?)^#/m.exec(text)?.[1] ?? ''
  assert.deepEqual(
    [...vector.matchAll(/^ {4}([0-9a-f]+)$/gm)].map(([, hex]) => hex),
    [opening, answer, third]
  )
  const a = side(1, 0xaa)
  const b = side(2, 0xbb)
  const initiator = createHandshake(a.parts, { role: 'initiator', record: a.record, duplex: true })
  const responder = createHandshake(b.parts, { role: 'responder', record: b.record, duplex: true })
  responder.start()
  const first = written(initiator.start())
  assert.equal(Buffer.from(first).toString('hex'), opening)
  const second = written(responder.bytes(first))
  assert.equal(Buffer.from(second).toString('hex'), answer)
  const last = written(initiator.bytes(second))
  assert.equal(Buffer.from(last).toString('hex'), third)
  assert.equal(outputs(responder.bytes(last), 'proven')[0]?.id, a.parts.identity.id)
})
