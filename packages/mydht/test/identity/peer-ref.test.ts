/** @module test/identity/peer-ref — the three kinds of references, on their way and after it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { maxLocalPeers } from '../../src/identity/defaults.ts'
import { localPeerRef } from '../../src/identity/local-peers.ts'
import { peerIdFromBytes, type PeerId } from '../../src/identity/peer-id.ts'
import {
  maxPeerRefBytes,
  peerRefEnd,
  plainWithPeers,
  readPeerRef,
  writePeerRef,
} from '../../src/identity/peer-ref-codec.ts'
import { formOf, formedPeerRef, peerRef, type PeerRef } from '../../src/identity/peer-ref.ts'
import { createSharedPeers, sharedPeerRef, type SharedPeers } from '../../src/identity/peer-table-shared.ts'
import { seededRandom } from '../../src/random.ts'

const random = seededRandom(1)
const idOf = (number: number): PeerId =>
  peerIdFromBytes(new Uint8Array(32).fill(number % 256, 0, 31).fill(number >>> 8, 31))

function bytesOf(peer: PeerRef): Uint8Array {
  const into = new Uint8Array(maxPeerRefBytes)
  return into.subarray(0, writePeerRef(peer, into, 0))
}
const there = (peer: PeerRef): PeerRef => readPeerRef(bytesOf(peer), 0)

function table(t: { after: (run: () => void) => void }, capacity: number): SharedPeers {
  const made = createSharedPeers(random, capacity)
  t.after(() => made.close())
  return made
}

test('bytes that are no reference are refused', () => {
  const whole = bytesOf(peerRef(idOf(1)))
  for (let cut = 0; cut < whole.length; cut++)
    assert.throws(() => readPeerRef(whole.subarray(0, cut), 0), { code: 'MYDHT_BAD_MESSAGE' })
  assert.throws(() => peerRefEnd(Uint8Array.of(3, ...new Uint8Array(32)), 0), { code: 'MYDHT_BAD_MESSAGE' })
  // A forged id in a reference is our own mistake.
  const forged: PeerRef = JSON.parse('{ "id": "nobody" }')
  assert.throws(() => bytesOf(forged), TypeError)
})

test('a table that nobody shares with this thread is named in the error', () => {
  const stray = formedPeerRef(idOf(1), { kind: 'shared', table: 77, slot: 0, generation: 2 })
  assert.throws(() => there(stray), { code: 'MYDHT_BAD_MESSAGE', message: /table of peers 77/ })
})

test('copied: 33 bytes, and an object of its own at each crossing', () => {
  const peer = peerRef(idOf(7))
  assert.equal(bytesOf(peer).length, 33)
  assert.deepEqual(there(peer), peer)
  assert.notEqual(there(peer), there(peer))
  assert.equal(formOf(there(peer)), undefined)
})

test('local: 33 bytes, and one object for a peer, however often it comes', () => {
  const peer = localPeerRef(idOf(8))
  assert.equal(bytesOf(peer).length, 33)
  assert.equal(there(peer), peer)
  assert.equal(there(formedPeerRef(idOf(9), { kind: 'local' })), localPeerRef(idOf(9)))
  assert.notEqual(there(peer), localPeerRef(idOf(9)))
})

test('local: the table of this thread is bounded, and forgets who came first', () => {
  const first = localPeerRef(idOf(10))
  for (let i = 0; i < maxLocalPeers; i++) localPeerRef(peerIdFromBytes(random.bytes(32)))
  assert.notEqual(localPeerRef(idOf(10)), first)
  assert.deepEqual(localPeerRef(idOf(10)), first)
})

test('shared: 13 bytes, one object for a peer in its own thread', (t) => {
  const peers = table(t, 4)
  const peer = peers.hold(idOf(1))
  assert.equal(bytesOf(peer).length, 13)
  assert.equal(there(peer), peer)
  assert.equal(peers.hold(idOf(1)), peer)
  assert.equal(peers.held, 1)
})

test('shared: where all slots are held, a reference is a copied one', (t) => {
  const peers = table(t, 2)
  peers.hold(idOf(1))
  peers.hold(idOf(2))
  const third = peers.hold(idOf(3))
  assert.equal(formOf(third), undefined)
  peers.drop(idOf(3))
  assert.equal(peers.held, 2)
})

test('shared: a slot is used again only when all others have been, the one that is out of use longest first', (t) => {
  const peers = table(t, 3)
  const slotOf = (peer: PeerRef): number | undefined => {
    const form = formOf(peer)
    return form?.kind === 'shared' ? form.slot : undefined
  }
  const [one, two] = [peers.hold(idOf(1)), peers.hold(idOf(2))]
  peers.drop(idOf(2))
  peers.drop(idOf(1))
  assert.equal(slotOf(peers.hold(idOf(3))), 2)
  assert.equal(slotOf(peers.hold(idOf(4))), slotOf(two))
  // Who comes back before that has his old one.
  assert.equal(peers.hold(idOf(1)), one)
})

test('shared: a slot is held for as many reasons as there are', (t) => {
  const peers = table(t, 1)
  const one = peers.hold(idOf(1))
  peers.hold(idOf(1))
  peers.drop(idOf(1))
  assert.equal(formOf(peers.hold(idOf(2))), undefined)
  peers.drop(idOf(1))
  peers.drop(idOf(1))
  assert.notEqual(formOf(peers.hold(idOf(3))), undefined)
  assert.equal(one.id, idOf(1))
})

test('shared: a reference whose slot has another user never names him', (t) => {
  const peers = table(t, 1)
  const old = bytesOf(peers.hold(idOf(1)))
  peers.drop(idOf(1))
  const now = peers.hold(idOf(2))
  // This thread knows the one before no more.
  assert.throws(() => readPeerRef(old, 0), { code: 'MYDHT_BAD_MESSAGE', message: /holds another peer/ })
  assert.equal(there(now), now)
})

test('shared: any order of holding and dropping gives each peer its own slot, and reading gives the peer', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 9 })), { maxLength: 60 }),
      fc.integer({ min: 1, max: 6 }),
      (steps, capacity) => {
        const peers = table(t, capacity)
        const live = new Map<PeerId, { count: number; peer: PeerRef }>()
        for (const [hold, number] of steps) {
          const id = idOf(number)
          const known = live.get(id)
          if (hold) {
            const peer = peers.hold(id)
            assert.equal(peer.id, id)
            if (formOf(peer)) live.set(id, { count: (known?.count ?? 0) + 1, peer })
          } else if (known) {
            peers.drop(id)
            known.count--
            if (known.count === 0) live.delete(id)
          }
          for (const { peer } of live.values()) assert.equal(there(peer), peer)
          assert.equal(peers.held, live.size)
          const slots = [...live.values()].map(({ peer }) => JSON.stringify(formOf(peer)))
          assert.equal(new Set(slots).size, slots.length)
        }
      }
    ),
    { numRuns: 300, seed: 5 }
  )
})

test('shared: another thread reads the id out of the memory once, and gives one object then', async (t) => {
  const peers = table(t, 4)
  const peer = peers.hold(idOf(42))
  const [name] = Object.keys(peers.memory)
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads')
     import(workerData.codec).then(async ({ readPeerRef }) => {
       const { shareMemory } = await import(workerData.memory)
       shareMemory(workerData.name, workerData.shared)
       const one = readPeerRef(workerData.bytes, 0)
       parentPort.postMessage([one.id, one === readPeerRef(workerData.bytes, 0)])
     })`,
    {
      eval: true,
      workerData: {
        codec: new URL('../../src/identity/peer-ref-codec.js', import.meta.url).href,
        memory: new URL('../../src/service/shared-memory.js', import.meta.url).href,
        name,
        shared: peers.memory[name ?? ''],
        bytes: bytesOf(peer),
      },
    }
  )
  t.after(() => worker.terminate())
  const said = await new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
  assert.deepEqual(said, [idOf(42), true])
})

test('plain data that holds peers keeps their kind', (t) => {
  const peers = table(t, 4)
  const codec = plainWithPeers<unknown>()
  const value = {
    shared: peers.hold(idOf(1)),
    local: localPeerRef(idOf(2)),
    copied: peerRef(idOf(3)),
    list: [peers.hold(idOf(1))],
  }
  const bytes = codec.encode(value)
  const back = codec.decode(bytes)
  assert.deepEqual(back, value)
  assert.ok(typeof back === 'object' && back !== null && 'shared' in back && 'local' in back)
  assert.deepEqual([back.shared === value.shared, back.local === value.local], [true, true])
})

test('a slot beyond the table is an error', (t) => {
  const peers = table(t, 2)
  const form = formOf(peers.hold(idOf(1)))
  assert.ok(form?.kind === 'shared')
  assert.throws(() => sharedPeerRef(form.table, 9, form.generation))
})
