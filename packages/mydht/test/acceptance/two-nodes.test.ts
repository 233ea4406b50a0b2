/** The original's main-loop test (BEHAVIOUR §10): two nodes over TCP, a connection, touches, peer queries, under several placements. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { touch } from '../../src/apps/touch/touch.ts'
import { kv } from '../../src/apps/kv/kv.ts'
import { createNode } from '../../src/node/node.ts'
import { coroutine } from '../../src/service/spawners/coroutine.ts'
import { inline } from '../../src/service/spawners/inline.ts'
import { restart } from '../../src/service/spawners/restart.ts'
import { memory } from '../../src/transports/memory.ts'
import { memoryNetwork } from '../../src/transports/memory-network.ts'
import { tcp } from '../../src/transports/tcp.ts'

const apps = { kv: kv(), touch: touch() }

const placements = {
  'nothing placed': {},
  'every service a function call': {
    main: inline(),
    read: inline(),
    write: inline(),
    api: inline(),
    auth: inline(),
    peerStore: inline(),
    'kv.global': inline(),
    'touch.global': inline(),
    'touch.local': inline(),
  },
  'every service a coroutine': {
    main: coroutine(),
    read: coroutine(),
    write: coroutine(),
    api: coroutine(),
    auth: coroutine(),
    peerStore: coroutine(),
    'kv.global': coroutine(),
    'touch.global': coroutine(),
    'touch.local': coroutine(),
  },
  'read and write as coroutines, the api restarted': { read: coroutine(), write: coroutine(), api: restart() },
  'the apps as coroutines': { 'kv.global': coroutine(), 'touch.global': coroutine(), 'touch.local': coroutine() },
} as const

const transports = {
  tcp: () => () => tcp(),
  memory: () => {
    const network = memoryNetwork()
    return () => memory({ network })
  },
  'one-way memory': () => {
    const network = memoryNetwork()
    return () => memory({ network, links: 'one-way' })
  },
} as const

for (const [transportName, makeTransports] of Object.entries(transports)) {
  describe(transportName, () => {
    for (const [name, placement] of Object.entries(placements)) {
      test(`${name}: two touches are counted, and each peer finds itself and the other`, async () => {
        const transport = makeTransports()
        const one = await createNode({ transport: transport(), apps, placement })
        const two = await createNode({ transport: transport(), apps, placement })
        try {
          assert.deepEqual(await one.connect(two.address), { id: two.id })
          assert.equal((await one.touch.touch(two.id)).count, 1)
          const touches = []
          for await (const touched of one.touch.touchNext(1)) touches.push(touched)
          assert.deepEqual(touches, [{ from: two.id, count: 2 }])
          for (const id of [two.id, one.id]) {
            assert.equal((await one.peers.find(id, { hops: 1 }))?.id, id)
          }
          const { key } = await two.kv.put('a value')
          assert.equal(await one.kv.getText(key), 'a value')
          const { sequence } = await two.kv.publish('status', 'first')
          await two.kv.publish('status', 'second', { ifSequence: sequence })
          const newest = await one.kv.resolve(two.id, 'status')
          assert.equal(newest && new TextDecoder().decode(newest.value), 'second')
        } finally {
          await Promise.all([one.close(), two.close()])
        }
      })
    }
  })
}
