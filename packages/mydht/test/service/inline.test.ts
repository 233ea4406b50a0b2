import assert from 'node:assert/strict'
import { test } from 'node:test'
import { define } from '../../src/service/define.ts'
import type { Destination, Handle } from '../../src/service/handle.ts'
import type { Service } from '../../src/service/service.ts'
import { inline } from '../../src/service/spawners/inline.ts'
import { world } from './world.ts'

interface Token {
  readonly left: number
}

test('a ring of services passes a token a hundred thousand times without growing the stack', () => {
  const { parts } = world()
  let deepest = 0
  let depth = 0
  let handled = 0
  const relay = define({
    name: 'relay',
    module: import.meta.url,
    sync: true,
    create: (): Service<Token, Token> => ({
      handle: ({ left }, emit) => {
        depth++
        deepest = Math.max(deepest, depth)
        handled++
        if (left > 0) emit({ left: left - 1 })
        depth--
      },
    }),
  })
  const ring: Handle<Token, Token>[] = []
  for (let i = 0; i < 5; i++) {
    const next: Destination<Token> = { send: (token) => ring[(i + 1) % 5]?.send(token) ?? false }
    ring.push(inline({ queueLimit: 1 }).spawn(relay, undefined, parts, next))
  }
  assert.equal(ring[0]?.send({ left: 100_000 }), true)
  assert.equal(handled, 100_001)
  assert.equal(deepest, 5, 'the first on the stack queues, and its outermost call drains')
  assert.deepEqual(
    ring.map((handle) => handle.state),
    Array(5).fill('running')
  )
})

test('a full ring gives commands back to their origin instead of deadlocking', () => {
  const { parts } = world()
  const undelivered: number[] = []
  let arrived = 0
  const split = define({
    name: 'split',
    module: import.meta.url,
    sync: true,
    // Each token becomes two: more than a ring of queues of 4 can hold.
    create: (): Service<Token, Token> => ({
      handle: ({ left }, emit) => {
        arrived++
        if (left > 0) for (let i = 0; i < 2; i++) emit({ left: left - 1 })
      },
    }),
  })
  const ring: Handle<Token, Token>[] = []
  for (let i = 0; i < 3; i++) {
    // As the main loop does: it never waits, what a full service refuses goes back as undelivered.
    const router: Destination<Token> = {
      send: (token) => {
        if (ring[(i + 1) % 3]?.send(token) !== true) undelivered.push(token.left)
        return true
      },
    }
    ring.push(inline({ queueLimit: 4 }).spawn(split, undefined, parts, router))
  }
  ring[0]?.send({ left: 12 })
  assert.ok(undelivered.length > 0)
  let emitted = 0
  for (const handle of ring) {
    assert.equal(handle.state, 'running')
    const { queued, dropped } = handle.stats()
    assert.deepEqual([queued, dropped], [0, 0])
    emitted += handle.stats().handled
  }
  assert.equal(emitted, arrived)
})

test('a service that fails inside another leaves the other, and the sender, unharmed', () => {
  const { parts } = world()
  const bad = define({
    name: 'bad',
    module: import.meta.url,
    sync: true,
    create: (): Service<number, number> => ({
      handle: () => {
        throw new Error('bad')
      },
    }),
  })
  const good = define({
    name: 'good',
    module: import.meta.url,
    sync: true,
    create: (): Service<number, number> => ({ handle: (value, emit) => void emit(value) }),
  })
  const inner = inline().spawn(bad, undefined, parts, { send: () => true })
  const outer = inline().spawn(good, undefined, parts, inner)
  assert.equal(outer.send(1), true)
  assert.equal(inner.state, 'failed')
  assert.equal(outer.state, 'running')
  assert.equal(outer.send(2), true)
  assert.equal(outer.stats().dropped, 0)
})

