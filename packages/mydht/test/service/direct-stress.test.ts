import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../src/random.ts'
import type { Handle } from '../../src/service/handle.ts'
import { link, type Returned } from '../../src/service/remote/direct-link.ts'
import { pool } from '../../src/service/spawners/pool.ts'
import { realParts } from './elsewhere.ts'
import { sink, sinkMemory, source } from './direct-probe.ts'
import type { SinkCommand, SinkEvent, SourceCommand, SourceEvent } from './direct-probe.ts'

const pairs = 24
const rounds = 60

/** Where each item of one source was last heard of: exactly one way for each, but for those that a crash may have caught after they were handled. */
interface Ledger {
  readonly got: number[]
  readonly notHandled: number[]
  readonly perhaps: number[]
  sent: number
  lost: number
  signs: number
  to: Handle<SinkCommand, SinkEvent>
}

const seqs = (commands: readonly SinkCommand[]): number[] =>
  commands.flatMap((command) => (command.type === 'item' ? [command.seq] : []))

test('whichever sinks are killed, each item arrives, comes back or is told to be handled perhaps: none is lost, doubled or reordered', async () => {
  const random = seededRandom(11)
  const [sources, sinks] = [pool(1), pool(3)]
  const memory = new SharedArrayBuffer(4 * pairs)
  const parts = { ...realParts, memory: { [sinkMemory]: memory } }
  let kills = 0
  /** Each source's link, and all that it had before. */
  const links: (Promise<void> | undefined)[] = Array.from({ length: pairs }, () => undefined)
  const overs: Promise<void>[] = []
  const everSent: (() => number)[] = []

  const open = (slot: number): Ledger => {
    const spawnSink = (): Handle<SinkCommand, SinkEvent> => {
      const destination = {
        send: ({ got }: SinkEvent) => {
          if (typeof got === 'number') ledger.got.push(got)
          return true
        },
      }
      const to = sinks.spawn(sink, slot, parts, destination)
      to.onEnd(({ notSent, maybeHandled, failure }) => {
        ledger.notHandled.push(...seqs(notSent))
        ledger.perhaps.push(...seqs(maybeHandled))
        if (failure === undefined) return
        ledger.to = spawnSink()
        relink()
      })
      return to
    }
    const returned = ({ notSent, maybeHandled, lost }: Returned<SinkCommand>): void => {
      ledger.notHandled.push(...seqs(notSent))
      ledger.perhaps.push(...seqs(maybeHandled))
      ledger.lost += lost
    }
    const from = sources.spawn(source, { weight: 0 }, realParts, {
      send: (event: SourceEvent) => {
        if (event.type === 'sign') ledger.signs++
        else if (!ledger.to.send(event)) ledger.notHandled.push(event.seq)
        return true
      },
    })
    const relink = (): void => {
      // Over when its sink is killed and the source has said what did not arrive; the last one is not.
      const over = new Promise<void>((resolve) =>
        link(from, ledger.to, 'sink', { onReturned: returned, onOver: resolve })
      )
      overs.push(...links.splice(slot, 1, over).filter((each) => each !== undefined))
    }
    const ledger: Ledger = { got: [], notHandled: [], perhaps: [], sent: 0, lost: 0, signs: 0, to: undefined as never }
    ledger.to = spawnSink()
    relink()
    everSent[slot] = () => from.stats().direct ?? 0
    emitters.push(from)
    return ledger
  }
  const emitters: Handle<SourceCommand, SourceEvent, never>[] = []
  const ledgers = Array.from({ length: pairs }, (_, slot) => open(slot))
  await Promise.all(emitters.map((from) => from.call({ type: 'emit', count: 0, sign: 'ready' })))
  for (let round = 0; round < rounds; round++) {
    for (const [slot, ledger] of ledgers.entries()) {
      const count = random.below(40)
      if (emitters[slot]?.send({ type: 'emit', count }) === true) ledger.sent += count
    }
    // A throw is one sink's end; an exit takes its worker and all sinks there.
    const type = round % 12 === 11 ? 'exit' : 'throw'
    if (ledgers[random.below(pairs)]?.to.send({ type }) === true) kills++
    await new Promise((resolve) => setImmediate(resolve))
  }
  // Behind all events of a source comes the reply of its last call.
  await Promise.all(emitters.map((from) => from.call({ type: 'emit', count: 0, sign: 'end' }, { timeoutMs: 60_000 })))
  // The last kills may still be on their way: a call that fails says so, and its sink has a successor.
  for (const ledger of ledgers) {
    while (!(await answered(ledger.to))) continue
  }
  await Promise.all(overs)
  await Promise.all(emitters.map((from) => from.close()))
  await Promise.all(ledgers.map((ledger) => ledger.to.close()))

  let direct = 0
  for (const [slot, ledger] of ledgers.entries()) {
    const { got, notHandled, perhaps, sent, lost } = ledger
    direct += everSent[slot]?.() ?? 0
    assert.equal(lost, 0)
    assert.deepEqual(
      got,
      got.toSorted((a, b) => a - b),
      'in order'
    )
    const heard = new Set([...got, ...notHandled, ...perhaps])
    assert.equal(heard.size, sent, `of ${sent} items each is heard of`)
    assert.equal(new Set([...got, ...notHandled]).size, got.length + notHandled.length, 'none arrived and came back')
    assert.equal(new Set([...notHandled, ...perhaps]).size, notHandled.length + perhaps.length, 'none came back twice')
    const handled = Atomics.load(new Int32Array(memory), slot)
    assert.ok(handled >= got.length && handled <= new Set([...got, ...perhaps]).size, `${handled} were handled`)
  }
  assert.ok(kills > 30 && direct > 2000, `${kills} kills, ${direct} directly`)
})

async function answered(to: Handle<SinkCommand, SinkEvent>): Promise<boolean> {
  try {
    await to.call({ type: 'mark', mark: 'end' }, { timeoutMs: 60_000 })
    return true
  } catch {
    return false
  }
}
