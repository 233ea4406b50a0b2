import assert from 'node:assert/strict'
import test from 'node:test'
import { bytesText, harmless, millisecondsText, tableOf } from '../src/text.ts'

test('a table has one line for each row, its columns aligned', () => {
  assert.equal(
    tableOf(
      ['name', 'n'],
      [
        ['a', '10'],
        ['long name', '2'],
      ],
      [1]
    ),
    ['name        n', '─────────  ──', 'a          10', 'long name   2'].join('\n')
  )
})

test('text of a stranger cannot steer the terminal', () => {
  assert.equal(harmless('a\u001b[2Jb\u202ec\nd'), 'a\u{fffd}[2Jb\u{fffd}c\u{fffd}d')
  assert.equal(harmless('a\n\tb\r', true), 'a\n\tb\u{fffd}')
})

test('numbers come with their unit', () => {
  assert.deepEqual([0, 1023, 1024, 5 * 1024 ** 4].map(bytesText), ['0 B', '1023 B', '1.0 KiB', '5.0 TiB'])
  assert.deepEqual([1.25, 250.4, 12_345].map(millisecondsText), ['1.3 ms', '250 ms', '12.3 s'])
})
