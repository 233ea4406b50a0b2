/**
 * @module testing/spawner-suite-calls
 * Tests of every spawner: calls, their answers, deadlines and ends.
 */
import assert from 'node:assert/strict'
import { MyDhtError } from '../errors.ts'
import { answered, code, echo, type SuiteTools } from './spawner-suite-tools.ts'

/** Registers them. */
export function callTests({ check, bench, heldBench }: SuiteTools): void {
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
}
