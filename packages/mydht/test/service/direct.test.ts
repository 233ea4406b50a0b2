import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Handle } from '../../src/service/handle.ts'
import { link, type DirectLink, type LinkOptions, type Returned } from '../../src/service/remote/direct-link.ts'
import type { Spawner } from '../../src/service/spawner.ts'
import { coroutine } from '../../src/service/spawners/coroutine.ts'
import { pool } from '../../src/service/spawners/pool.ts'
import { process as childProcess } from '../../src/service/spawners/process.ts'
import { thread } from '../../src/service/spawners/thread.ts'
import { realParts } from './elsewhere.ts'
import { sink, source } from './direct-probe.ts'
import type { SinkCommand, SinkEvent, SourceCommand, SourceEvent } from './direct-probe.ts'

/** A source, a sink and their owner, who passes on to the sink what comes to it: items, and a mark for every sign. */
interface Bench {
  readonly from: Handle<SourceCommand, SourceEvent>
  readonly to: Handle<SinkCommand, SinkEvent>
  /** What the sink said that it handled, in order. */
  readonly got: (number | string)[]
  /** Items that came to the owner. */
  readonly ordinary: number[]
  readonly returned: Returned<SinkCommand>[]
  link(options?: LinkOptions<SinkCommand>): DirectLink | undefined
  /** Settles when the sink has said that. */
  has(what: number | string): Promise<void>
  close(): Promise<unknown>
}

