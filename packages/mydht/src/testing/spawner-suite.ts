/**
 * @module testing/spawner-suite
 * What every spawner must keep, as tests. The runner is passed in: `spawnerSuite({ test, create, supports, open })`.
 */
import assert from 'node:assert/strict'
import { MyDhtError, type ErrorCode } from '../errors.ts'
import type { Handle } from '../service/handle.ts'
import type { Spawner, SpawnParts } from '../service/spawner.ts'
import {
  gatedDestination,
  probe,
  type GatedDestination,
  type ProbeCommand,
  type ProbeEvent,
  type ProbeSaved,
} from './spawner-probe.ts'

/** What a spawner can do: the suite tests the rest only where it can. */
export interface SpawnerSupports {
  /** An idle service handles a command before `send` returns. */
  readonly atOnce: boolean
  /** `handle` may give a promise. */
  readonly async: boolean
  /** The instance is dropped when its queue is empty. */
  readonly suspends: boolean
}

/** Bounds that the suite chooses for a test. */
export interface SuiteBounds {
  readonly queueLimit?: number
  readonly outboxLimit?: number
  readonly closeTimeoutMs?: number
}

/** One test's world. */
export interface SuiteWorld {
  readonly parts: SpawnParts
  /** Lets `ms` pass on the parts' clock and settles when everything that follows has happened. */
  readonly pass: (ms: number) => Promise<void>
}

/** What `spawnerSuite` needs. */
export interface SpawnerSuiteOptions {
  /** As `test` of node:test: called with a name and a function. */
  readonly test: (name: string, run: () => Promise<void>) => unknown
  readonly create: (bounds: SuiteBounds) => Spawner
  readonly supports: SpawnerSupports
  readonly open: () => SuiteWorld
}

interface Bench extends SuiteWorld {
  readonly handle: Handle<ProbeCommand, ProbeEvent, ProbeSaved>
  readonly gate: GatedDestination
}

