import assert from 'node:assert/strict'
import test from 'node:test'
import { planDemo } from '../src/demo/plan.ts'
import { demoObject, succeeded } from '../src/demo/report.ts'
import type { DemoResult, FetchResult } from '../src/demo/report.ts'

const plan = planDemo({
  nodes: 4,
  topology: 'star',
  transport: 'memory',
  shadow: 'noise',
  encoding: 'binary',
  seed: 1,
  parallel: 2,
})
const good: FetchResult = { file: 'a', bytes: 10, node: 2, elapsedMs: 1, hops: 2, failure: undefined }
const bad: FetchResult = { ...good, file: 'b', hops: undefined, failure: 'it came with another SHA-256' }
const records = { published: 4, resolved: 4, failures: [] }
const result = (fetches: readonly FetchResult[], change: Partial<DemoResult> = {}): DemoResult => ({
  plan,
  connections: 3,
  fetches,
  records,
  elapsedMs: 12.4,
  ...change,
})

test('one file that failed is counted, has no part in the hops, and makes the demo a failure', () => {
  const { files, bytes, fetched, failed, hops } = demoObject(result([good, bad, { ...good, hops: 5 }]))
  assert.deepEqual(
    { files, bytes, fetched, failed, hops },
    { files: 3, bytes: 30, fetched: 2, failed: 1, hops: { min: 2, mean: 3.5, max: 5 } }
  )
  assert.equal(succeeded(result([good, bad])), false)
  assert.equal(succeeded(result([good])), true)
})

test('a record that was not resolved makes the demo a failure', () => {
  assert.equal(succeeded(result([good], { records: { ...records, resolved: 3 } })), false)
})

test('when nothing was fetched the hops are zeros, not infinities', () => {
  assert.deepEqual(demoObject(result([bad]))['hops'], { min: 0, mean: 0, max: 0 })
})
