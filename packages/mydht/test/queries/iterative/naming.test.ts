/** What a peer does that is asked in mode `iterative`, when things go wrong. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simpleRules } from '../../../src/queries/index.ts'
import type { QueryMessage } from '../../../src/wire/messages.ts'
import { searchRig, stranger, target } from '../../helpers/search-rig.ts'

const asker = stranger(50)
const known = Array.from({ length: 8 }, (_, i) => stranger(i).record())

const query: QueryMessage = {
  type: 'query',
  app: 'test',
  trace: 1n,
  id: 2n,
  mode: { type: 'iterative' },
  hops: 0,
  travelled: 1,
  fanOut: 20,
  results: 1,
  priority: 1,
  budget: 0,
  lifetimeMs: 3000,
  history: { keep: 'peers', limit: 0, peers: [] },
  body: target,
}

function asked(options: Parameters<typeof searchRig>[0] = {}): ReturnType<typeof searchRig> {
  const rig = searchRig(options)
  rig.engine.message(asker.ref, query)
  rig.routed([], known)
  return rig
}

test('it answers even where the rules want silence, or its asker would take it for dead', () => {
  const { said } = asked({ rules: simpleRules({ notFoundReplies: false }) })
  assert.deepEqual(
    said.map(({ message }) => message.type),
    ['contacts', 'answer']
  )
})

test('contacts that find a queue full wait for room', () => {
  const { said, engine } = asked()
  const [contacts] = said
  assert.ok(contacts)
  engine.undelivered(asker.ref, contacts.message, 'full')
  assert.equal(said.length, 2)
  engine.writable(asker.ref)
  assert.deepEqual(said[2], contacts)
})

test('of contacts that are too long for their asker the nearest are sent', () => {
  const { said, engine } = asked()
  const counts: number[] = []
  for (let last = said[0]; last?.message.type === 'contacts'; last = said.slice(2).at(-1)) {
    counts.push(last.message.records.length)
    if (last.message.records.length === 1) break
    engine.undelivered(asker.ref, last.message, 'too-long')
  }
  assert.deepEqual(counts, [8, 4, 2, 1])
  assert.deepEqual(said.at(-1)?.message, { type: 'contacts', app: 'test', id: 2n, records: known.slice(0, 1) })
  const [, , , one] = said
  const sentBefore = said.length
  if (one)
    engine.undelivered(asker.ref, { type: 'contacts', app: 'test', id: 2n, records: known.slice(0, 1) }, 'too-long')
  assert.equal(said.length, sentBefore)
})
