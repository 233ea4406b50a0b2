/** What a table looks for by itself, and when. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { peerIdFromBytes } from '../../src/identity/peer-id.ts'
import { seededRandom } from '../../src/random.ts'
import { defaultKademlia } from '../../src/routes/defaults.ts'
import { createSchedule, type Schedule } from '../../src/routes/kademlia-schedule.ts'
import { createKademliaTable, type KademliaTable } from '../../src/routes/kademlia-table.ts'
import { sharedBits } from '../../src/routes/xor.ts'

const own = new Uint8Array(32)

function made(): { readonly table: KademliaTable; readonly schedule: Schedule; grow(this: void, count: number): void } {
  const random = seededRandom(1)
  const table = createKademliaTable(own, defaultKademlia, 0)
  return {
    table,
    schedule: createSchedule(own, table, defaultKademlia.fillWidth, random),
    /** `count` contacts that share four bits with us, and one that shares none. */
    grow(count) {
      for (let i = 0; i <= count; i++) {
        const key = random.bytes(32)
        key[0] = i === count ? 0xff : (key[0] ?? 0) & 0x0f
        table.seen({ id: peerIdFromBytes(key), key, record: new Uint8Array(1), blocks: [] }, 0)
      }
    },
  }
}

/** The ranges looked into in so many rounds of a second. */
function rounds(schedule: Schedule, from: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => schedule.due(true, (from + i) * 1000)).flatMap((due) =>
    due.map(({ key }) => sharedBits(own, key))
  )
}

test('ranges are filled when the first search takes longer than a round, each once', () => {
  const { table, schedule, grow } = made()
  assert.deepEqual(rounds(schedule, 0, 3), [256])
  grow(30)
  const looked = rounds(schedule, 3, 60)
  assert.deepEqual(
    looked.toSorted((a, b) => a - b),
    table.openRanges()
  )
  assert.ok(looked.length >= 4)
  assert.deepEqual(rounds(schedule, 63, 60), [])
})

test('who was alone and has company again begins anew', () => {
  const { schedule, grow } = made()
  grow(30)
  const first = rounds(schedule, 0, 20)
  assert.deepEqual(schedule.due(false, 20_000), [])
  assert.deepEqual(rounds(schedule, 21, 20), first)
})
