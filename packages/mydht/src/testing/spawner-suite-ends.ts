/**
 * @module testing/spawner-suite-ends
 * Tests of every spawner: how services fail and close, what comes back, what comes late.
 */
import assert from 'node:assert/strict'
import { gatedDestination, probe } from './spawner-probe.ts'
import { answered, arrival, code, echo, never, stepOf, type SuiteTools } from './spawner-suite-tools.ts'

/** Registers them. */
export function endTests({ create, open, supports, check, bench, heldBench }: SuiteTools): void {
  const step = stepOf(supports)
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
    handle.send({ type: 'late', value: 5, afterMs: 10 * step })
    await pass(0)
    handle.send({ type: 'throw' })
    await pass(0)
    assert.equal(handle.state, 'failed')
    await pass(20 * step)
    assert.deepEqual(gate.values, [])
    assert.equal(handle.stats().dropped, supports.remote === true ? 0 : 1)
  })

  check('what a service sends to itself after its end is refused', async () => {
    const { handle, gate, pass } = bench()
    handle.send({ type: 'remind', value: 5, afterMs: 10 * step })
    await pass(0)
    await handle.close()
    await pass(20 * step)
    assert.deepEqual(gate.values, [])
    assert.equal(handle.stats().handled, 1)
  })

  check('a timer comes back as a command to the service itself', async () => {
    const { handle, gate, pass } = bench()
    handle.send({ type: 'remind', value: 5, afterMs: 10 * step })
    const reminded = arrival(gate, 5)
    await pass(20 * step)
    await reminded
    assert.deepEqual(gate.values, [5])
    await pass(0)
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
}
