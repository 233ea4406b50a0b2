/** What the compiler says of a placement is said at the start too, to programs that no compiler has seen. Before anything runs. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kv } from '../../src/apps/kv/kv.ts'
import { touch } from '../../src/apps/touch/touch.ts'
import { MyDhtError } from '../../src/errors.ts'
import type { NodeConfig } from '../../src/node/config.ts'
import { createNode } from '../../src/node/node.ts'
import { part } from '../../src/part.ts'
import type { Spawner } from '../../src/service/spawner.ts'
import { coroutine } from '../../src/service/spawners/coroutine.ts'
import { inline } from '../../src/service/spawners/inline.ts'
import { pool } from '../../src/service/spawners/pool.ts'
import { process } from '../../src/service/spawners/process.ts'
import { restart } from '../../src/service/spawners/restart.ts'
import { thread } from '../../src/service/spawners/thread.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'
import { kinds, value } from './rig.ts'

type Placed = Readonly<Record<string, Spawner>>

/** A transport that must never be made: what is refused is refused before. */
const untouched = value(() => {
  throw new Error('the transport was made')
})
const apps = { touch: touch(), kv: kv() }

async function refused(placement: Placed, config: Partial<NodeConfig> = {}): Promise<string> {
  const error: unknown = await createNode({ transport: untouched, apps, ...config, placement }).then(
    () => undefined,
    (thrown: unknown) => thrown
  )
  assert.ok(MyDhtError.is(error, 'MYDHT_BAD_CONFIG'), String(error))
  return error.message
}

test('a definition that lacks what its spawner needs', async () => {
  for (const [service, spawner, lack] of [
    ['kv.global', restart(), "its definition lacks 'restartable', which restart() needs"],
    ['auth', restart(), "its definition lacks 'restartable', which restart() needs"],
    ['touch.local', restart(), "its definition lacks 'restartable', which restart() needs"],
  ] as const)
    assert.equal(
      (await refused({ [service]: spawner })).split(':').slice(0, 2).join(':'),
      `service '${service}': ${lack}`
    )
})

test('a service that this node does not have, and those that it has', async () => {
  const services = 'main, read, write, listen, dial, api, auth, peerStore, touch.global, touch.local, kv.global'
  for (const name of ['kv.globl', 'kv.local', 'files.global'])
    assert.equal(
      await refused({ [name]: inline() }),
      `service '${name}': this node has no such service: use one of ${services}`
    )
})

test('a placement that is no spawner', async () => {
  const wrong = JSON.parse('{ "api": "thread" }')
  assert.equal(await refused(wrong), "service 'api': its placement is string: give a spawner, e.g. coroutine()")
})

test('a local PeerRef on its way to another thread, and what carries it', async () => {
  const at = "service 'touch.global': command 'message'.from is a local PeerRef: use channel: 'converting', or peerRef"
  assert.equal(await refused({ 'touch.global': thread() }, { peerRef: 'local' }), `${at} 'shared' or 'copied'`)
  assert.equal(await refused({ 'touch.global': process() }, { peerRef: 'local' }), `${at} 'copied'`)
  assert.match(
    await refused({ 'touch.local': pool(2) }, { peerRef: 'local' }),
    /^service 'touch\.local': init\.remote is a local/
  )
})

test('a shared PeerRef on its way to another process', async () => {
  for (const spawner of [process(), process({ channel: 'converting' })])
    assert.equal(
      await refused({ 'touch.global': spawner }, { peerRef: 'shared' }),
      "service 'touch.global': command 'message'.from is a shared PeerRef, which stays in its process: use thread() or pool(), or peerRef 'copied'"
    )
})

test('a kind of PeerRef that there is not', async () => {
  const config: Partial<NodeConfig> = JSON.parse('{ "peerRef": "weak" }')
  assert.equal(await refused({}, config), `peerRef is "weak": take 'copied', 'local' or 'shared'`)
})

