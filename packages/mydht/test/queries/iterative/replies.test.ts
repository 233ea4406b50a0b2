/** What the hops of a search say, and how much of it is listened to. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearest, pick, searchRig, stranger } from '../../helpers/search-rig.ts'

test('who was given up for rubbish is not checked any more', () => {
  const [liar, other] = [stranger(0), stranger(1)]
  const rig = searchRig()
  rig.ask([liar.ref, other.ref], [])
  const rubbish = Array.from({ length: 60 }, () => ({ from: undefined, hops: 1, body: Uint8Array.of(9) }))
  for (let i = 0; i < 5; i++) rig.answersWith(liar, { answers: rubbish, closed: 0 })
  assert.equal(rig.checks(), 9)
  rig.answersWith(other)
  assert.deepEqual([rig.outcome()?.failed, rig.outcome()?.invalid], [1, 9])
})

test('how much rubbish is checked, and by how many records a peer is dialled, are options', () => {
  const [liar, moved] = [stranger(0), stranger(1)]
  const rig = searchRig({ limits: { maxInvalidPerBranch: 2, maxWays: 1 } })
  rig.ask([liar.ref], [])
  rig.names(liar, [moved.record('tcp://127.0.0.1:1'), moved.record('tcp://127.0.0.1:2')])
  const rubbish = Array.from({ length: 60 }, () => ({ from: undefined, hops: 1, body: Uint8Array.of(9) }))
  rig.answersWith(liar, { answers: rubbish })
  assert.equal(rig.checks(), 3)
  rig.reached(0)
  assert.equal(rig.dials.length, 1)
})

test('contacts that come after the answer are followed all the same', () => {
  const [friend, other, hidden] = [stranger(0), stranger(1), stranger(2)]
  const rig = searchRig()
  rig.ask([friend.ref, other.ref], [])
  rig.answersWith(friend)
  rig.names(friend, [hidden.record()])
  assert.equal(rig.dials.length, 1)
})

test('of who is nearest, a record is handed out only if it was checked', () => {
  const [friend, named] = [stranger(0), stranger(1)]
  const rig = searchRig()
  rig.ask([friend.ref, named.ref], [])
  rig.names(friend, [named.record('tcp://127.0.0.1:7')])
  rig.answersWith(friend)
  rig.answersWith(named)
  assert.deepEqual(
    rig.outcome()?.closest?.map(({ record }) => record),
    [undefined, undefined]
  )
})

test('what our own route knows is dealt out to all paths, whoever of them is connected', () => {
  const strangers = nearest(8)
  const connected = strangers.filter((_, at) => at % 2 === 0)
  const rig = searchRig()
  rig.ask(
    connected.map(({ ref }) => ref),
    strangers.map((one) => one.record()),
    { paths: 2, fanOut: 8 }
  )
  // Four at a time on each of two paths: with all others on one path, a dial would wait.
  assert.equal(rig.queries().length + rig.dials.length, 8)
})

test('a path that hears of endless peers drives out nobody of another path', () => {
  const strangers = nearest(40)
  const liar = pick(strangers, 39)
  const honest = pick(strangers, 38)
  const rig = searchRig({ limits: { maxShortlist: 12, searchWidth: 20 } })
  rig.ask([liar.ref, honest.ref], [], { paths: 2, fanOut: 2 })
  rig.names(honest, [pick(strangers, 37).record(), pick(strangers, 36).record()])
  rig.names(
    liar,
    strangers.slice(0, 20).map((one) => one.record())
  )
  rig.answersWith(honest)
  const dialled = rig.dials.map(({ record }) => Buffer.from(record).toString('hex'))
  assert.deepEqual(dialled, [Buffer.from(pick(strangers, 36).record()).toString('hex')])
})
