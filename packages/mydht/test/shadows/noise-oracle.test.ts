import assert from 'node:assert/strict'
import { test } from 'node:test'
import NoiseState from 'noise-handshake'
import { crypto } from '../../src/identity/crypto/node.ts'
import { systemRandom } from '../../src/random.ts'
import { beginNoise } from '../../src/shadows/noise/handshake.ts'

// noise-handshake 4.2.0 was written by others: what both agree on is Noise, not a misunderstanding of ours.
const prologue = new TextEncoder().encode('oracle')
const key = crypto.randomBytes(32)
const patterns = [
  ['XX', undefined],
  ['XXpsk0', { key, place: 0 }],
] as const

for (const [name, psk] of patterns) {
  for (const role of ['initiator', 'responder'] as const) {
    test(`our ${name} ${role} and the other library's other end agree on everything`, () => {
      for (let round = 0; round < 10; round++) {
        const staticKey = crypto.x25519KeyPair(crypto.randomBytes(32))
        const ours = beginNoise({ crypto, staticKey, psk }, { role, prologue, random: systemRandom })
        const options = psk === undefined ? {} : { psk: Buffer.from(psk.key) }
        const theirs = new NoiseState(name, role === 'responder', undefined, options)
        theirs.initialise(prologue)
        for (let i = 0; i < 3; i++) {
          const payload = Buffer.from(crypto.randomBytes(i * 40))
          // It clears its hash when the handshake is over: read before.
          const hash = Uint8Array.from(theirs.digest ?? [])
          if ((i % 2 === 0) === (role === 'initiator')) {
            assert.deepEqual(ours.bindingBeforeWrite(), hash)
            assert.ok(payload.equals(theirs.recv(Buffer.from(ours.write(payload)))))
          } else {
            const got = ours.read(theirs.send(payload))
            assert.ok(got !== undefined && payload.equals(got.payload))
            assert.deepEqual(got.binding, hash)
          }
        }
        const { send, receive } = ours.finish()
        assert.deepEqual(send, new Uint8Array(theirs.rx))
        assert.deepEqual(receive, new Uint8Array(theirs.tx))
        assert.deepEqual(staticKey.publicKey, new Uint8Array(theirs.rs))
      }
    })
  }
}
