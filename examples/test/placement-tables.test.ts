/** @module test/placement-tables — The tables in docs/PLACEMENT.md are what the compiler says, and what `createNode` says of the same combinations. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, test } from 'node:test'
import { createNode, MyDhtError, part } from 'mydht'
import { files } from 'mydht/apps/files'
import { kv } from 'mydht/apps/kv'
import { touch } from 'mydht/apps/touch'
import { coroutine, inline, restart, type Spawner } from 'mydht/service'
import { pool } from 'mydht/service/pool'
import { process } from 'mydht/service/process'
import { thread } from 'mydht/service/thread'
import { serviceOutcomes, serviceTable, type ServiceOutcome } from './placement-services.ts'
import { placementOutcomes, placementTable, type Combination, type Outcomes } from './placement-table.ts'

// From examples/dist/test/ to the root of the repository.
const page = readFileSync(new URL('../../../docs/PLACEMENT.md', import.meta.url), 'utf8')
let outcomes: Outcomes = new Map()
let ofServices: readonly ServiceOutcome[] = []
before(async () => {
  outcomes = await placementOutcomes()
  ofServices = await serviceOutcomes()
})

const written = (name: string): string | undefined =>
  new RegExp(`<!-- table of ${name}:.*? -->\n([\\s\\S]*?)\n<!-- end of table -->`).exec(page)?.[1]?.trim()
const advice = 'run: node scripts/placement-tables.mjs'

test('docs/PLACEMENT.md has the table of references as the compiler makes it now', () => {
  assert.equal(written('references'), placementTable(outcomes), advice)
})

test('docs/PLACEMENT.md has the table of services as the compiler makes it now', () => {
  assert.equal(written('services'), serviceTable(ofServices), advice)
})

// As a program in JavaScript would say it: no compiler has seen these.
const spawners: Readonly<Record<Combination['spawner'], (options: never) => Spawner>> = {
  inline,
  coroutine,
  restart,
  thread,
  pool: (options) => pool(2, options),
  process,
}

/** The service lacks nothing but time: a node that gets as far as making its transport was not refused. */
const reached = part(import.meta.url, 'reached', {}, () => {
  throw new Error('the transport is made')
})
const app = touch()
const saving = { ...app, global: { ...app.global, restartable: true } } as const

test('createNode says the same of every combination, before anything runs', async () => {
  for (const [{ spawner, channel, kind }, outcome] of outcomes) {
    const start = async (): Promise<unknown> => {
      const placed = spawners[spawner]({ channel } as never)
      return createNode({
        transport: reached,
        apps: { app: saving },
        peerRef: kind,
        placement: { 'app.global': placed } as never,
      })
    }
    const expected =
      outcome === 'legal' ? /transport is made/ : outcome === 'no such channel' ? /\(\{ channel \}\) is/ : outcome
    await assert.rejects(start, (error) => {
      const { message } = error instanceof Error ? error : new Error('no error')
      assert.equal(MyDhtError.is(error, 'MYDHT_BAD_CONFIG'), outcome !== 'legal', message)
      if (typeof expected === 'string') assert.equal(message, expected)
      else assert.match(message, expected)
      return true
    })
  }
  assert.equal(outcomes.size, 72)
})

const placed: Readonly<Record<ServiceOutcome['spawner'], () => Spawner>> = {
  'inline()': inline,
  'coroutine()': coroutine,
  'restart()': restart,
  'thread()': thread,
  'pool(2)': () => pool(2),
  'process()': process,
}

test('createNode says the same of every service with every spawner, before anything runs', async () => {
  for (const { transport, service, spawner, outcome } of ofServices) {
    // There the transport would be made, and cannot be.
    if (service === 'main' && outcome === 'legal') continue
    const made = { ...reached, blocking: transport === 'fifo' }
    const placement = { [service]: placed[spawner]() }
    const apps = { kv: kv(), files: files(), touch: touch() }
    await assert.rejects(createNode({ transport: made, apps, placement }), ({ message }: Error) => {
      // At the start there is a word more: what to do.
      if (outcome === 'legal') assert.match(message, /transport is made/)
      else assert.ok(message.startsWith(outcome), message)
      return true
    })
  }
  assert.equal(ofServices.length, 84)
})