test('what create sends to itself is handled when the instance is there', () => {
  const { parts } = world()
  const seen: number[] = []
  const eager = define({
    name: 'eager',
    module: import.meta.url,
    sync: true,
    create: (_: undefined, { self }): Service<number, number> => {
      self(1)
      self(2)
      return { handle: (value, emit) => void emit(value) }
    },
  })
  inline().spawn(eager, undefined, parts, { send: (value) => seen.push(value) > 0 })
  assert.deepEqual(seen, [1, 2])
})

test('a service that closes itself finishes its command first, and closes its own things once', async () => {
  const { parts, clock } = world()
  const seen: string[] = []
  const quitter = define({
    name: 'quitter',
    module: import.meta.url,
    sync: true,
    create: (): Service<string, string> => ({
      handle: (word, emit) => {
        emit(word)
        seen.push(`after ${word}`)
      },
      close: () => void seen.push('closed'),
    }),
  })
  const handle: Handle<string, string> = inline().spawn(quitter, undefined, parts, {
    send: (word) => {
      if (word === 'quit') void handle.close()
      return true
    },
  })
  handle.send('quit')
  await handle.close()
  assert.deepEqual(seen, ['after quit', 'closed'])
  assert.equal(clock.waiting, 0, 'no timer is left to hold the process open')
})

test('busyMs is measured only where it is asked for', () => {
  const { parts, clock } = world()
  let nowMs = 0
  const ticking = { ...parts, clock: { ...clock, monotonicMs: () => nowMs } }
  const slow = define({
    name: 'slow',
    module: import.meta.url,
    sync: true,
    create: (): Service<number, number> => ({ handle: (ms) => void (nowMs += ms) }),
  })
  const measured = inline({ measure: true }).spawn(slow, undefined, ticking, { send: () => true })
  const plain = inline().spawn(slow, undefined, ticking, { send: () => true })
  measured.send(3)
  measured.send(4)
  plain.send(5)
  assert.equal(measured.stats().busyMs, 7)
  assert.equal(plain.stats().busyMs, 0)
})

test('what the owner asks for is measured, unless the spawner says otherwise', () => {
  const { parts } = world()
  let nowMs = 0
  const ticking = { ...parts, measure: true, clock: { ...parts.clock, monotonicMs: () => nowMs } }
  const slow = define({
    name: 'slow',
    module: import.meta.url,
    sync: true,
    create: (): Service<number, number> => ({ handle: (ms) => void (nowMs += ms) }),
  })
  const measured = inline().spawn(slow, undefined, ticking, { send: () => true })
  const not = inline({ measure: false }).spawn(slow, undefined, ticking, { send: () => true })
  measured.send(3)
  not.send(3)
  assert.equal(measured.stats().busyMs, 3)
  assert.equal(not.stats().busyMs, 0)
})

test('of measured services on one stack each counts its own time, one that throws too', () => {
  const { parts } = world()
  let nowMs = 0
  const ticking = { ...parts, measure: true, clock: { ...parts.clock, monotonicMs: () => nowMs } }
  const slow = define({
    name: 'slow',
    module: import.meta.url,
    sync: true,
    create: (ownMs: number): Service<number, number> => ({
      handle: (ms, emit) => {
        nowMs += ownMs
        emit(ms)
        emit(ms)
        nowMs += ownMs
        if (ms === 0) throw new Error('told to')
      },
    }),
  })
  const last = inline().spawn(slow, 100, ticking, { send: () => true })
  const middle = inline().spawn(slow, 10, ticking, last)
  const first = inline().spawn(slow, 1, ticking, middle)
  first.send(5)
  first.send(0)
  // The last one fails at its first 0, the middle one at its own first 0: the second finds nobody.
  const busy = [first, middle, last].map((handle) => handle.stats().busyMs)
  assert.deepEqual(busy, [4, 60, 1000])
  assert.equal(
    busy.reduce((sum, ms) => sum + ms, 0),
    nowMs
  )
})
