/** @module test/encodings/json — what only JSON can do wrong: fields too many or too few, prototypes, depth, and numbers of another kind. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8Bytes } from '../../src/bytes.ts'
import { createJson } from '../../src/encodings/json.ts'
import type { Decoded } from '../../src/wire/decoded.ts'
import type { WireMessage } from '../../src/wire/messages.ts'

const encoding = createJson()
const decode = (text: string): Decoded<WireMessage> => encoding.decode(utf8Bytes(text))
const codeOf = (text: string): string => {
  const decoded = decode(text)
  return decoded.ok ? 'ok' : decoded.code
}

test('a field too many or too few is refused', () => {
  for (const text of [
    '{"type":"ping"}',
    '{"type":"ping","nonce":1,"more":1}',
    '{"type":"ping","nonce":1,"__proto__":{}}',
    '{"type":"ping","__proto__":{"nonce":1}}',
    '{"type":"ping","constructor":1}',
    '{"type":"tell","app":"kv","toString":""}',
    '{"type":"query","app":"kv"}',
  ]) {
    assert.equal(codeOf(text), 'bad-value', text)
  }
})

test('a type that is none is refused, names of Object.prototype included', () => {
  for (const type of ['"nothing"', '"__proto__"', '"constructor"', '"toString"', '1', 'null', '["ping"]', '{}']) {
    assert.equal(codeOf(`{"type":${type},"nonce":1}`), 'unknown-type', type)
  }
  for (const text of ['null', '1', '"ping"', '[]', '["ping"]', 'true', '{}'])
    assert.equal(codeOf(text), 'unknown-type', text)
})

test('decoding leaves Object.prototype alone', () => {
  decode('{"type":"ping","nonce":1,"__proto__":{"polluted":1}}')
  decode('{"__proto__":{"polluted":1},"type":"direct"}')
  assert.equal('polluted' in {}, false)
})

test('numbers of another kind are refused', () => {
  for (const nonce of ['-1', '-0', '1.5', '4294967296', '1e400', '"1"', 'null', 'true', '[1]', '{}']) {
    assert.equal(codeOf(`{"type":"ping","nonce":${nonce}}`), 'bad-value', nonce)
  }
  for (const id of ['1', '"1"', '"000000000000000g"', '"000000000000000A"', '"00000000000000001"', 'null']) {
    assert.equal(codeOf(`{"type":"cancel","app":"kv","id":${id}}`), 'bad-value', id)
  }
})

test('what is no JSON, or not ASCII, is refused', () => {
  for (const text of [
    '',
    '{',
    '{"type":"ping","nonce":1',
    '{"type":"ping","nonce":01}',
    '{"type":"ping","nonce":1}x',
    '"\\',
    '\u007f',
    'ß',
  ]) {
    assert.equal(codeOf(text), 'bad-text', text)
  }
  assert.deepEqual(encoding.decode(Uint8Array.of(0x22, 0xc3, 0xbc, 0x22)), { ok: false, code: 'bad-text', at: 1 })
})

test('depth is refused where it is, before anything is made of it', () => {
  assert.deepEqual(decode('{"a":[{"b":[]}]}'), { ok: false, code: 'too-deep', at: 11 })
  assert.deepEqual(decode('['.repeat(1_000_000)), { ok: false, code: 'too-deep', at: 3 })
  assert.deepEqual(decode('{"a":'.repeat(200_000)), { ok: false, code: 'too-deep', at: 15 })
  // Brackets inside texts are no depth.
  assert.deepEqual(decode('{"type":"end","code":"[[[[{{{{\\"[[[["}'), {
    ok: true,
    value: { type: 'end', code: '[[[[{{{{"[[[[' },
  })
})

test('white space and order are free', () => {
  assert.deepEqual(decode(' { "nonce" : 1 ,\n "type":"ping" } '), { ok: true, value: { type: 'ping', nonce: 1 } })
})

test('bytes that are not the one base64url of themselves are refused', () => {
  for (const body of ['AB', 'AA==', 'A', 'A+A', 'A/A', '\\u00e9']) {
    assert.equal(codeOf(`{"type":"tell","app":"kv","body":"${body}"}`), 'bad-value', body)
  }
})
