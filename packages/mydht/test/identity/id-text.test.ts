import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeId, encodeId } from '../../src/identity/id-text.ts'

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'

/** RFC 4648, section 6, bit by bit: what the tables must agree with. */
function slowly(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  const groups = bits.padEnd(260, '0').match(/.{5}/g) ?? []
  return groups.map((group) => alphabet[Number.parseInt(group, 2)]).join('')
}

const id = fc.uint8Array({ minLength: 32, maxLength: 32 })

test('texts of another length, with other letters or with spare bits are no ids', () => {
  const good = encodeId(new Uint8Array(32).fill(0x5a))
  for (const bad of ['', good.slice(1), `${good}a`, good.toUpperCase(), `${good.slice(0, 51)}b`]) {
    assert.equal(decodeId(bad), undefined, bad)
  }
  for (const bytes of [new Uint8Array(31), new Uint8Array(33)]) assert.throws(() => encodeId(bytes), TypeError)
})

test('one wrong letter anywhere makes it no id, ASCII or not', () => {
  const letter = fc.oneof(
    fc.constantFrom('0', '1', '8', '9', '=', ' ', 'A', 'Z', '\u0000', '\u007f', '\u0080', '\u00e1', '\u0161', '\uffff'),
    fc
      .string({ minLength: 1, maxLength: 1, unit: 'binary' })
      .filter((one) => one.length === 1 && !alphabet.includes(one))
  )
  fc.assert(
    fc.property(id, fc.nat(51), letter, (bytes, at, wrong) => {
      const text = encodeId(bytes)
      assert.equal(decodeId(text.slice(0, at) + wrong + text.slice(at + 1)), undefined)
    })
  )
})

test('every id has the text that RFC 4648 says, and comes back from it; no other text gives it', () => {
  fc.assert(
    fc.property(id, fc.constantFrom(...Array.from(alphabet)), (bytes, last) => {
      const text = encodeId(bytes)
      assert.equal(text, slowly(bytes))
      assert.deepEqual(decodeId(text), bytes)
      const other = text.slice(0, 51) + last
      const back = decodeId(other)
      if (back !== undefined) assert.equal(encodeId(back), other)
    })
  )
})

test('a Buffer is as good as any other bytes', () => {
  const bytes = Buffer.alloc(40, 7).subarray(3, 35)
  assert.equal(encodeId(bytes), slowly(bytes))
})
