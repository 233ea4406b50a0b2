import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Queue } from '../../../src/service/channels/queue.ts'
import { seededRandom } from '../../../src/random.ts'

test('an empty queue throws on peek and take instead of giving undefined', () => {
  const queue = new Queue<number>(2)
  assert.throws(() => queue.take(), RangeError)
  assert.throws(() => queue.peek(), RangeError)
})

test('a full queue refuses, and takes again when one has left', () => {
  const queue = new Queue<number>(3)
  assert.deepEqual(
    [1, 2, 3, 4].map((item) => queue.push(item)),
    [true, true, true, false]
  )
  assert.equal(queue.take(), 1)
  assert.equal(queue.push(5), true)
  assert.deepEqual(queue.drain(), [2, 3, 5])
  assert.equal(queue.length, 0)
})

test('undefined is an item like any other', () => {
  const queue = new Queue<number | undefined>(2)
  queue.push(undefined)
  queue.push(1)
  assert.equal(queue.length, 2)
  assert.equal(queue.take(), undefined)
  assert.equal(queue.take(), 1)
})

test('it behaves as a plain list through growth and wrap-around, whatever its bound', () => {
  const random = seededRandom(7)
  for (const limit of [1, 2, 7, 8, 9, 100]) {
    const queue = new Queue<number>(limit)
    const model: number[] = []
    for (let i = 0; i < 3000; i++) {
      if (random.below(100) < 55) {
        assert.equal(queue.push(i), model.length < limit)
        if (model.length < limit) model.push(i)
      } else if (model.length > 0) assert.equal(queue.take(), model.shift())
      assert.equal(queue.length, model.length)
    }
    assert.deepEqual(queue.drain(), model)
  }
})
