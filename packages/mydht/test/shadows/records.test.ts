import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { crypto } from '../../src/identity/crypto/node.ts'
import { createOpener, createSealer } from '../../src/shadows/noise/records.ts'

/** The record that Noise prescribes, by another library: `number` is its nonce. */
function expected(key: Uint8Array, number: bigint, text: Uint8Array): Uint8Array {
  const nonce = new Uint8Array(12)
  new DataView(nonce.buffer).setBigUint64(4, number, true)
  return chacha20poly1305(key, nonce).encrypt(text)
}

/** REKEY, by another library. */
function rekeyed(key: Uint8Array): Uint8Array {
  return expected(key, 2n ** 64n - 1n, new Uint8Array(32)).slice(0, 32)
}

for (const firstRecord of [0n, 2n ** 32n - 2n, 2n ** 53n, 2n ** 63n - 2n]) {
  test(`records from number ${firstRecord} on have the nonces and keys that Noise prescribes`, () => {
    let key: Uint8Array = crypto.randomBytes(32)
    const sealer = createSealer(crypto, key.slice(), { rekeyAfterRecords: 3, firstRecord })
    const opener = createOpener(crypto, key.slice(), { rekeyAfterRecords: 3, firstRecord })
    for (let i = 0; i < 8; i++) {
      if (i > 0 && i % 3 === 0) key = rekeyed(key)
      const text = crypto.randomBytes(i * 10)
      const record = new Uint8Array(text.length + 16)
      sealer.seal(text, record, 0)
      assert.deepEqual(record, expected(key, firstRecord + BigInt(i), text))
      assert.deepEqual(opener.open(record), text)
    }
  })
}

test('a secret of a wrong length is a TypeError', () => {
  assert.throws(() => createSealer(crypto, new Uint8Array(31), { rekeyAfterRecords: 1 }), TypeError)
  assert.throws(() => createOpener(crypto, new Uint8Array(0), { rekeyAfterRecords: 1 }), TypeError)
})
