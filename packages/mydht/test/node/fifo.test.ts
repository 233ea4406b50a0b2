/** A node over a transport that blocks: its services `listen`, `dial`, `read` and `write` are threads of the transport, wherever the rest of the node runs. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { kv, type KvApi } from '../../src/apps/kv/kv.ts'
import { MyDhtError } from '../../src/errors.ts'
import { createNode, type NodeCore } from '../../src/node/node.ts'
import { part } from '../../src/part.ts'
import type { Spawner } from '../../src/service/spawner.ts'
import { coroutine } from '../../src/service/spawners/coroutine.ts'
import { inline } from '../../src/service/spawners/inline.ts'
import { pool } from '../../src/service/spawners/pool.ts'
import { process as child } from '../../src/service/spawners/process.ts'
import { thread } from '../../src/service/spawners/thread.ts'
import { createFifo, fifo } from '../../src/transports/fifo.ts'
import type { TransportPart } from '../../src/transports/transport.ts'
import { failedWith, makePair, offline } from './rig.ts'

function place(t: TestContext): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'mydht-fifo-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return path.join(directory, 'pipes')
}

const refusal = /blocks its thread: give it one of its own, thread\(\)|leave stuckMs out/

test('a placement that would block is refused before anything runs, by the compiler too', async (t) => {
  const directory = place(t)
  const transport = fifo({ directory })
  const refused = (error: unknown) => MyDhtError.is(error, 'MYDHT_BAD_CONFIG') && refusal.test(error.message)
  for (const service of ['listen', 'dial', 'read', 'write'] as const)
    for (const spawner of [inline(), coroutine(), pool(64), child(), thread({ stuckMs: 50 })]) {
      const placement = { [service]: spawner }
      await assert.rejects(createNode({ transport, placement }), refused, `${service} ${spawner.kind}`)
    }
  // @ts-expect-error -- the compiler says so where it knows which service it is
  await assert.rejects(createNode({ transport, placement: { read: coroutine() } }), refused)
  assert.equal(existsSync(directory), false)
})

test('a transport that blocks without saying so in its part is refused', async (t) => {
  const directory = place(t)
  const silent: TransportPart = part(import.meta.url, 'x', { directory }, createFifo)
  await assert.rejects(
    createNode({ transport: silent }),
    (error: unknown) => MyDhtError.is(error, 'MYDHT_BAD_CONFIG') && /say blocking: true/.test(error.message)
  )
  assert.equal(existsSync(directory), false)
})

test('a peer that nobody hears, and one that is gone, are told apart from one that is there', async (t) => {
  const directory = place(t)
  const [a, b] = await makePair(t, () => fifo({ directory }))
  await assert.rejects(
    a.connect('fifo://nobody'),
    (error: unknown) => MyDhtError.is(error, 'MYDHT_CONNECT_FAILED') && /nobody listens/.test(error.message)
  )
  assert.deepEqual(await a.connect(b.address), { id: b.id })
  await b.close()
  assert.deepEqual(await a.events.first(offline(b.id)), { type: 'peer-offline', peer: b.id, code: '' })
  await assert.rejects(a.connect(b.address), (error: unknown) => MyDhtError.is(error, 'MYDHT_CONNECT_FAILED'))
  assert.equal(a.events.all.some(failedWith('MYDHT_TRUNCATED')), false)
})

test('the rest of the node may run anywhere: stats say what blocks and where, and nothing is left after close', async (t) => {
  const directory = place(t)
  const placement = { listen: thread(), dial: thread(), read: thread(), write: thread(), 'kv.global': thread() }
  const make = async (): Promise<NodeCore & { readonly kv: KvApi }> => {
    const node = await createNode({ transport: fifo({ directory }), apps: { kv: kv() }, placement })
    t.after(() => node.close())
    return node
  }
  const [a, b] = [await make(), await make()]
  await b.connect(a.address)
  const value = 'x'.repeat(60_000)
  const { key } = await a.kv.put(value)
  assert.equal(await b.kv.getText(key), value)
  const { services } = await b.stats()
  for (const service of ['listen', 'dial', 'read', 'write']) {
    const { spawner, instances, handled } = services[service] ?? assert.fail(service)
    assert.ok(spawner === 'thread' && instances > 0 && handled > 0, service)
  }
  assert.equal(services['records.read']?.spawner, 'inline')
  assert.equal(services['records.read']?.instances, 1)
  await Promise.all([a.close(), b.close()])
  assert.deepEqual(readdirSync(path.dirname(directory)), [])
})

test('whoever leaves last removes the directory that one of them made, and nobody one that was there before', async (t) => {
  for (const there of [false, true]) {
    const directory = place(t)
    if (there) mkdirSync(directory, { mode: 0o700 })
    const make = () => createNode({ transport: fifo({ directory }) })
    const [first, last] = [await make(), await make()]
    await first.close()
    await last.close()
    assert.equal(existsSync(directory), there)
  }
})

test('the whole node may itself be elsewhere: what blocks has threads of its own there', async (t) => {
  const directory = place(t)
  const make = async (placement: Readonly<Record<string, Spawner>>): Promise<NodeCore & { readonly kv: KvApi }> => {
    const node = await createNode({ transport: fifo({ directory }), apps: { kv: kv() }, placement })
    t.after(() => node.close())
    return node
  }
  const nodes = await Promise.all([make({ main: thread() }), make({ main: child() }), make({})])
  const [a, b, c] = nodes
  assert.ok(a && b && c)
  await b.connect(a.address)
  await c.connect(b.address)
  const { key } = await a.kv.put('through pipes')
  assert.equal(await c.kv.getText(key, { hops: 3 }), 'through pipes')
  await Promise.all(nodes.map((node) => node.close()))
  assert.deepEqual(readdirSync(path.dirname(directory)), [])
})

test('a program that leaves without closing nodes that run in threads ends, and leaves no file', async (t) => {
  const directory = place(t)
  const script = fileURLToPath(new URL('fifo-child.js', import.meta.url))
  const program = spawn(process.execPath, [script, directory], { stdio: 'inherit' })
  t.after(() => program.kill('SIGKILL'))
  const [code] = await once(program, 'exit')
  assert.equal(code, 3)
  assert.deepEqual(readdirSync(path.dirname(directory)), [])
})
