import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MyDhtError } from '../../../src/errors.ts'
import { realise } from '../../../src/part.ts'
import type { RefKind, Spawner } from '../../../src/service/spawner.ts'
import { coroutine } from '../../../src/service/spawners/coroutine.ts'
import { inline } from '../../../src/service/spawners/inline.ts'
import { pool } from '../../../src/service/spawners/pool.ts'
import { process } from '../../../src/service/spawners/process.ts'
import { restart } from '../../../src/service/spawners/restart.ts'
import { thread } from '../../../src/service/spawners/thread.ts'

const facts = ({ kind, channel, carries }: Spawner): unknown => [kind, channel, [...carries].toSorted()]
const all: readonly RefKind[] = ['copied', 'local', 'shared']

test('a channel that a spawner does not have is refused, and those that it has are named', () => {
  const odd = (channel: string): { channel: never } => JSON.parse(JSON.stringify({ channel }))
  for (const [make, said] of [
    [() => thread(odd('queue')), "thread({ channel }) is 'queue': use 'port' or 'converting'"],
    [() => pool(2, odd('none')), "pool({ channel }) is 'none': use 'port' or 'converting'"],
    [() => process(odd('sausage')), "process({ channel }) is 'sausage': use 'port' or 'converting'"],
    [() => coroutine(odd('port')), "coroutine({ channel }) is 'port': use 'queue'"],
    [() => restart(odd('none')), "restart({ channel }) is 'none': use 'queue'"],
    [() => inline(odd('queue')), "inline({ channel }) is 'queue': use 'none'"],
  ] as const) {
    assert.throws(make, (error) => MyDhtError.is(error, 'MYDHT_BAD_CONFIG') && error.message === said)
  }
})

test('only a converting channel takes local references elsewhere, and the types know', () => {
  const shared = (spawner: Spawner<'crossing', 'shared' | 'copied'>): Spawner => spawner
  const wide = thread({ channel: 'converting' })
  // @ts-expect-error: its carries has 'local'
  shared(wide)
  // @ts-expect-error: a process shares no memory
  process({ channel: 'converting' }).carries.includes('shared')
  for (const spawner of [thread(), thread({ channel: 'port' }), pool(2, { stuckMs: 1000 })]) shared(spawner)
  assert.deepEqual([thread(), thread({ channel: 'converting' }), pool(1, { channel: 'converting' })].map(facts), [
    ['thread', 'port', ['copied', 'shared']],
    ['thread', 'converting', all],
    ['pool', 'converting', all],
  ])
  assert.deepEqual([process(), process({ channel: 'converting' })].map(facts), [
    ['process', 'port', ['copied']],
    ['process', 'converting', ['copied', 'local']],
  ])
  assert.deepEqual([inline({ channel: 'none' }), coroutine({ channel: 'queue' }), restart()].map(facts), [
    ['inline', 'none', all],
    ['coroutine', 'queue', all],
    ['restart', 'queue', all],
  ])
})

test('the types know where a spawner runs its services', () => {
  const alone = (spawner: Spawner<'crossing', RefKind, 'thread'>): string => spawner.kind
  // @ts-expect-error: others may be on the same worker
  assert.equal(alone(pool(2)), 'pool')
  assert.equal(alone(thread()), 'thread')
  const kinds = [inline(), coroutine(), restart(), thread(), pool(1), process()] as const
  assert.deepEqual(
    kinds.map(({ kind }: { readonly kind: (typeof kinds)[number]['kind'] }) => kind),
    ['inline', 'coroutine', 'restart', 'thread', 'pool', 'process'] satisfies (typeof kinds)[number]['kind'][]
  )
})

test('a blueprint keeps the channel', () => {
  assert.equal(realise(pool(2, { channel: 'converting' }).blueprint).channel, 'converting')
})