/** Registers the tests of one spawner. */
export function spawnerSuite({ test, create, supports, open }: SpawnerSuiteOptions): void {
  const kind = create({}).kind
  const bench = (bounds: SuiteBounds = {}): Bench => {
    const world = open()
    const gate = gatedDestination()
    const handle = create(bounds).spawn(probe, {}, world.parts, gate)
    return { ...world, gate, handle }
  }
  /** A service whose next commands wait: its outbox is at its mark and its destination refuses. */
  const heldBench = async (bounds: SuiteBounds): Promise<Bench> => {
    const made = bench({ outboxLimit: 1, ...bounds })
    made.gate.shut()
    assert.equal(made.handle.send({ type: 'echo', value: 0 }), true)
    await made.pass(0)
    return made
  }
  const check = (name: string, run: () => Promise<void>): unknown => test(`${kind}: ${name}`, run)
  const code =
    (expected: ErrorCode) =>
    (error: unknown): boolean => {
      assert.ok(MyDhtError.is(error, expected), `expected ${expected}, got ${String(error)}`)
      return true
    }
  const echo = (value: number): ProbeCommand => ({ type: 'echo', value })
  const never = new AbortController().signal

  check('what create throws reaches the caller of spawn', async () => {
    const { parts } = open()
    assert.throws(() => create({}).spawn(probe, { refuse: true }, parts, gatedDestination()), /refuses this init/)
  })

  check('a bound that is no count is MYDHT_BAD_CONFIG', async () => {
    for (const bad of [0, -1, 1.5, Number.NaN]) {
      assert.throws(
        () => create({ queueLimit: bad }).spawn(probe, {}, open().parts, gatedDestination()),
        code('MYDHT_BAD_CONFIG')
      )
    }
  })

  check('a definition that lacks a need is refused with the names of service, spawner and need', async () => {
    const spawner = create({})
    for (const need of spawner.needs) {
      const { [need]: _, ...without } = probe
      assert.throws(
        () => spawner.spawn(without, {}, open().parts, gatedDestination()),
        (error) =>
          code('MYDHT_BAD_CONFIG')(error) &&
          error instanceof Error &&
          [probe.name, kind, need].every((word) => error.message.includes(word))
      )
    }
  })

  check('a full queue refuses the command, and drained settles when it may be sent again', async () => {
    const { handle, gate, pass } = await heldBench({ queueLimit: 3 })
    const taken = [1, 2, 3, 4, 5].map((value) => handle.send(echo(value)))
    assert.deepEqual(taken, [true, true, true, false, false])
    assert.equal(handle.stats().queued, 3)
    let settled = false
    const drained = handle.drained(never).then(() => (settled = true))
    await pass(0)
    assert.equal(settled, false)
    gate.open()
    await pass(0)
    await drained
    assert.equal(handle.send(echo(9)), true)
    await pass(0)
    assert.deepEqual(gate.values, [0, 1, 2, 3, 9])
  })

  check('an aborted wait for room rejects with the reason of its signal', async () => {
    const { handle } = await heldBench({ queueLimit: 1 })
    handle.send(echo(1))
    const reason = new Error('enough')
    const controller = new AbortController()
    const waits = handle.drained(controller.signal)
    controller.abort(reason)
    await assert.rejects(waits, (error) => error === reason)
    await assert.rejects(handle.drained(controller.signal), (error) => error === reason)
  })

  check('commands are handled in the order they were sent, one at a time', async () => {
    const { handle, gate, pass } = bench()
    for (let i = 0; i < 600; i++) assert.equal(handle.send(echo(i)), true)
    await pass(0)
    assert.deepEqual(
      gate.values,
      Array.from({ length: 600 }, (_, i) => i)
    )
    assert.equal(gate.depth, 1)
  })

  check('a command sent from its own event is handled after the command under way', async () => {
    const { handle, gate, pass } = bench()
    gate.onValue = (value) => {
      if (value < 50) assert.equal(handle.send(echo(value + 1)), true)
    }
    handle.send(echo(0))
    await pass(0)
    assert.deepEqual(
      gate.values,
      Array.from({ length: 51 }, (_, i) => i)
    )
    assert.equal(gate.depth, 1)
  })

  check('what a service sends to itself goes behind what waits', async () => {
    const { handle, gate, pass } = await heldBench({})
    handle.send({ type: 'self', value: 1, behind: [3, 4] })
    handle.send(echo(2))
    gate.open()
    await pass(0)
    assert.deepEqual(gate.values, [0, 1, 2, 3, 4])
  })

  check(
    'emit says false at the mark, takes the event all the same, and no command is delivered until the outbox drains',
    async () => {
      const { handle, gate, pass } = bench({ outboxLimit: 2 })
      gate.shut()
      handle.send({ type: 'burst', count: 4 })
      handle.send(echo(100))
      await pass(0)
      assert.equal(handle.stats().queued, 1)
      gate.open()
      await pass(0)
      assert.deepEqual(gate.values, [0, 1, 2, 3, 100])
      if (supports.suspends) return
      const facts = await answered(handle.call({ type: 'facts' }), pass)
      assert.deepEqual(facts, { type: 'facts', handled: 3, refused: 3, lateTaken: 0 })
    }
  )

  check('events that wait are not overtaken when the destination opens', async () => {
    const { handle, gate, pass } = bench({ outboxLimit: 10 })
    gate.shut()
    handle.send(echo(1))
    await pass(0)
    gate.open()
    handle.send(echo(2))
    await pass(0)
    assert.deepEqual(gate.values, [1, 2])
  })

  check('a destination that says drained and still refuses is asked again, without spinning', async () => {
    const { parts, pass } = open()
    let asked = 0
    let taken = 0
    const destination = { send: () => ++asked > 4 && ++taken > 0, drained: () => Promise.resolve() }
    const handle = create({ outboxLimit: 1 }).spawn(probe, {}, parts, destination)
    handle.send(echo(1))
    await pass(0)
    assert.equal(taken, 0)
    await pass(10)
    assert.deepEqual([asked, taken], [5, 1])
  })

  check('past twice its outbox a service fails with MYDHT_SERVICE_OVERFLOW', async () => {
    const { handle, gate, pass } = bench({ outboxLimit: 2 })
    gate.shut()
    handle.send({ type: 'burst', count: 5 })
    handle.send(echo(1))
    await pass(0)
    assert.equal(handle.state, 'failed')
    assert.equal(handle.failure?.code, 'MYDHT_SERVICE_OVERFLOW')
    assert.equal(handle.send(echo(2)), false)
    assert.equal(handle.stats().dropped, 5)
  })

  check('a throw fails the service: the sender goes on, later commands come back as notSent', async () => {
    const { handle, gate, pass } = await heldBench({})
    handle.send({ type: 'throw' })
    handle.send(echo(1))
    handle.send(echo(2))
    gate.open()
    await pass(0)
    assert.equal(handle.state, 'failed')
    assert.equal(handle.failure?.code, 'MYDHT_SERVICE_FAILED')
    const ended = await handle.close()
    assert.deepEqual(ended.notSent, [echo(1), echo(2)])
    assert.equal(ended.failure, handle.failure)
    await assert.rejects(handle.drained(never), code('MYDHT_SERVICE_FAILED'))
  })

  check('a throw rejects the call under way and those that wait at once', async () => {
    const { handle, gate, pass } = await heldBench({})
    const calls = [handle.call({ type: 'throw' }), handle.call(echo(1)), handle.call(echo(2))]
    const results = Promise.allSettled(calls)
    gate.open()
    await pass(0)
    const delivered = (await results).map((result) => {
      assert.equal(result.status, 'rejected')
      assert.ok(MyDhtError.is(result.reason, 'MYDHT_SERVICE_FAILED'))
      return result.reason.details['delivered']
    })
    assert.deepEqual(delivered, [true, false, false])
    await assert.rejects(handle.call(echo(3)), code('MYDHT_SERVICE_FAILED'))
  })

  check('a call gets the first event of its own command, and that event goes nowhere else', async () => {
    const { handle, gate, pass } = bench()
    handle.send(echo(1))
    const reply = handle.call({ type: 'burst', count: 3 })
    handle.send(echo(7))
    assert.deepEqual(await answered(reply, pass), { type: 'echo', value: 0, depth: 1 })
    await pass(0)
    assert.deepEqual(gate.values, [1, 1, 2, 7])
  })

  check('a call of a command that emits nothing rejects with MYDHT_NO_REPLY', async () => {
    const { handle, pass } = bench()
    await assert.rejects(answered(handle.call({ type: 'silent' }), pass), code('MYDHT_NO_REPLY'))
  })

  check('a call to a full queue rejects with MYDHT_FULL', async () => {
    const { handle } = await heldBench({ queueLimit: 1 })
    handle.send(echo(1))
    await assert.rejects(handle.call(echo(2)), code('MYDHT_FULL'))
  })

  check('a call that waits too long rejects with MYDHT_TIMEOUT, and its command is not handled later', async () => {
    const { handle, gate, pass } = await heldBench({})
    const call = assert.rejects(handle.call(echo(1), { timeoutMs: 20 }), code('MYDHT_TIMEOUT'))
    await pass(25)
    await call
    handle.send(echo(2))
    gate.open()
    await pass(0)
    assert.deepEqual(gate.values, [0, 2])
    assert.equal(handle.stats().handled, 2)
  })

  check('an aborted call rejects with the reason of its signal, before and while it waits', async () => {
    const { handle, gate, pass } = await heldBench({})
    const reason = new Error('not wanted')
    const controller = new AbortController()
    const call = assert.rejects(handle.call(echo(1), { signal: controller.signal }), (error) => error === reason)
    controller.abort(reason)
    await call
    await assert.rejects(handle.call(echo(2), { signal: controller.signal }), (error) => error === reason)
    gate.open()
    await pass(0)
    assert.deepEqual(gate.values, [0])
  })

  check('a call without a deadline is a TypeError', async () => {
    const { handle } = bench()
    assert.throws(() => handle.call(echo(1), { timeoutMs: Infinity }), TypeError)
    assert.throws(() => handle.call(echo(1), { timeoutMs: 0 }), TypeError)
  })

  check('close gives back state and the commands that waited, once and the same promise each time', async () => {
    const { handle, gate, pass } = await heldBench({ queueLimit: 3 })
    handle.send(echo(1))
    const call = assert.rejects(handle.call(echo(2)), code('MYDHT_SERVICE_ENDED'))
    handle.send(echo(3))
    const room = assert.rejects(handle.drained(never), code('MYDHT_SERVICE_ENDED'))
    const closed = handle.close()
    assert.equal(handle.close(), closed)
    await pass(0)
    const ended = await closed
    await call
    await room
    assert.deepEqual(ended.notSent, [echo(1), echo(3)])
    assert.deepEqual(ended.saved, { handled: 1 })
    assert.equal(ended.failure, undefined)
    assert.equal(handle.state, 'ended')
    assert.equal(handle.send(echo(4)), false)
    await assert.rejects(handle.call(echo(4)), code('MYDHT_SERVICE_ENDED'))
    await assert.rejects(handle.drained(never), code('MYDHT_SERVICE_ENDED'))
    assert.equal(handle.stats().dropped, 1, 'the event that the destination never took')
    assert.deepEqual(gate.values, [])
  })

  check('onEnd is told once, also when it asks after the end, and what it throws harms nobody', async () => {
    const { handle, pass } = bench()
    let told = 0
    handle.onEnd(() => {
      throw new Error('a bad listener')
    })
    handle.onEnd(() => told++)
    handle.send({ type: 'throw' })
    await pass(0)
    handle.onEnd(() => told++)
    await handle.close()
    assert.equal(told, 2)
  })

  check('a spawn with saved state goes on from it', async () => {
    const { parts, pass } = open()
    const handle = create({}).spawn(probe, {}, parts, gatedDestination(), { handled: 41 })
    assert.deepEqual(await answered(handle.call({ type: 'facts' }), pass), {
      type: 'facts',
      handled: 42,
      refused: 0,
      lateTaken: 0,
    })
  })

  check('what a dead instance still emits is dropped and counted', async () => {
    const { handle, gate, pass } = bench()
    handle.send({ type: 'late', value: 5, afterMs: 10 })
    await pass(0)
    handle.send({ type: 'throw' })
    await pass(0)
    assert.equal(handle.state, 'failed')
    await pass(20)
    assert.deepEqual(gate.values, [])
    assert.equal(handle.stats().dropped, 1)
  })

  check('what a service sends to itself after its end is refused', async () => {
    const { handle, gate, pass } = bench()
    handle.send({ type: 'remind', value: 5, afterMs: 10 })
    await pass(0)
    await handle.close()
    await pass(20)
    assert.deepEqual(gate.values, [])
    assert.equal(handle.stats().handled, 1)
  })

  check('a timer comes back as a command to the service itself', async () => {
    const { handle, gate, pass } = bench()
    handle.send({ type: 'remind', value: 5, afterMs: 10 })
    await pass(20)
    assert.deepEqual(gate.values, [5])
    assert.equal(handle.stats().handled, 2)
  })

  check('a destination that throws fails the service, not the sender', async () => {
    const { parts, pass } = open()
    const destination = {
      send: () => {
        throw new Error('a bad destination')
      },
    }
    const handle = create({}).spawn(probe, {}, parts, destination)
    assert.equal(handle.send(echo(1)), true)
    await pass(0)
    assert.equal(handle.failure?.code, 'MYDHT_SERVICE_FAILED')
    assert.match(handle.failure?.message ?? '', /a bad destination/)
  })

  check('events for a destination that has ended are dropped and counted, and the service goes on', async () => {
    const { parts, pass } = open()
    const last = create({}).spawn(probe, {}, parts, gatedDestination())
    await last.close()
    const destination = { send: () => last.send(echo(0)), drained: (signal: AbortSignal) => last.drained(signal) }
    const handle = create({ outboxLimit: 1 }).spawn(probe, {}, parts, destination)
    for (let i = 0; i < 3; i++) handle.send(echo(i))
    await pass(0)
    assert.equal(handle.state === 'failed', false)
    assert.deepEqual([handle.stats().handled, handle.stats().dropped], [3, 3])
  })

  if (supports.atOnce) {
    check('an idle service handles a command before send returns', async () => {
      const { handle, gate } = bench()
      handle.send(echo(1))
      assert.deepEqual(gate.values, [1])
    })
  } else {
    check('no command is handled before send returns', async () => {
      const { handle, gate, pass } = bench()
      handle.send(echo(1))
      assert.deepEqual(gate.values, [])
      await pass(0)
      assert.deepEqual(gate.values, [1])
    })
  }

  if (supports.async) {
    check('an asynchronous handle blocks its own queue', async () => {
      const { handle, gate, pass } = bench()
      handle.send({ type: 'wait', value: 1, afterMs: 10 })
      handle.send(echo(2))
      const call = handle.call({ type: 'wait', value: 3, afterMs: 10 })
      handle.send(echo(4))
      await pass(9)
      assert.deepEqual(gate.values, [])
      await pass(11)
      assert.deepEqual(await call, { type: 'echo', value: 3, depth: 0 })
      assert.deepEqual(gate.values, [1, 2, 4])
    })

    check('a reply that comes after its caller has gone is dropped and counted', async () => {
      const { handle, gate, pass } = bench()
      const call = assert.rejects(
        handle.call({ type: 'wait', value: 1, afterMs: 10 }, { timeoutMs: 5 }),
        code('MYDHT_TIMEOUT')
      )
      handle.send(echo(2))
      await pass(20)
      await call
      assert.deepEqual(gate.values, [2])
      assert.equal(handle.stats().dropped, 1)
    })

    check('a rejected handle fails the service', async () => {
      const { handle, pass } = bench()
      const call = assert.rejects(handle.call({ type: 'reject', afterMs: 5 }), code('MYDHT_SERVICE_FAILED'))
      handle.send(echo(1))
      await pass(6)
      await call
      assert.deepEqual((await handle.close()).notSent, [echo(1)])
    })

    check('close lets the asynchronous handle under way finish', async () => {
      const { handle, gate, pass } = bench()
      handle.send({ type: 'wait', value: 1, afterMs: 10 })
      handle.send(echo(2))
      await pass(5)
      const closed = handle.close()
      await pass(5)
      assert.deepEqual((await closed).notSent, [echo(2)])
      assert.deepEqual(gate.values, [1])
    })

    check(
      'a handle that never settles ends the close with MYDHT_TIMEOUT, and what it emits later is dropped',
      async () => {
        const { handle, gate, pass } = bench({ closeTimeoutMs: 50 })
        handle.send({ type: 'wait', value: 1, afterMs: 1000 })
        await pass(0)
        const closed = handle.close()
        await pass(50)
        assert.equal((await closed).failure?.code, 'MYDHT_TIMEOUT')
        assert.equal(handle.state, 'failed')
        await pass(1000)
        assert.deepEqual(gate.values, [])
        assert.equal(handle.stats().dropped, 1)
      }
    )
  } else {
    check('a handle that gives a promise fails the service, which said that it is synchronous', async () => {
      const { handle, pass } = bench()
      handle.send({ type: 'wait', value: 1, afterMs: 1 })
      await pass(5)
      assert.equal(handle.failure?.code, 'MYDHT_SERVICE_FAILED')
      assert.match(handle.failure?.message ?? '', /coroutine/)
    })
  }

  if (supports.suspends) {
    check('a service whose queue is empty is suspended, and the next command wakes it with its state', async () => {
      const { handle, pass } = bench()
      for (let i = 1; i <= 3; i++) {
        handle.send({ type: 'silent' })
        await pass(0)
        assert.equal(handle.state, 'suspended')
        assert.equal(handle.stats().restarts, i - 1)
      }
      const facts = await answered(handle.call({ type: 'facts' }), pass)
      assert.deepEqual(facts, { type: 'facts', handled: 4, refused: 0, lateTaken: 0 })
      assert.deepEqual((await handle.close()).saved, { handled: 4 })
    })
  }
}

/** Lets things happen until `promise` settles. */
async function answered<T>(promise: Promise<T>, pass: (ms: number) => Promise<void>): Promise<T> {
  const settled = Promise.allSettled([promise])
  await pass(0)
  await settled
  return promise
}
