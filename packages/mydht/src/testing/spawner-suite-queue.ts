/**
 * @module testing/spawner-suite-queue
 * Tests of every spawner: spawning, the order of commands, and the bounds of queue and outbox.
 */
import assert from 'node:assert/strict'
import type { Ended, Handle } from '../service/handle.ts'
import { gatedDestination, probe, type ProbeCommand, type ProbeEvent, type ProbeSaved } from './spawner-probe.ts'
import { answered, code, echo, never, type SuiteTools } from './spawner-suite-tools.ts'

function ended(handle: Handle<ProbeCommand, ProbeEvent, ProbeSaved>): Promise<Ended<ProbeCommand, ProbeSaved>> {
  return new Promise((resolve) => handle.onEnd(resolve))
}

/** Registers them. */
export function queueTests({ create, supports, open, kind, check, bench, heldBench }: SuiteTools): void {
  check('what create throws reaches the caller of spawn, or fails the handle where it runs elsewhere', async () => {
    const { parts } = open()
    const spawn = (): Handle<ProbeCommand, ProbeEvent, ProbeSaved> =>
      create({}).spawn(probe, { refuse: true }, parts, gatedDestination())
    if (supports.remote === true) assert.match((await ended(spawn())).failure?.message ?? '', /refuses this init/)
    else assert.throws(spawn, /refuses this init/)
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
    let wake = (): void => {}
    const came = new Promise<void>((resolve) => (wake = resolve))
    const send = (): boolean => {
      if (++asked <= 4) return false
      taken++
      wake()
      return true
    }
    const destination = { send, drained: () => Promise.resolve() }
    const handle = create({ outboxLimit: 1 }).spawn(probe, {}, parts, destination)
    handle.send(echo(1))
    await pass(0)
    if (supports.remote !== true) assert.equal(taken, 0)
    await pass(10)
    await came
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
}
