/** @module test/apps/kv/acknowledge: when a holder says that it holds something. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAcknowledgements } from '../../../src/apps/kv/acknowledge.ts'

function made(most: number) {
  const flushes: ((isDurable: boolean) => void)[] = []
  const told: string[] = []
  const acknowledgements = createAcknowledgements(most, (tell) => void flushes.push(tell))
  const wait = (name: string): void => acknowledgements.whenKept((isDurable) => void told.push(`${name} ${isDurable}`))
  return { acknowledgements, flushes, told, wait }
}

test('one that finds too many waiting is told no at once, and there is room again when they were told', () => {
  const { acknowledgements, flushes, told, wait } = made(2)
  wait('a')
  wait('b')
  assert.equal(acknowledgements.isFull, true)
  wait('c')
  assert.deepEqual(told, ['c false'])
  flushes[0]?.(true)
  assert.equal(acknowledgements.isFull, false)
})

test('a disk that refuses is told to all who waited for that write, and the next write is another', () => {
  const { flushes, told, wait } = made(9)
  wait('a')
  wait('b')
  flushes[0]?.(false)
  flushes[1]?.(true)
  assert.deepEqual(told, ['a false', 'b true'])
})

test('those that come while a write is under way share the next, because the first may not have them', () => {
  const { flushes, told, wait } = made(9)
  for (const name of ['a', 'b', 'c']) wait(name)
  assert.equal(flushes.length, 1)
  flushes[0]?.(true)
  assert.deepEqual([flushes.length, told], [2, ['a true']])
  flushes[1]?.(true)
  assert.deepEqual([flushes.length, told.length], [2, 3])
})

test('where memory counts, nobody waits', () => {
  const told: boolean[] = []
  const acknowledgements = createAcknowledgements(1, undefined)
  for (let i = 0; i < 3; i++) acknowledgements.whenKept((isDurable) => void told.push(isDurable))
  assert.deepEqual([told, acknowledgements.isFull], [[true, true, true], false])
})
