/** @module test/apps/kv-protocol — The vectors of kv in docs/PROTOCOL.md and the code say the same. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { utf8Bytes } from '../../src/bytes.ts'
import { immutableKey, keyToBytes, mutableKey, openKey } from '../../src/apps/kv/key.ts'
import { questionOf } from '../../src/apps/kv/question.ts'
import {
  encodeCarried,
  encodeRecord,
  isSignatureValid,
  keyOfRecord,
  recordContext,
  signedFields,
  type KvRecord,
} from '../../src/apps/kv/records.ts'
import { createIdentity } from '../../src/identity/keys.ts'

// From packages/mydht/dist/test/apps/ to the root of the repository.
const text = readFileSync(new URL('../../../../../docs/PROTOCOL.md', import.meta.url), 'utf8')
const rows = (/^### Vectors of kv$([\s\S]*?)(?:^#|(?![\s\S]))/m.exec(text)?.[1] ?? '')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| what'))
  .map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.replaceAll('`', '').trim())
  )

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const author = createIdentity(new Uint8Array(32).fill(1), 'mydht')
const value = utf8Bytes('hello')
const facts = { publisher: author.id, name: 'status', value, sequence: 1, expiresAtMs: 1_700_003_600_000 }
const mutable: KvRecord = {
  kind: 'mutable',
  ...facts,
  signature: author.sign(recordContext('kv'), ...signedFields(facts)),
}
const immutable: KvRecord = { kind: 'immutable', value }
const open: KvRecord = { kind: 'open', name: 'status', value, sequence: 1_700_000_000_000 }

const made: readonly (readonly [string, string])[] = [
  ['key, immutable', hex(keyToBytes(immutableKey(value)))],
  ['key, mutable', hex(keyToBytes(mutableKey(author.id, 'status')))],
  ['key, open', hex(keyToBytes(openKey('status')))],
  ['question', hex(questionOf(immutableKey(value)))],
  ['record, immutable', hex(encodeRecord(immutable))],
  ['record, mutable', hex(encodeRecord(mutable))],
  ['record, open', hex(encodeRecord(open))],
  ['carried', hex(encodeCarried(60_000, encodeRecord(immutable)))],
]

test('the vectors of kv in docs/PROTOCOL.md are what the code writes', () => {
  assert.deepEqual(rows, made)
})

test('the signature of the vector verifies, in its own network and app only', () => {
  assert.ok(isSignatureValid(mutable, 'kv', 'mydht'))
  assert.ok(!isSignatureValid(mutable, 'kv', 'other'))
  assert.ok(!isSignatureValid(mutable, 'notes', 'mydht'))
  assert.equal(keyOfRecord(mutable), mutableKey(author.id, 'status'))
})
