import assert from 'node:assert/strict'
import test from 'node:test'
import { bytesText, countText, durationText, harmless, millisecondsText, tableOf } from '../src/text.ts'

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

test('counts are short, and never round into another length', () => {
  const said = [0, 0.04, 1.25, 9.96, 950, 9999.4, 9999.6, 12_345, 99_960, 456_499, 999_600, 7_890_000, 123_000_000]
  assert.deepEqual(said.map(countText), [
    '0',
    '0.0',
    '1.3',
    '10',
    '950',
    '9999',
    '10.0 k',
    '12.3 k',
    '100 k',
    '456 k',
    '1.00 M',
    '7.89 M',
    '123 M',
  ])
})

test('a duration is said in its two largest units', () => {
  const second = 1000
  const said = [0, 999, 3 * second, 65 * second, 3600 * second, 7800 * second, 100 * 3600 * second].map(durationText)
  assert.deepEqual(said, ['0 s', '0 s', '3 s', '1 min 5 s', '1 h', '2 h 10 min', '4 d 4 h'])
})
