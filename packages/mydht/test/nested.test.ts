import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findNested, replaceNested } from '../src/nested.ts'

class Wanted {
  readonly inner: unknown
  constructor(inner?: unknown) {
    this.inner = inner
  }
}
const wanted = (value: unknown): value is Wanted => value instanceof Wanted
const nest = (levels: number, leaf: unknown): unknown => (levels === 0 ? leaf : { deeper: nest(levels - 1, leaf) })

test('data that leads back to itself is walked once, and keeps its circle', () => {
  const one = new Wanted()
  const data: Record<string, unknown> = { one }
  data['self'] = [data]
  assert.deepEqual([...findNested(data, wanted)], [one])
  const replaced = replaceNested(data, new Map([[one, 'new']]))
  assert.ok(typeof replaced === 'object' && replaced !== null && 'one' in replaced && 'self' in replaced)
  assert.equal(replaced.one, 'new')
  assert.ok(Array.isArray(replaced.self) && replaced.self[0] === data)
})

test('what is deeper than configuration nests is left alone', () => {
  assert.equal(findNested(nest(16, new Wanted()), wanted).size, 1)
  assert.equal(findNested(nest(17, new Wanted()), wanted).size, 0)
  const one = new Wanted()
  const deep = nest(17, one)
  assert.equal(replaceNested(deep, new Map([[one, 1]])), deep)
})

test('arrays, plain objects and maps are looked into; instances, bytes and what is wanted are not', () => {
  const found = new Wanted(new Wanted())
  const data = { list: [1, found], map: new Map([['key', { found }]]), bytes: new Uint8Array(3), date: new Date(0) }
  assert.deepEqual([...findNested(data, wanted)], [found])
  assert.deepEqual(replaceNested(data, new Map([[found, 'new']])), {
    list: [1, 'new'],
    map: new Map([['key', { found: 'new' }]]),
    bytes: new Uint8Array(3),
    date: new Date(0),
  })
})

test('what holds nothing to replace is the same object as before, and __proto__ stays a name', () => {
  const found = new Wanted()
  const untouched = { list: [1, 2], map: new Map([[1, 2]]) }
  const odd: unknown = Object.fromEntries([
    ['__proto__', found],
    ['untouched', untouched],
  ])
  const replaced = replaceNested(odd, new Map([[found, 'new']]))
  assert.ok(typeof replaced === 'object' && replaced !== null && 'untouched' in replaced)
  assert.equal(replaced.untouched, untouched)
  assert.deepEqual(Object.getOwnPropertyDescriptor(replaced, '__proto__')?.value, 'new')
  assert.equal(Object.getPrototypeOf(replaced), Object.prototype)
})
