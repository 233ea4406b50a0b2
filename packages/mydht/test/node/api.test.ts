/** The program's calls: deadlines and signals, streams that are left, bounds, and what happens when an app breaks. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MyDhtError, type ErrorCode } from '../../src/errors.ts'
import { immutableKey } from '../../src/apps/kv/kv.ts'
import type { NodeConfig } from '../../src/node/config.ts'
import { createNode } from '../../src/node/node.ts'
import { kv } from '../../src/apps/kv/kv.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'
import { nextOf, realTransport, shaken } from '../hostile/raw.ts'
import { driven, kinds, makeNode, makePair, online } from './rig.ts'

const withCode =
  (code: ErrorCode) =>
  (error: unknown): boolean => {
    assert.ok(MyDhtError.is(error), String(error))
    assert.equal(error.code, code, error.message)
    return true
  }

test('a signal that is aborted before the call rejects with its reason, and nothing is asked', async (t) => {
  const node = await makeNode(t, kinds.memory()())
  const reason = new Error('changed my mind')
  const signal = AbortSignal.abort(reason)
  await assert.rejects(node.probe.never({ signal }), reason)
  await assert.rejects(async () => {
    for await (const _ of node.probe.stream(1, false, { signal })) continue
  }, reason)
  assert.equal(
    node.heard.commands.all.some(({ type }) => type === 'call'),
    false
  )
})

test('a signal that is aborted during a call rejects it and cancels it in the app', async (t) => {
  const node = await makeNode(t, kinds.memory()())
  const reason = new Error('enough')
  for (const run of [
    (signal: AbortSignal) => node.probe.never({ signal }),
    async (signal: AbortSignal) => {
      for await (const _ of node.probe.stream(1, true, { signal })) continue
    },
  ]) {
    const controller = new AbortController()
    const before = node.heard.commands.all.filter(({ type }) => type === 'cancel').length
    const running = assert.rejects(run(controller.signal), reason)
    controller.abort(reason)
    await running
    await node.heard.commands.atLeast(before + 1, ({ type }) => type === 'cancel')
  }
})

test('an aborted connect rejects at once and is called off, unless somebody else waits for it too', async (t) => {
  const transport = kinds.memory()
  const node = await makeNode(t, transport())
  const silent = realTransport(transport('silent'))
  t.after(() => silent.close())
  await silent.listen((link) =>
    link.read.start(
      () => {},
      () => {}
    )
  )
  const controller = new AbortController()
  const connecting = assert.rejects(node.connect('memory://silent', { signal: controller.signal }), /that is enough/)
  const other = new AbortController()
  const patient = assert.rejects(node.connect('memory://silent', { signal: other.signal }), /so is that/)
  while ((await node.stats()).connections === 0) await new Promise((resolve) => setImmediate(resolve))
  controller.abort(new Error('that is enough'))
  await connecting
  assert.equal((await node.stats()).connections, 1)
  other.abort(new Error('so is that'))
  await patient
  assert.equal((await node.stats()).connections, 0)
  assert.deepEqual(await node.peers.connected(), [])
})

test('leaving a for await early cancels the call, and the query behind it, here and at the peer', async (t) => {
  const transport = kinds.memory()
  const node = await makeNode(t, transport(), { limits: { probeDelayMs: 60_000 } })
  for await (const _ of node.probe.stream(5, true)) break
  await node.heard.commands.first(({ type }) => type === 'cancel')

  const raw = realTransport(transport())
  t.after(() => raw.close())
  const peer = await shaken(raw, node.address)
  await peer.ready()
  await node.events.first(online(peer.id))
  await node.kv.put('held here')
  const key = immutableKey(new TextEncoder().encode('held here'))
  for await (const hit of node.kv.find(key, { results: 10, timeoutMs: 3_600_000 })) {
    assert.equal(hit.via, undefined)
    assert.equal((await node.kv.stats()).engine.pending, 1)
    break
  }
  assert.equal((await node.kv.stats()).engine.pending, 0)
  const query = await nextOf(peer, 'query')
  assert.equal((await nextOf(peer, 'cancel')).id, query.id)
})

test('maxCalls is the bound of open calls: past it MYDHT_BUSY, at once', async (t) => {
  const node = await makeNode(t, kinds.memory()(), { limits: { maxCalls: 3 } })
  const controller = new AbortController()
  const open = [1, 2, 3].map(() => node.probe.never({ signal: controller.signal }).catch(() => {}))
  await assert.rejects(node.probe.never(), withCode('MYDHT_BUSY'))
  controller.abort()
  await Promise.all(open)
  // The places are free again.
  assert.equal((await node.stats()).peers, 0)
})

test('an app that gives two replies to a call for one: the first counts, and nothing stays behind', async (t) => {
  const node = await makeNode(t, kinds.memory()())
  assert.equal(await node.probe.two(), 1)
  await assert.rejects(
    (async () => {
      const never = node.probe.stream(0, true, { timeoutMs: 20 })
      for await (const _ of never) continue
    })(),
    withCode('MYDHT_TIMEOUT')
  )
})

test('an app that throws is restarted, is told again who is online, and is asked again', async (t) => {
  const [a, b] = await makePair(t, kinds.memory())
  const told = a.heard.commands.all.filter(({ type }) => type === 'online').length
  await assert.rejects(a.probe.throw({ timeoutMs: 50 }))
  await a.heard.commands.atLeast(told + 1, (command) => command.type === 'online' && command.peer.id === b.id)
  assert.equal(a.heard.incarnations, 2)
  assert.equal(a.heard.commands.all.filter(({ type }) => type === 'self').length >= 2, true)
  const got: number[] = []
  for await (const one of a.probe.stream(2, false)) got.push(one)
  assert.deepEqual(got, [0, 1])
  // Nobody else noticed.
  assert.equal((await a.touch.touch(b.id)).count, 1)
  assert.equal(
    a.events.all.some(({ type }) => type === 'peer-offline'),
    false
  )
})

test('a service that keeps failing takes its node down, with the reason', async (t) => {
  const clock = virtualClock()
  const transport = kinds.memory()
  const a = await driven(clock, makeNode(t, transport(), { clock }))
  const b = await driven(clock, makeNode(t, transport(), { clock }))
  await driven(clock, b.connect(a.address))
  a.heard.broken = true
  const calls: Promise<unknown>[] = []
  for (let i = 0; i < 50 && !a.events.all.some(({ type }) => type === 'service-failed'); i++) {
    calls.push(a.probe.never({ timeoutMs: 60_000 }).catch((error: unknown) => error))
    await clock.advance(1_000)
  }
  const event = await driven(
    clock,
    a.events.first(({ type }) => type === 'service-failed')
  )
  assert.ok(event.type === 'service-failed' && event.service === 'probe.global')
  assert.match(event.message, /told to break/)
  await clock.advance(3_000)
  const outcomes = await driven(clock, Promise.all(calls))
  for (const error of outcomes) assert.ok(MyDhtError.is(error), String(error))
  await assert.rejects(driven(clock, a.stats()), withCode('MYDHT_CLOSED'))
  // In good order for its peers.
  assert.deepEqual(
    b.events.all.filter(({ type }) => type === 'peer-offline'),
    [{ type: 'peer-offline', peer: a.id, code: '' }]
  )
  await driven(clock, Promise.all([a.close(), b.close()]))
})

test('bad configurations are refused with MYDHT_BAD_CONFIG before anything starts', async () => {
  const transport = kinds.memory()()
  const wrong: readonly NodeConfig[] = [
    { transport: undefined as never },
    { transport, seed: new Uint8Array(31) },
    { transport, network: '' },
    { transport, network: 'x'.repeat(65) },
    { transport, limits: { maxCalls: 0 } },
    { transport, limits: { closeMs: 1.5 } },
    { transport, apps: { 'Not a name': kv() } as never },
    { transport, apps: { peers: kv() } as never },
    { transport, apps: { close: kv() } as never },
  ]
  for (const config of wrong) await assert.rejects(createNode(config), withCode('MYDHT_BAD_CONFIG'))
})
