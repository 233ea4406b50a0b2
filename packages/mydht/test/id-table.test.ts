/**
 * @module id-table.test
 * The table must do what a Map does, above all when ids collide and are removed from the middle of a run.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createIdTable } from '../src/id-table.ts'

test('does whatever a Map does, over any order of additions, replacements and removals', () => {
  const step = fc.record({
    add: fc.boolean(),
    id: fc.oneof(fc.nat(40), fc.constantFrom(2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1)),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const table = createIdTable<number>()
      const map = new Map<number, number>()
      for (const [value, { add, id }] of steps.entries()) {
        if (add) {
          table.set(id, value)
          map.set(id, value)
        } else assert.equal(table.delete(id), map.delete(id))
        assert.equal(table.size, map.size)
        assert.equal(table.get(id), map.get(id))
        assert.equal(table.has(id), map.has(id))
      }
      assert.deepEqual(new Map(table.entries()), map)
    })
  )
})

test('keeps its entries as it grows, and forgets all of them when it is cleared', () => {
  const table = createIdTable<string>()
  for (let id = 0; id < 5000; id++) table.set(id, `value ${id}`)
  for (let id = 0; id < 5000; id += 2) table.delete(id)
  assert.equal(table.size, 2500)
  assert.equal(table.get(4999), 'value 4999')
  assert.equal(table.get(4998), undefined)
  table.clear()
  assert.equal(table.size, 0)
  assert.equal(table.get(4999), undefined)
  assert.deepEqual(table.entries(), [])
})
