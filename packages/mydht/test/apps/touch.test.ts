/** @module test/apps/touch: requests to one peer, through local and global services. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { touch, type TouchOptions } from '../../src/apps/touch/touch.ts'
import { MyDhtError } from '../../src/errors.ts'
import { appNet, type NetOptions } from '../helpers/app-harness.ts'

function touchNet(links: readonly (readonly number[])[], net: NetOptions<TouchOptions> = {}) {
  return appNet(touch(), links, { name: 'touch', ...net })
}

async function rejectsWith(code: string, promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, (error) => MyDhtError.is(error) && error.code === code)
}

test('a touch is counted by the other side', async () => {
  const net = touchNet([[1, 2], [], []])
  const { id } = net.node(1).peer
  assert.deepEqual(await net.node(0).api.touch(id), { from: id, count: 1 })
  await net.node(0).api.touch(net.node(2).peer.id)
  assert.deepEqual(await net.node(0).api.touch(id), { from: id, count: 2 })
  assert.equal((await net.node(1).api.stats()).touched, 2)
})

test('bytes come back as they went, empty and long ones too, with a local service and without', async () => {
  const { local: _local, ...globalOnly } = touch()
  for (const app of [touch(), globalOnly]) {
    const net = appNet(app, [[1], []], { name: 'touch' })
    for (const length of [0, 1, 100, 70_000]) {
      const bytes = new Uint8Array(length).fill(7)
      assert.deepEqual(await net.node(0).api.echo(net.node(1).peer.id, bytes), bytes)
    }
  }
})

test('many echoes at once each get their own bytes', async () => {
  const net = touchNet([[1], []])
  const { id } = net.node(1).peer
  const echoes = await Promise.all(
    Array.from({ length: 300 }, (_, i) => net.node(0).api.echo(id, Uint8Array.of(i & 255, i >> 8)))
  )
  assert.deepEqual(
    echoes.map(([low = 0, high = 0]) => low | (high << 8)),
    Array.from({ length: 300 }, (_, i) => i)
  )
})

test('touchNext touches as many as the route has, and ends', async () => {
  const net = touchNet([[1, 2, 3], [], [], []])
  const from: string[] = []
  for await (const touched of net.node(0).api.touchNext(9)) from.push(touched.from)
  assert.deepEqual(from.toSorted(), [1, 2, 3].map((at) => net.node(at).peer.id).toSorted())
  for await (const touched of net.node(1).api.touchNext(1)) assert.equal(touched.from, net.node(0).peer.id)
})

test('touchNext with nobody connected ends at once, and one lost peer does not hold it up for ever', async () => {
  for await (const touched of touchNet([[]]).node(0).api.touchNext(3)) assert.fail(touched.from)
  const net = touchNet([[1, 2], [], []], { tamper: (from, _to, message) => (from === 1 ? undefined : message) })
  const touched: string[] = []
  const walk = (async () => {
    for await (const { from } of net.node(0).api.touchNext(2)) touched.push(from)
  })()
  await net.clock.advance(6000)
  await walk
  assert.deepEqual(touched, [net.node(2).peer.id])
})

test('a peer that is not connected is said so at once', async () => {
  const net = touchNet([[1], [2], []])
  await rejectsWith('MYDHT_NOT_CONNECTED', net.node(0).api.touch(net.node(2).peer.id))
})

test('a connection that is lost, before the request left or after, ends what waits for it', async () => {
  const net = touchNet([[1], []], { tamper: (from, _to, message) => (from === 1 ? undefined : message) })
  const sent = net.node(0).api.touch(net.node(1).peer.id)
  await net.settle()
  const unsent = net.node(0).api.touch(net.node(1).peer.id)
  const ended = Promise.all([rejectsWith('MYDHT_CONNECTION_CLOSED', sent), assert.rejects(unsent)])
  net.cut(0, 1)
  await ended
  assert.equal((await net.node(0).api.stats()).pending, 0)
})

test('an answer that does not come is a timeout, and a late one is dropped and counted', async () => {
  let hold = true
  const held: (() => void)[] = []
  const net = touchNet([[1], []], {
    tamper(from, _to, message) {
      if (from !== 1 || !hold) return message
      const peer = net.node(1).peer
      held.push(() => net.node(0).tell({ type: 'message', from: peer, message }))
      return undefined
    },
  })
  const late = rejectsWith('MYDHT_TIMEOUT', net.node(0).api.touch(net.node(1).peer.id, { timeoutMs: 100 }))
  await net.clock.advance(200)
  await late
  hold = false
  for (const bring of held) bring()
  await net.settle()
  assert.deepEqual(await net.node(0).api.stats(), { touched: 0, pending: 0, uninvited: 1 })
})

test('an answer from somebody who was not asked changes nothing', async () => {
  const net = touchNet([[1, 2], [], []], { tamper: (from, _to, message) => (from === 1 ? undefined : message) })
  const waits = net.node(0).api.touch(net.node(1).peer.id)
  await net.settle()
  for (let id = 0; id < 3; id++) {
    const body = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 9)
    net.node(0).tell({
      type: 'message',
      from: net.node(2).peer,
      message: { type: 'response', app: 'touch', id, status: 'ok', stream: 0, streamBytes: 0, body },
    })
  }
  await net.settle()
  assert.deepEqual(await net.node(0).api.stats(), { touched: 0, pending: 1, uninvited: 3 })
  net.cut(0, 1)
  await rejectsWith('MYDHT_CONNECTION_CLOSED', waits)
})

test('a request that is none of ours is refused, and a strange count is a bad message', async () => {
  const broken = touchNet([[1], []], {
    tamper: (from, _to, message) =>
      from === 0 && message.type === 'request' ? { ...message, body: Uint8Array.of(77) } : message,
  })
  await rejectsWith('MYDHT_REFUSED', broken.node(0).api.touch(broken.node(1).peer.id))
  const strange = touchNet([[1], []], {
    tamper: (_from, _to, message) =>
      message.type === 'response' ? { ...message, body: new Uint8Array(8).fill(255) } : message,
  })
  await rejectsWith('MYDHT_BAD_MESSAGE', strange.node(0).api.touch(strange.node(1).peer.id))
})

test('requests past the bound are busy', async () => {
  const net = appNet(touch({ maxPending: 2 }), [[1], []], {
    name: 'touch',
    tamper: (from, _to, message) => (from === 1 ? undefined : message),
  })
  const first = [0, 1].map(() =>
    net
      .node(0)
      .api.touch(net.node(1).peer.id, { timeoutMs: 50 })
      .catch(() => 'failed')
  )
  await net.settle()
  await rejectsWith('MYDHT_BUSY', net.node(0).api.touch(net.node(1).peer.id))
  await net.clock.advance(100)
  assert.deepEqual(await Promise.all(first), ['failed', 'failed'])
})
