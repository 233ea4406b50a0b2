import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crypto } from '../../src/identity/crypto/node.ts'
import { beginNoise } from '../../src/shadows/noise/handshake.ts'
import { createOpener, createSealer } from '../../src/shadows/noise/records.ts'
import type { Random } from '../../src/random.ts'
import type { Role, ShadowHandshake } from '../../src/shadows/shadow.ts'
import { unhex, vectorsAt } from '../helpers/vectors.ts'

interface NoiseVector {
  readonly protocol_name: string
  readonly init_prologue: string
  readonly init_psks?: readonly string[]
  readonly init_static: string
  readonly init_ephemeral: string
  readonly resp_prologue: string
  readonly resp_psks?: readonly string[]
  readonly resp_static: string
  readonly resp_ephemeral: string
  readonly handshake_hash: string
  readonly messages: readonly { readonly payload: string; readonly ciphertext: string }[]
}

const { vectors } = vectorsAt<{ readonly vectors: readonly NoiseVector[] }>('noise.json')

/** Randomness that gives just these bytes, once. */
function only(bytes: Uint8Array): Random {
  let left = 1
  return {
    bytes(length) {
      assert.equal(length, bytes.length)
      assert.equal(left--, 1)
      return bytes
    },
    u64: () => assert.fail(),
    below: () => assert.fail(),
  }
}

function end(vector: NoiseVector, role: Role): ShadowHandshake {
  const own = role === 'initiator' ? vector.init_static : vector.resp_static
  const ephemeral = role === 'initiator' ? vector.init_ephemeral : vector.resp_ephemeral
  const prologue = role === 'initiator' ? vector.init_prologue : vector.resp_prologue
  const key = (role === 'initiator' ? vector.init_psks : vector.resp_psks)?.[0]
  const psk = key === undefined ? undefined : ({ key: unhex(key), place: 3 } as const)
  const staticKey = crypto.x25519KeyPair(unhex(own))
  return beginNoise({ crypto, staticKey, psk }, { role, prologue: unhex(prologue), random: only(unhex(ephemeral)) })
}

test('the file has the two protocols that we speak', () => {
  const names = vectors.map((vector) => vector.protocol_name)
  assert.deepEqual(names, ['Noise_XX_25519_ChaChaPoly_BLAKE2b', 'Noise_XXpsk3_25519_ChaChaPoly_BLAKE2b'])
})

for (const vector of vectors) {
  test(`${vector.protocol_name} gives the published bytes, handshake and records`, () => {
    const initiator = end(vector, 'initiator')
    const responder = end(vector, 'responder')
    const opening = vector.messages.slice(0, 3)
    for (const [i, { payload, ciphertext }] of opening.entries()) {
      const [from, to] = i % 2 === 0 ? [initiator, responder] : [responder, initiator]
      const message = from.write(unhex(payload))
      assert.equal(Buffer.from(message).toString('hex'), ciphertext)
      assert.deepEqual(to.read(message)?.payload, unhex(payload))
    }
    const ours = initiator.finish()
    const theirs = responder.finish()
    const records = { rekeyAfterRecords: 2 ** 20 }
    // After three messages it is the responder's turn again.
    const ends = [
      [createSealer(crypto, theirs.send, records), createOpener(crypto, ours.receive, records)],
      [createSealer(crypto, ours.send, records), createOpener(crypto, theirs.receive, records)],
    ] as const
    for (const [i, { payload, ciphertext }] of vector.messages.slice(3).entries()) {
      const [seal, open] = ends[i % 2] ?? assert.fail()
      const record = new Uint8Array(payload.length / 2 + 16)
      seal.seal(unhex(payload), record, 0)
      assert.equal(Buffer.from(record).toString('hex'), ciphertext)
      assert.deepEqual(open.open(record), unhex(payload))
    }
  })
}