test('a function among the options of a service that is to cross, wherever it hides', async () => {
  const fn = (): boolean => true
  for (const [options, at] of [
    [{ on: fn }, 'on'],
    [{ deep: [{ type: 'x', on: fn }] }, "deep[] 'x'.on"],
    [{ table: new Map([['a', { on: fn }]]) }, 'table[].on'],
    [{ all: new Set([fn]) }, 'all[]'],
    [{ store: part('file:///x.js', 'create', { log: fn }, () => 0) }, 'store.options.log'],
  ] as const)
    assert.equal(
      await refused({ 'touch.global': thread() }, { apps: { touch: { ...touch(), options } } }),
      `service 'touch.global': options.${at} is a function: give part(import.meta.url, 'name', options)`
    )
})

test('an instance of a class among the options of a service that is to cross, and what holds itself', async () => {
  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  for (const [options, said] of [
    [
      { at: [new Date(0)] },
      /^service 'touch\.global': options\.at\[0\] is an instance of Date: only plain data crosses/,
    ],
    [circle, /^service 'touch\.global': options(\.self)+ is deeper than 64 levels/],
  ] as const)
    assert.match(await refused({ 'touch.global': thread() }, { apps: { touch: { ...touch(), options } } }), said)
})

test('a function anywhere in what goes with main, the spawners of the others included', async () => {
  const validate = (): boolean => true
  assert.equal(
    await refused({ main: thread() }, { apps: { kv: kv({ validate }) } }),
    "service 'main': apps.kv.options.validate is a function: give part(import.meta.url, 'name', options)"
  )
  assert.equal(
    await refused({ main: thread(), read: process({ onStarted: () => {} }) }),
    "service 'main': placement.read.onStarted is a function, which does not cross: leave it out where main runs elsewhere"
  )
  const accept = part(import.meta.url, 'accept', { tell: () => {} }, () => () => true)
  assert.match(await refused({ auth: pool(1) }, { accept }), /^service 'auth': accept\.options\.tell is a function/)
})

test('options that hold themselves, and blueprints made here, hide no function', async () => {
  const circle: Record<string, unknown> = {
    store: part('file:///x.js', 'create', {}, () => 0),
    bytes: new Uint8Array(8),
  }
  circle['self'] = circle
  // Refused for its references only, which are looked at last.
  const said = await refused(
    { 'touch.global': thread() },
    { apps: { touch: { ...touch(), options: circle } }, peerRef: 'local' }
  )
  assert.match(said, /is a local PeerRef/)
})

test('a clock that only one thread can see', async () => {
  assert.equal(
    await refused({ 'touch.global': thread() }, { clock: virtualClock() }),
    "service 'touch.global': a virtual clock is seen by one thread only: use systemClock, or coroutine()"
  )
})

test('a blocking transport on a thread that others need', async () => {
  const blocking = { ...untouched, blocking: true } as const
  const said = 'with this transport it blocks its thread: give it one of its own, thread()'
  for (const service of ['read', 'write', 'listen', 'dial'])
    for (const spawner of [inline(), coroutine(), restart(), pool(4), process()])
      assert.equal(await refused({ [service]: spawner }, { transport: blocking }), `service '${service}': ${said}`)
  assert.equal(
    await refused({ read: thread({ stuckMs: 1000 }) }, { transport: blocking }),
    "service 'read': it waits inside system calls, where no thread can be ended: leave stuckMs out"
  )
  assert.equal(
    await refused({}, { transport: blocking, clock: virtualClock() }),
    "service 'read': with this transport it has a thread of its own, which sees no virtual clock: use systemClock, or memory()"
  )
  for (const service of ['listen', 'dial'])
    assert.equal(await refused({ [service]: thread() }), `service '${service}': only a blocking transport has it`)
})

test('what stays on this thread may hold functions, and be seen by a virtual clock', async () => {
  const options = { on: () => true }
  const clock = virtualClock()
  const node = await createNode({
    transport: kinds.memory()(),
    apps: { touch: { ...touch(), options } },
    peerRef: 'local',
    clock,
    placement: { 'touch.global': coroutine(), 'touch.local': inline(), api: restart() },
  })
  await clock.until(node.close())
})
