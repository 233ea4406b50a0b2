/**
 * @module testing/spawner-suite-modes
 * Tests of spawners that differ: at once or later, asynchronous or not, suspending or not.
 */
import assert from 'node:assert/strict'
import { answered, arrival, code, echo, stepOf, type SuiteTools } from './spawner-suite-tools.ts'

/** Registers them. */
export function modeTests({ supports, check, bench }: SuiteTools): void {
  const step = stepOf(supports)
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
      await pass(0)
      handle.send({ type: 'wait', value: 1, afterMs: 10 * step })
      handle.send(echo(2))
      const call = handle.call({ type: 'wait', value: 3, afterMs: 10 * step })
      handle.send(echo(4))
      const last = arrival(gate, 4)
      await pass(5 * step)
      // On a busy machine the first may be done by now; that 2 does not overtake it shows the same.
      if (supports.remote !== true) assert.deepEqual(gate.values, [])
      await pass(15 * step)
      assert.deepEqual(await call, { type: 'echo', value: 3, depth: 0 })
      await last
      assert.deepEqual(gate.values, [1, 2, 4])
    })

    check('a reply that comes after its caller has gone is dropped and counted', async () => {
      const { handle, gate, pass } = bench()
      await pass(0)
      const call = assert.rejects(
        handle.call({ type: 'wait', value: 1, afterMs: 20 * step }, { timeoutMs: 5 * step }),
        code('MYDHT_TIMEOUT')
      )
      handle.send(echo(2))
      const behind = arrival(gate, 2)
      await pass(20 * step)
      await call
      await behind
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
      await pass(0)
      handle.send({ type: 'wait', value: 1, afterMs: 20 * step })
      handle.send(echo(2))
      await pass(0)
      const closed = handle.close()
      await pass(20 * step)
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
        if (supports.remote === true) return
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
