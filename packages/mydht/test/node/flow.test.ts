/** A peer that stops reading: what it cannot be told comes back, everybody else is served, and nothing is hoarded for it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { realTransport, shaken, type RawSession } from '../hostile/raw.ts'
import { kinds, makeNode, makePair, offline, online, type TestNode } from './rig.ts'
import type { ProbeCommand } from './probe-app.ts'

const undelivered =
  (peer: string, reason: string) =>
  (command: ProbeCommand): boolean =>
    command.type === 'undelivered' && command.to.id === peer && command.reason === reason
const writable =
  (peer: string) =>
  (command: ProbeCommand): boolean =>
    command.type === 'writable' && command.peer.id === peer

/** Reads all `tell`s of a raw peer until `count` have come. */
async function tells(peer: RawSession, count: number): Promise<number[]> {
  const first: number[] = []
  while (first.length < count) {
    const message = await peer.next()
    assert.ok(message)
    if (message.type === 'tell') first.push(message.body[0] ?? -1)
  }
  return first
}

for (const kind of ['memory', 'tcp'] as const) {
  test(`${kind}: a stalled reader's messages come back as full, others flow, and it is writable again when it reads`, async (t) => {
    const transport = kinds[kind]()
    const node = await makeNode(t, transport(), { limits: { probeDelayMs: 60_000 } })
    const honest = await makeNode(t, transport(), { limits: { probeDelayMs: 60_000 } })
    await honest.connect(node.address)
    const raw = realTransport(transport())
    t.after(() => raw.close())
    const peer = await shaken(raw, node.address)
    await peer.ready()
    await node.events.first(online(peer.id))
    peer.link.pause()
    const before = process.memoryUsage()
    // 160 MiB, of which a few may be on their way.
    let sent = 0
    for (let i = 0; i < 40; i++) {
      sent += await node.probe.tell(peer.id, 4_000, 1_000)
      assert.equal((await honest.touch.touch(node.id)).count, i + 1)
      if (node.heard.commands.all.some(undelivered(peer.id, 'full')) && i > 20) break
    }
    const back = node.heard.commands.all.filter(undelivered(peer.id, 'full')).length
    assert.ok(back > sent / 2, `${back} of ${sent} came back`)
    // What is kept for it: a queue of messages, four slabs, the sockets of both ends.
    const kept = (sent - back) * 4_000
    assert.ok(kept < 24 * 1024 * 1024, `${kept} bytes are kept`)
    assert.ok((await node.stats()).counters.undelivered >= back)
    assert.ok(process.memoryUsage().rss - before.rss < 512 * 1024 * 1024)
    assert.equal(node.heard.commands.all.some(writable(peer.id)), false)
    peer.link.resume()
    const got = tells(peer, sent - back)
    await node.heard.commands.first(writable(peer.id))
    assert.equal((await got).length, sent - back)
    // And all of it works again.
    assert.equal(await node.probe.tell(peer.id, 10, 1), 1)
    await tells(peer, 1)
  })
}

test('a stalled reader does not hold up a close of the node', async (t) => {
  const transport = kinds.tcp()
  const node = await makeNode(t, transport(), { limits: { probeDelayMs: 60_000, closeMs: 50 } })
  const raw = realTransport(transport())
  t.after(() => raw.close())
  const peer = await shaken(raw, node.address)
  await peer.ready()
  await node.events.first(online(peer.id))
  peer.link.pause()
  for (let i = 0; i < 10; i++) await node.probe.tell(peer.id, 4_000, 1_000)
  await node.close()
  assert.ok(node.events.all.some(offline(peer.id)))
})

test('messages to somebody who is not there, and those longer than a peer takes, come back with their reason', async (t) => {
  const [a, b] = await makePair(t, kinds.memory())
  const stranger = a.id.replace(/^./, 'b') as TestNode['id']
  await a.probe.tell(stranger, 10, 1)
  await a.heard.commands.first(undelivered(stranger, 'offline'))
  await a.probe.tell(b.id, 200_000, 1)
  await a.heard.commands.first(undelivered(b.id, 'too-long'))
  assert.equal((await a.touch.touch(b.id)).count, 1)
})

test('messages that a lost connection had not sent come back', async (t) => {
  const transport = kinds.memory()
  const node = await makeNode(t, transport(), { limits: { probeDelayMs: 60_000 } })
  const raw = realTransport(transport())
  t.after(() => raw.close())
  const peer = await shaken(raw, node.address)
  await peer.ready()
  await node.events.first(online(peer.id))
  peer.link.pause()
  await node.probe.tell(peer.id, 4_000, 1_500)
  const full = node.heard.commands.all.filter(undelivered(peer.id, 'full')).length
  assert.ok(full > 0)
  peer.link.drop()
  await node.events.first(offline(peer.id))
  await node.heard.commands.atLeast(1_000, undelivered(peer.id, 'offline'))
})

test('an app that a peer does not run is answered for, and asking goes on', async (t) => {
  const transport = kinds.memory()
  const node = await makeNode(t, transport())
  const raw = realTransport(transport())
  t.after(() => raw.close())
  const peer = await shaken(raw, node.address)
  await peer.ready()
  await peer.send({ type: 'request', app: 'nobody', id: 5, body: new Uint8Array(3) })
  for (let message = await peer.next(); message; message = await peer.next()) {
    if (message.type !== 'response') continue
    assert.deepEqual({ id: message.id, status: message.status }, { id: 5, status: 'refused' })
    return
  }
  assert.fail('no answer')
})
