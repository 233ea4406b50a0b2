/** @module test/node/seed: who has a node's secret once it runs. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createNode } from '../../src/node/node.ts'
import { systemRandom } from '../../src/random.ts'
import { memory, memoryNetwork } from '../../src/transports/memory.ts'

test('once a node runs, only its auth service has the secret; the program’s own copy is left alone', async (t) => {
  const network = memoryNetwork()
  const given = Buffer.alloc(32, 7)
  const one = await createNode({ transport: memory({ network }), seed: given })
  t.after(() => one.close())
  assert.deepEqual(given, Buffer.alloc(32, 7))
  const again = await createNode({ transport: memory({ network }), seed: given, network: 'other' })
  t.after(() => again.close())
  assert.equal(again.id, one.id)
})

test('a secret that the node made for itself is zeroed once the auth service has made its keys', async (t) => {
  const made: Uint8Array[] = []
  const random = {
    ...systemRandom,
    bytes(length: number) {
      const bytes = systemRandom.bytes(length)
      made.push(bytes)
      return bytes
    },
  }
  const node = await createNode({ transport: memory({ network: memoryNetwork() }), random })
  t.after(() => node.close())
  assert.deepEqual(made[0], new Uint8Array(32))
})
