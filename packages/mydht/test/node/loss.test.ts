/** @module test/node/loss: a node's own services fail. Connections stay, whoever waits is told at once, and the next instance goes on. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MyDhtError } from '../../src/errors.ts'
import type { NodeEvent } from '../../src/node/config.ts'
import { createNode } from '../../src/node/node.ts'
import { kv } from '../../src/apps/kv/kv.ts'
import { touch } from '../../src/apps/touch/touch.ts'
import { inline } from '../../src/service/spawners/inline.ts'
import { restart } from '../../src/service/spawners/restart.ts'
import type { Spawner } from '../../src/service/spawner.ts'
import { probe, probeLog } from './probe-app.ts'
import { kinds, offline, quick, watched } from './rig.ts'

/** Pulled: the next command of the service makes it throw. */
interface Sabotage {
  next: boolean
}

/** A spawner whose services throw when they are told to. */
function sabotaged(inner: Spawner, sabotage: Sabotage): Spawner<never> {
  return {
    ...inner,
    kind: 'sabotaged',
    needs: [],
    blueprint: inner.blueprint as Spawner<never>['blueprint'],
    spawn: (definition, init, parts, destination, saved) =>
      inner.spawn(
        {
          ...definition,
          create: (given, made, before) => {
            const service = definition.create(given, made, before)
            return {
              handle: (command, emit) => {
                if (sabotage.next) {
                  sabotage.next = false
                  throw new Error('sabotage')
                }
                return service.handle(command, emit)
              },
              save: () => service.save?.() as never,
              close: () => service.close?.(),
            }
          },
        },
        init,
        parts,
        destination,
        saved
      ),
  }
}

async function nodeWith(
  t: { after(run: () => Promise<void>): void },
  transport: ReturnType<(typeof kinds)['memory']>,
  { auth = inline(), api = inline() }: { readonly auth?: Spawner<'sync'>; readonly api?: Spawner<'sync'> }
) {
  const events = watched<NodeEvent>()
  const heard = probeLog()
  const node = await createNode({
    transport: transport(),
    apps: { kv: kv(), touch: touch(), probe: probe(heard) },
    placement: { auth, api },
    limits: quick,
    onEvent: (event) => events.push(event),
  })
  t.after(() => node.close())
  return Object.assign(node, { events, heard })
}

const failed = (error: unknown) => MyDhtError.is(error, 'MYDHT_SERVICE_FAILED') && /sabotage/.test(error.message)
const restarting = (service: string) => (event: NodeEvent) =>
  event.type === 'service-restarting' && event.service === service

test('when the api service fails, open calls reject at once, connections stay, and later calls are answered', async (t) => {
  const transport = kinds.memory()
  const sabotage = { next: false }
  const a = await nodeWith(t, transport, { api: sabotaged(inline(), sabotage) })
  const b = await nodeWith(t, transport, {})
  await b.connect(a.address)
  const waiting = a.probe.never()
  const streaming = a.probe.stream(1, true)[Symbol.asyncIterator]()
  assert.deepEqual(await streaming.next(), { value: 0, done: false })
  const more = streaming.next()
  sabotage.next = true
  await assert.rejects(a.probe.two(), failed)
  await assert.rejects(waiting, failed)
  await assert.rejects(more, failed)
  await a.events.first(restarting('api'))
  assert.equal((await a.touch.touch(b.id)).count, 1)
  assert.equal((await b.touch.touch(a.id)).count, 1)
  assert.equal(a.events.all.some(offline(b.id)), false)
  assert.equal((await a.stats()).services['api']?.restarts, 1)
})

test('an api service that saves keeps its calls across a failure: only the one that failed is lost', async (t) => {
  const transport = kinds.memory()
  const sabotage = { next: false }
  const a = await nodeWith(t, transport, { api: sabotaged(restart(), sabotage) })
  // Its deadline, not the failure, ends it.
  const waiting = assert.rejects(a.probe.never({ timeoutMs: 1000 }), (error) => MyDhtError.is(error, 'MYDHT_TIMEOUT'))
  const { peers } = await a.stats()
  assert.equal(peers, 0)
  sabotage.next = true
  await assert.rejects(a.probe.two(), failed)
  await waiting
})

test('when the auth service fails, who is online stays, and who comes meanwhile is let in by the next one', async (t) => {
  const transport = kinds.memory()
  const sabotage = { next: false }
  const a = await nodeWith(t, transport, { auth: sabotaged(inline(), sabotage) })
  const b = await nodeWith(t, transport, {})
  const c = await nodeWith(t, transport, {})
  await b.connect(a.address)
  sabotage.next = true
  // The command that fails it is a signature: that one is asked for again.
  const published = a.kv.publish('name', 'value')
  await a.events.first(restarting('auth'))
  assert.equal((await a.touch.touch(b.id)).count, 1)
  await c.connect(a.address)
  assert.equal((await published).sequence > 0, true)
  assert.equal((await c.touch.touch(a.id)).count, 1)
  assert.equal(a.events.all.some(offline(b.id)), false)
})

test('a handshake that the auth service was busy with when it failed is closed, and the other side is told', async (t) => {
  const transport = kinds.memory()
  const sabotage = { next: false }
  const a = await nodeWith(t, transport, { auth: sabotaged(inline(), sabotage) })
  const b = await nodeWith(t, transport, {})
  sabotage.next = true
  await assert.rejects(b.connect(a.address), (error) => MyDhtError.is(error, 'MYDHT_CONNECTION_CLOSED'))
  await b.connect(a.address)
  assert.equal((await b.touch.touch(a.id)).count, 1)
})

test('how often a service is restarted before its node gives up is said with its spawner', async (t) => {
  const transport = kinds.memory()
  const sabotage = { next: false }
  const once = inline({ restarts: { maxRestarts: 1, firstDelayMs: 1 } })
  const a = await nodeWith(t, transport, { api: sabotaged(once, sabotage) })
  sabotage.next = true
  await assert.rejects(a.probe.two(), failed)
  await a.events.first(restarting('api'))
  assert.equal((await a.stats()).services['api']?.restarts, 1)
  sabotage.next = true
  await assert.rejects(a.probe.two(), (error) => MyDhtError.is(error))
  await a.events.first((event) => event.type === 'service-failed' && event.service === 'api')
})
