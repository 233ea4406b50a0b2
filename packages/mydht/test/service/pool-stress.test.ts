import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../src/random.ts'
import type { Ended, Handle } from '../../src/service/handle.ts'
import { pool } from '../../src/service/spawners/pool.ts'
import { realParts } from './elsewhere.ts'
import { worker, type Command, type Event } from './remote-probe.ts'

const instances = 1000
const rounds = 40

/** What one sender knows of one incarnation: what it sent, what came, what was reported at its end. */
interface Ledger {
  readonly sent: number[]
  readonly came: number[]
  handle: Handle<Command, Event, number>
}

test('pool(4): a thousand services with seeded crashes lose nothing unreported, double nothing, reorder nothing', async () => {
  const random = seededRandom(7)
  const workers = pool(4, { queueLimit: 64 })
  const ends: Promise<void>[] = []
  let crashes = 0
  let reported = 0
  const open = (): Ledger => {
    const came: number[] = []
    const destination = {
      send: (event: Event) => {
        if (event.type === 'counted') came.push(event.seq)
        return true
      },
    }
    const ledger: Ledger = { sent: [], came, handle: workers.spawn(worker, 0, realParts, destination) }
    ends.push(
      new Promise((resolve) =>
        ledger.handle.onEnd((ended) => {
          audit(ledger, ended)
          reported += ended.notSent.length + ended.maybeHandled.length
          resolve()
        })
      )
    )
    return ledger
  }
  const ledgers = Array.from({ length: instances }, open)
  let seq = 0
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < instances; i++) {
      let ledger = ledgers[i]
      if (ledger === undefined) continue
      if (ledger.handle.state === 'failed') ledgers[i] = ledger = open()
      if (ledger.handle.send({ type: 'count', seq })) ledger.sent.push(seq++)
    }
    const unlucky = ledgers[random.below(instances)]
    // Most crashes are one service's; a few take their thread with them, and the services of that thread.
    const type = round % 10 === 9 ? 'exit' : 'throw'
    if (unlucky?.handle.send({ type }) === true) crashes++
    await new Promise((resolve) => setImmediate(resolve))
  }
  // Whoever lives handles the rest: a reply comes behind all that was sent.
  await Promise.allSettled(ledgers.map((ledger) => ledger.handle.call({ type: 'where' }, { timeoutMs: 30_000 })))
  await Promise.all(ledgers.map((ledger) => ledger.handle.close()))
  await Promise.all(ends)
  assert.ok(crashes > rounds / 2 && reported > 0)
})

function audit({ sent, came }: Ledger, { notSent, maybeHandled }: Ended<Command, number>): void {
  const seqs = (commands: readonly Command[]): number[] =>
    commands.flatMap((command) => (command.type === 'count' ? [command.seq] : []))
  const back = [...seqs(maybeHandled), ...seqs(notSent)]
  // In order at both ends, and what came and what is reported meet without a gap: a command may only be in both if it was delivered
  // and not acknowledged, which one batch with event and acknowledgement rules out.
  assert.deepEqual([...came, ...back], sent)
}
