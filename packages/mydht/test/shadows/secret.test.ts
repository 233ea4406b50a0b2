import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MyDhtError } from '../../src/errors.ts'
import { realise } from '../../src/part.ts'
import { systemRandom as random } from '../../src/random.ts'
import { createNoise } from '../../src/shadows/noise.ts'
import { createSecret, secret } from '../../src/shadows/secret.ts'
import type { SecretOptions } from '../../src/shadows/secret.ts'
import type { Role, ShadowFactory, ShadowHandshake } from '../../src/shadows/shadow.ts'

const key = new Uint8Array(32).fill(8)
const prologue = new Uint8Array(5)

function begin(factory: ShadowFactory, role: Role, network = 'club'): ShadowHandshake {
  return factory({ network, staticSecret: random.bytes(32) }).begin({ role, prologue, random })
}

test('a stranger gets no answer: message 1 without the key is refused', () => {
  const strangers: readonly ShadowHandshake[] = [
    begin(createNoise(), 'initiator'),
    begin(createSecret({ key: new Uint8Array(32) }), 'initiator'),
    begin(createSecret({ key }), 'initiator', 'another network'),
    begin(createSecret({ passphrase: 'a passphrase, not the key' }), 'initiator'),
  ]
  for (const stranger of strangers) {
    const member = begin(createSecret({ key }), 'responder')
    assert.equal(member.read(stranger.write(new Uint8Array(0))), undefined)
  }
})

test('the same letters make the same key, however they were typed', () => {
  const one = begin(createSecret({ passphrase: 'caf\u00e9 au lait, please' }), 'initiator')
  const two = begin(createSecret({ passphrase: 'cafe\u0301 au lait, please' }), 'responder')
  assert.ok(two.read(one.write(new Uint8Array(0))))
})

test('a poor secret is refused at once, with advice', () => {
  const poor: readonly SecretOptions[] = [{ key: new Uint8Array(31) }, { passphrase: 'short' }, { passphrase: '' }]
  for (const options of poor) {
    assert.throws(
      () => secret(options),
      (error) => MyDhtError.is(error, 'MYDHT_BAD_CONFIG') && /random/.test(error.message)
    )
  }
})

test('the part is plain data and names its factory', () => {
  const blueprint = secret({ key })
  assert.equal(blueprint.export, 'createSecret')
  assert.deepEqual(structuredClone({ ...blueprint, options: blueprint.options }).options, { key })
  const shadow = realise(blueprint)({ network: 'club', staticSecret: random.bytes(32) })
  assert.deepEqual([shadow.id, shadow.name, shadow.sealed, shadow.hidesNetwork], [2, 'secret', true, true])
})
