import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recalling } from '../src/recall.ts'

function counted(most: number): { readonly ask: (text: string) => string | undefined; readonly made: string[] } {
  const made: string[] = []
  const ask = recalling(most, (text) => {
    made.push(text)
    return text === 'nothing' ? undefined : text.toUpperCase()
  })
  return { ask, made }
}

test('undefined and long texts are made afresh each time', () => {
  const { ask, made } = counted(4)
  const long = 'x'.repeat(256)
  for (const text of ['nothing', 'nothing', long, long]) ask(text)
  assert.deepEqual(made, ['nothing', 'nothing', long, long])
})

test('what was asked lately is not made again, what was not for long is forgotten', () => {
  const { ask, made } = counted(2)
  for (const text of ['a', 'b', 'a', 'b']) assert.equal(ask(text), text.toUpperCase())
  assert.deepEqual(made, ['a', 'b'])
  for (const text of ['c', 'd', 'e', 'f', 'a']) assert.equal(ask(text), text.toUpperCase())
  assert.deepEqual(made, ['a', 'b', 'c', 'd', 'e', 'f', 'a'])
})
