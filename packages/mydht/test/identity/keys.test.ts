import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createIdentity, isValidPeerId, signedBytes, verifySigned } from '../../src/identity/keys.ts'
import { peerIdFromBytes } from '../../src/identity/peer-id.ts'
import { unhex, vectorsAt } from '../helpers/vectors.ts'

const me = createIdentity(new Uint8Array(32).fill(1), 'net')

test('a signature holds for its signer, context, network and fields, and for nothing else', () => {
  const signature = me.sign('mydht/1 test', 'a', Uint8Array.of(1, 2))
  const good = { signer: me.id, context: 'mydht/1 test', network: 'net', fields: ['a', Uint8Array.of(1, 2)], signature }
  assert.equal(verifySigned(good), true)
  const other = createIdentity(new Uint8Array(32).fill(2), 'net').id
  const weak = peerIdFromBytes(new Uint8Array(32))
  const bad = [
    { ...good, signer: other },
    { ...good, signer: weak },
    { ...good, context: 'mydht/1 tests' },
    { ...good, network: 'ne' },
    { ...good, fields: ['a', Uint8Array.of(1), Uint8Array.of(2)] },
    { ...good, fields: ['a'] },
    { ...good, fields: [] },
    { ...good, signature: signature.map((byte, i) => (i === 0 ? byte ^ 1 : byte)) },
    { ...good, signature: signature.subarray(0, 63) },
    { ...good, signature: new Uint8Array(0) },
  ]
  for (const statement of bad) assert.equal(verifySigned(statement), false)
})

test('different lists of fields are different bytes', () => {
  const field = fc.uint8Array({ maxLength: 6 })
  const list = fc.tuple(
    fc.string({ minLength: 1, maxLength: 3 }),
    fc.string({ maxLength: 3 }),
    fc.array(field, { maxLength: 4 })
  )
  fc.assert(
    fc.property(list, list, (a, b) => {
      const same = JSON.stringify(a, plain) === JSON.stringify(b, plain)
      assert.equal(Buffer.compare(signedBytes(...a), signedBytes(...b)) === 0, same)
    })
  )
  assert.notDeepEqual(signedBytes('c', 'n', ['ab', 'c']), signedBytes('c', 'n', ['a', 'bc']))
  assert.notDeepEqual(signedBytes('c', 'n', []), signedBytes('c', 'n', ['']))
})

test('the bytes under a signature are laid out as documented', () => {
  const expected = '00000001' + '63' + '00000002' + '6e65' + '00000000' + '00000001' + '07'
  assert.equal(Buffer.from(signedBytes('c', 'ne', ['', Uint8Array.of(7)])).toString('hex'), expected)
})

test('a seed always gives the same identity; missing names and wrong seeds are a TypeError', () => {
  assert.equal(createIdentity(new Uint8Array(32).fill(1), 'net').id, me.id)
  assert.deepEqual(peerIdFromBytes(me.publicKey), me.id)
  assert.throws(() => createIdentity(new Uint8Array(31), 'net'), TypeError)
  assert.throws(() => createIdentity(new Uint8Array(32), ''), TypeError)
  assert.throws(() => me.sign(''), TypeError)
  assert.equal(JSON.stringify(me).includes('secret'), false)
})

test('a PeerId of small order or in a second encoding is no valid one', () => {
  assert.equal(isValidPeerId(me.id), true)
  const vectors = vectorsAt<Readonly<Record<string, readonly string[]>>>('ed25519.json')
  for (const kind of ['smallOrder', 'smallOrderNonCanonical', 'nonCanonical', 'offCurve', 'mixedOrder']) {
    for (const hex of vectors[kind] ?? assert.fail(kind))
      assert.equal(isValidPeerId(peerIdFromBytes(unhex(hex))), false)
  }
})

function plain(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? [...value] : value
}
