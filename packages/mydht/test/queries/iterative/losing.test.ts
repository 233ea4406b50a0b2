/** Hops of a search that cannot be reached, are late or say nothing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forged, nearest, pick, searchRig, stranger } from '../../helpers/search-rig.ts'

const old = 'tcp://127.0.0.1:1'
const true_ = 'tcp://127.0.0.1:2'

/** A search that dials `moved` by an old record, which leads nowhere in time, and then by a true one. */
function dialledTwice() {
  const [friend, moved] = [stranger(0), stranger(1)]
  const rig = searchRig()
  rig.ask([friend.ref], [])
  rig.names(friend, [moved.record(old), moved.record(true_)])
  rig.answersWith(friend)
  rig.pass(3000)
  return { rig, moved }
}

test('a record that leads nowhere in time is followed by the next one that was named', () => {
  const { rig, moved } = dialledTwice()
  assert.equal(rig.dials.length, 2)
  rig.reached(1, moved)
  rig.answersWith(moved)
  assert.deepEqual([rig.outcome()?.reason, rig.outcome()?.closest?.length, rig.outcome()?.failed], ['exhausted', 2, 0])
})

test('the late end of one dial does not make us deaf to who was reached by another', () => {
  const { rig, moved } = dialledTwice()
  rig.reached(1, moved)
  rig.reached(0)
  rig.answersWith(moved, { answers: [{ from: undefined, hops: 1, body: Uint8Array.of(1) }] })
  assert.equal(rig.answers.length, 1)
})

test('whoever was reached by a dial that was given up is asked all the same, and once', () => {
  const [friend, slow, other] = [stranger(0), stranger(1), stranger(2)]
  const rig = searchRig()
  rig.ask([friend.ref, other.ref], [])
  rig.names(friend, [slow.record()])
  rig.answersWith(friend)
  rig.pass(2999)
  rig.answersWith(other)
  rig.pass(1)
  assert.equal(rig.outcome()?.failed, 1)
  const late = searchRig()
  late.ask([friend.ref, other.ref], [])
  late.names(friend, [slow.record(old), slow.record(true_)])
  late.answersWith(friend)
  late.pass(2999)
  late.answersWith(other)
  late.pass(1)
  late.reached(0, slow)
  late.reached(1, slow)
  assert.equal(late.queries().filter(({ to }) => to.id === slow.ref.id).length, 1)
  late.answersWith(slow)
  assert.deepEqual([late.outcome()?.failed, late.outcome()?.closest?.length], [0, 3])
})

test('a peer that refuses again and again counts as failed once', () => {
  const [rude, other] = [stranger(0), stranger(1)]
  const rig = searchRig()
  rig.ask([rude.ref, other.ref], [])
  for (let i = 0; i < 5; i++) rig.answersWith(rude, { reason: 'refused' })
  rig.answersWith(other)
  assert.equal(rig.outcome()?.failed, 1)
})

test('a search ends when the nearest have answered, whoever far away is silent still', () => {
  const strangers = nearest(4)
  const rig = searchRig({ limits: { searchWidth: 2 } })
  const far = pick(strangers, 3)
  const friend = pick(strangers, 2)
  rig.ask([far.ref, friend.ref], [], { fanOut: 3 })
  rig.names(friend, [pick(strangers, 0).record(), pick(strangers, 1).record()])
  rig.answersWith(friend)
  for (const at of [0, 1]) rig.reached(at, pick(strangers, at))
  rig.answersWith(pick(strangers, 0))
  assert.equal(rig.outcome(), undefined)
  rig.answersWith(pick(strangers, 1))
  assert.deepEqual(
    rig.outcome()?.closest?.map(({ id }) => id),
    [pick(strangers, 0).ref.id, pick(strangers, 1).ref.id]
  )
  assert.equal(rig.outcome()?.reason, 'exhausted')
})

test('a forged record before the true one costs no dial, and the true one counts with its own address block', () => {
  const strangers = nearest(6)
  const friend = pick(strangers, 5)
  const rig = searchRig({ limits: { maxPerBlockInSearch: 1 } })
  rig.ask([friend.ref], [], { fanOut: 9 })
  const honest = strangers.slice(0, 5)
  // All in one block, says the liar; each in another, they say themselves.
  const records = honest.flatMap((one, i) => [forged(one.record('tcp://8.8.8.8:1')), one.record(`tcp://8.8.${i}.8:1`)])
  rig.names(friend, records)
  rig.answersWith(friend)
  assert.equal(rig.dials.length, 5)
})

test('peers of one block do not escape its bound by a first record that says another', () => {
  const strangers = nearest(6)
  const friend = pick(strangers, 5)
  const rig = searchRig({ limits: { maxPerBlockInSearch: 2 } })
  rig.ask([friend.ref], [], { fanOut: 9 })
  const sybils = strangers.slice(0, 5)
  rig.names(
    friend,
    sybils.flatMap((one, i) => [one.record(`tcp://10.0.0.${i + 1}:1`), one.record('tcp://8.8.8.8:1')])
  )
  rig.answersWith(friend)
  assert.equal(rig.dials.length, 5)
  for (let at = 0; at < 5; at++) rig.reached(at)
  assert.equal(rig.dials.length, 7)
  for (let at = 5; at < 7; at++) rig.reached(at, pick(strangers, at - 5))
  for (let at = 0; at < 2; at++) rig.answersWith(pick(strangers, at))
  assert.equal(rig.outcome()?.closest?.length, 3)
})
