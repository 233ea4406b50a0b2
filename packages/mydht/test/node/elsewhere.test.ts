/** @module test/node/elsewhere: nodes whose services run on other threads and in other processes do what nodes of one thread do. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { files } from '../../src/apps/files/files.ts'
import { kv } from '../../src/apps/kv/kv.ts'
import { touch } from '../../src/apps/touch/touch.ts'
import { createNode } from '../../src/node/node.ts'
import type { RefKind, Spawner } from '../../src/service/spawner.ts'
import { pool } from '../../src/service/spawners/pool.ts'
import { process } from '../../src/service/spawners/process.ts'
import { thread } from '../../src/service/spawners/thread.ts'
import { tcp } from '../../src/transports/tcp.ts'

type Placed = Readonly<Record<string, Spawner>>

/** Every service of a node but the main loop, placed with one spawner. */
const everywhere = (spawner: Spawner): Placed => ({
  auth: spawner,
  api: spawner,
  peerStore: spawner,
  read: spawner,
  write: spawner,
  'touch.global': spawner,
  'touch.local': spawner,
  'kv.global': spawner,
  'files.global': spawner,
})

async function folder(t: TestContext): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'mydht-elsewhere-'))
  t.after(() => rm(made, { recursive: true }))
  return made
}

interface Others {
  readonly placementOfTwo?: Placed
  readonly peerRef?: RefKind
}

/** Two nodes over tcp connect, touch, put and get, publish and resolve, share and fetch. */
async function twoNodes(t: TestContext, placement: Placed, others: Others = {}): Promise<void> {
  const { placementOfTwo = placement, peerRef } = others
  const from = await folder(t)
  const into = await folder(t)
  const content = Buffer.alloc(300_000, 'some text ')
  await writeFile(path.join(from, 'file.txt'), content)
  const apps = { touch: touch(), kv: kv(), files: files({ into }) }
  const one = await createNode({ transport: tcp(), apps, placement, peerRef })
  t.after(() => one.close())
  const two = await createNode({ transport: tcp(), apps, placement: placementOfTwo, peerRef, join: [one.address] })
  t.after(() => two.close())

  assert.deepEqual(await two.touch.touch(one.id), { from: one.id, count: 1 })
  assert.deepEqual(await two.touch.echo(one.id, Uint8Array.of(1, 2, 3)), Uint8Array.of(1, 2, 3))

  const { key } = await one.kv.put('hello')
  assert.equal(await two.kv.getText(key), 'hello')
  await one.kv.publish('name', 'signed')
  const resolved = await two.kv.resolve(one.id, 'name')
  assert.equal(Buffer.from(resolved?.value ?? []).toString(), 'signed')

  await one.files.share([from])
  const [shared] = await one.files.list()
  assert.ok(shared)
  const fetched = await two.files.fetch(shared.id)
  assert.deepEqual(await readFile(fetched.path), content)

  const peers = await one.peers.connected()
  assert.deepEqual(
    peers.map(({ id }) => id),
    [two.id]
  )
  const { services } = await one.stats()
  for (const [service, spawner] of Object.entries(placement))
    if (service !== 'main') assert.equal(services[service]?.spawner, spawner.kind, service)
  await two.close()
  await one.close()
}

test('every service on a thread of its own', (t) => twoNodes(t, everywhere(thread())))
test('every service in a pool of two threads', (t) => twoNodes(t, everywhere(pool(2))))
test('every service in a process of its own', (t) => twoNodes(t, everywhere(process()), { placementOfTwo: {} }))

test('the main loop in a thread, and all that it spawns with it', (t) => twoNodes(t, { main: thread() }))
test('the main loop in a process', (t) => twoNodes(t, { main: process() }, { placementOfTwo: {} }))
test('the main loop in a thread, with the other services in a pool of its own', (t) => {
  const shared = pool(2)
  return twoNodes(t, { ...everywhere(shared), main: thread() })
})

test('shared references in a pool', (t) => twoNodes(t, everywhere(pool(2)), { peerRef: 'shared' }))
test('shared references, and the main loop in a thread that spawns a pool', (t) =>
  twoNodes(t, { ...everywhere(pool(2)), main: thread() }, { peerRef: 'shared' }))
test('local references over converting channels', (t) =>
  twoNodes(t, everywhere(pool(2, { channel: 'converting' })), { peerRef: 'local' }))

test('a node with more peers than slots for shared references talks to all of them', async (t) => {
  const spawner = pool(2)
  const hub = await createNode({
    transport: tcp(),
    apps: { touch: touch() },
    peerRef: 'shared',
    limits: { maxSharedPeers: 1 },
    placement: { 'touch.global': spawner, peerStore: spawner, read: spawner, write: spawner },
  })
  t.after(() => hub.close())
  const others = await Promise.all(
    [1, 2, 3].map(() => createNode({ transport: tcp(), apps: { touch: touch() }, join: [hub.address] }))
  )
  t.after(() => Promise.all(others.map((other) => other.close())))
  // First those whose join is done: by the time of an answer the hub knows them too.
  for (const other of others) assert.equal((await other.touch.touch(hub.id)).from, hub.id)
  for (const { id } of others) assert.equal((await hub.touch.touch(id)).from, id)
})