function bench(spawner: Spawner, weight = 0, sinkSpawner = spawner): Bench {
  const got: (number | string)[] = []
  const ordinary: number[] = []
  const returned: Returned<SinkCommand>[] = []
  const waiting = new Map<number | string, () => void>()
  const to = sinkSpawner.spawn(sink, 0, realParts, {
    send: ({ got: what }) => {
      got.push(what)
      waiting.get(what)?.()
      return true
    },
  })
  const from = spawner.spawn(source, { weight }, realParts, {
    send: (event) => {
      if (event.type === 'item') ordinary.push(event.seq)
      if (event.type === 'item') return to.send(event)
      return to.send(event.sign === 'exit' ? { type: 'exit' } : { type: 'mark', mark: event.sign })
    },
    drained: (signal) => to.drained(signal),
  })
  const hear = (each: Returned<SinkCommand>): number => returned.push(each)
  return {
    from,
    to,
    got,
    ordinary,
    returned,
    link: (options = {}) => link(from, to, 'sink', { onReturned: hear, ...options }),
    has: (what) => (got.includes(what) ? Promise.resolve() : new Promise((resolve) => void waiting.set(what, resolve))),
    close: () => Promise.all([from.close(), to.close()]),
  }
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
const items = ({ got }: Bench): number[] => got.flatMap((each) => (typeof each === 'number' ? [each] : []))
const places: readonly (readonly [string, () => Spawner])[] = [
  ['two threads', () => thread()],
  ['a pool of two', () => pool(2)],
  ['one worker', () => pool(1)],
]

test('services that are not on threads of this thread are not linked, and all goes the ordinary way', async () => {
  for (const [from, to] of [
    [coroutine(), coroutine()],
    [thread(), coroutine()],
    [thread(), childProcess()],
  ] as const) {
    const b = bench(from, 0, to)
    assert.equal(b.link(), undefined)
    b.from.send({ type: 'emit', count: 3, sign: 'end' })
    await b.has('end')
    assert.deepEqual(b.got, [0, 1, 2, 'end'])
    await b.close()
  }
})

test('an ended service is not linked', async () => {
  const b = bench(thread())
  await b.to.close()
  assert.equal(b.link(), undefined)
  await b.close()
})

for (const [place, make] of places) {
  test(`${place}: events go directly, in order, and a command of the owner that came of a later event does not overtake them`, async () => {
    const b = bench(make())
    b.from.send({ type: 'emit', count: 5 })
    assert.ok(b.link())
    for (let i = 0; i < 50; i++) {
      b.from.send({ type: 'emit', count: 20, sign: `after ${5 + (i + 1) * 20}` })
      if (i % 10 === 9) await b.has(`after ${5 + (i + 1) * 20}`)
    }
    const expected = upTo(5).concat(upTo(1000).map((i) => i + 5))
    assert.deepEqual(items(b), expected)
    for (const [at, each] of b.got.entries()) {
      if (typeof each !== 'string') continue
      const before = b.got.slice(0, at).filter((one) => typeof one === 'number').length
      assert.ok(before >= Number(each.slice(6)), `${before} items were handled, then '${each}'`)
    }
    const direct = b.from.stats().direct ?? 0
    assert.ok(direct > 500, `${direct} went directly`)
    assert.equal(direct + b.ordinary.length, 1005, 'each went one way')
    assert.equal(b.to.stats().handled, 1005 + 50)
    await b.close()
    assert.deepEqual(b.returned, [])
  })

  test(`${place}: without credit events go the ordinary way, in order, and directly again when there is some`, async () => {
    const b = bench(make())
    b.link()
    b.from.send({ type: 'emit', count: 10, sign: 'linked' })
    await b.has('linked')
    // Far more than the window, while the sink is slow to say that it is done.
    for (let round = 0; round < 20; round++) {
      b.from.send({ type: 'emit', count: 1000, sign: `round ${round}` })
      if (round % 4 === 3) await b.has(`round ${round}`)
    }
    assert.deepEqual(items(b), upTo(20_010))
    const direct = b.from.stats().direct ?? 0
    assert.ok(direct > 1024 && b.ordinary.some((seq) => seq > 10), `${direct} directly, ${b.ordinary.length} not`)
    assert.equal(direct + b.ordinary.length, 20_010)
    await b.close()
  })

  test(`${place}: large commands are bounded in bytes`, async () => {
    const b = bench(make(), 100_000)
    b.link()
    b.from.send({ type: 'emit', count: 1, sign: 'linked' })
    await b.has('linked')
    b.from.send({ type: 'emit', count: 100, sign: 'end' })
    await b.has('end')
    assert.deepEqual(items(b), upTo(101))
    assert.ok(b.ordinary.length > 80, 'ten of them are a window')
    await b.close()
  })

  test(`${place}: after unlink events go the ordinary way, behind what is on the way; and a second link takes the place of the first`, async () => {
    const b = bench(make())
    let over = 0
    const onOver = (): void => void over++
    const first = b.link({ onOver })
    b.from.send({ type: 'emit', count: 300, sign: 'first' })
    const second = b.link({ onOver })
    b.from.send({ type: 'emit', count: 300, sign: 'second' })
    await b.has('second')
    for (let round = 0; first?.over !== true; round++) {
      b.from.send({ type: 'emit', count: 1, sign: `over ${round}` })
      await b.has(`over ${round}`)
    }
    second?.unlink()
    second?.unlink()
    b.from.send({ type: 'emit', count: 300, sign: 'last' })
    await b.has('last')
    const before = b.ordinary.length
    b.from.send({ type: 'emit', count: 5, sign: 'end' })
    await b.has('end')
    assert.equal(b.ordinary.length, before + 5)
    const all = items(b)
    assert.deepEqual(all, upTo(all.length))
    assert.equal(over, 2)
    await b.close()
    assert.deepEqual(b.returned, [])
  })

  test(`${place}: what a worker handled in its last turn, so that nobody heard of it, is told to be handled perhaps`, async () => {
    // The source on a worker of its own: where both die, only their number is known.
    const b = bench(thread(), 0, make())
    const over = new Promise<void>((resolve) => b.link({ onOver: resolve }))
    b.from.send({ type: 'emit', count: 10, sign: 'linked' })
    await b.has('linked')
    // The exit comes of the sign, so that the items are handled before it; the worker has no time to say so.
    b.from.send({ type: 'emit', count: 100, sign: 'exit' })
    await over
    const perhaps = b.returned.flatMap(({ maybeHandled }) =>
      maybeHandled.map((each) => (each.type === 'item' ? each.seq : -1))
    )
    const heard = new Set([...items(b), ...perhaps])
    assert.deepEqual(
      [...heard].toSorted((one, other) => one - other),
      upTo(110)
    )
    assert.deepEqual(items(b), upTo(items(b).length))
    await b.close()
  })

  test(`${place}: a sink that throws gives back what it was not handed, and events go to the owner again`, async () => {
    const b = bench(make())
    const over = new Promise<void>((resolve) => b.link({ onOver: resolve }))
    b.from.send({ type: 'emit', count: 10, sign: 'linked' })
    await b.has('linked')
    b.to.send({ type: 'throw' })
    b.from.send({ type: 'emit', count: 500 })
    await over
    assert.equal(b.to.state, 'failed')
    const back = b.returned.flatMap(({ notSent }) => notSent.map((each) => (each.type === 'item' ? each.seq : -1)))
    assert.ok(b.returned.every(({ maybeHandled, lost }) => maybeHandled.length === 0 && lost === 0))
    const all = [...items(b), ...back]
    assert.deepEqual(all, upTo(all.length), 'what came back begins where the sink ended')
    await b.close()
  })
}
