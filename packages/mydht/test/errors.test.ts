/** docs/ERRORS.md explains every code that an error can have, once, and no other. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { MyDhtError, toMyDhtError } from '../src/errors.ts'

// Compiled, this file lies in packages/mydht/dist/test.
const source = await readFile(new URL('../../src/errors.ts', import.meta.url), 'utf8')
const page = await readFile(new URL('../../../../docs/ERRORS.md', import.meta.url), 'utf8')

const codes = [...source.matchAll(/^\s+\| '(MYDHT_[A-Z_]+)'$/gm)].map(([, code]) => code ?? '')
const headings = [...page.matchAll(/^#+ +`?(MYDHT_[A-Z_]+)`?\s*$/gm)].map(([, code]) => code ?? '')

test('there are codes to look for', () => assert.ok(codes.length > 25, `${codes.length}`))

test('every code has one heading in docs/ERRORS.md, and every heading is a code', () => {
  assert.deepEqual(headings.toSorted(), codes.toSorted())
})

test('every heading has something to say', () => {
  for (const part of page.split(/^#+ +(?=`?MYDHT_)/m).slice(1)) {
    const [heading = '', ...text] = part.split('\n')
    assert.ok(text.join(' ').trim().length > 40, heading)
  }
})

test('an error is known by its code, also one of another copy of the package', () => {
  const error = new MyDhtError('MYDHT_FULL', 'full', { cause: 1, details: { limit: 3 } })
  assert.ok(MyDhtError.is(error) && MyDhtError.is(error, 'MYDHT_FULL') && !MyDhtError.is(error, 'MYDHT_BUSY'))
  const copy = Object.assign(new Error('full'), { code: 'MYDHT_FULL' })
  Object.defineProperty(copy, Symbol.for('mydht.error'), { value: true })
  assert.ok(MyDhtError.is(copy, 'MYDHT_FULL'))
  for (const other of [undefined, null, 'MYDHT_FULL', { code: 'MYDHT_FULL' }, new Error('x')])
    assert.equal(MyDhtError.is(other), false)
  assert.equal(toMyDhtError(error, 'MYDHT_BUSY', 'anything'), error)
  const made = toMyDhtError(new Error('why'), 'MYDHT_BUSY', 'what')
  assert.deepEqual([made.code, made.message], ['MYDHT_BUSY', 'what: why'])
})
