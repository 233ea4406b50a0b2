/**
 * @module testing/transport-suite-flow
 * Cases of `transportSuite`: `onSent` and back-pressure. They count bytes and calls, never time.
 */
import assert from 'node:assert/strict'
import { closed, listenOn, pour, probeRead, send } from './transport-probe.ts'
import { message, never, openLink } from './transport-suite-exchange.ts'
import type { TransportCase, TransportFixture } from './transport-suite.ts'

/** More than any system keeps for one direction of a link that nobody reads. */
const tooMuch = 48 * 1024 * 1024

/** Opens `times` links one after the other and moves a byte over each: other things had every chance to happen meanwhile. */
async function otherTraffic(fixture: TransportFixture, times: number): Promise<void> {
  const listening = await listenOn(fixture.make())
  const dialer = fixture.make()
  for (let i = 0; i < times; i++) {
    const [out, into] = await Promise.all([dialer.connect(listening.address, { signal: never }), listening.next()])
    void send(out.write, Uint8Array.of(i))
    out.write.end()
    await probeRead(into.read).end
    into.write?.end()
    if (out.read) await probeRead(out.read).end
  }
}

/** When the reader stops reading. */
type Stop = 'not started' | 'paused before start' | 'paused at the first chunk'

async function holdsBack(fixture: TransportFixture, stop: Stop): Promise<void> {
  const { out, into } = await openLink(fixture)
  let sent = 0
  let wrong = 0
  let at = 0
  const start = () =>
    probeRead(into.read, (chunk) => {
      if (stop === 'paused at the first chunk' && at === 0) into.read.pause()
      for (let i = 0; i < chunk.length; i += 512) if (chunk[i] !== (((at + i) >> 16) & 255)) wrong += 1
      at += chunk.length
    })
  if (stop === 'paused before start') into.read.pause()
  const early = stop === 'not started' ? undefined : start()
  const fill = (block: Uint8Array, from: number) => block.fill(from / 65_536)
  const poured = pour(out.write, tooMuch, fill, 4, (bytes) => {
    sent = bytes
  })
  await otherTraffic(fixture, 100)
  assert.ok(sent < tooMuch / 2, `${sent} bytes left though nobody reads`)
  if (stop === 'paused before start') assert.equal(at, 0)
  const held = sent
  const reader = early ?? start()
  into.read.resume()
  assert.equal(await poured, true)
  out.write.end()
  assert.equal((await reader.end).type, 'ended')
  assert.equal(reader.arrived, tooMuch)
  assert.equal(wrong, 0)
  assert.ok(sent > held)
}

const stops: readonly Stop[] = ['not started', 'paused before start', 'paused at the first chunk']

/** Cases about the flow of bytes. */
export const flowCases: readonly TransportCase[] = [
  ...stops.map((stop): TransportCase => ({
    name: `a reader that is ${stop} holds the writer back after a bounded number of bytes, and loses none`,
    run: (fixture) => holdsBack(fixture, stop),
  })),
  {
    name: 'a reader that closes at the first of several chunks that wait gets none of the others',
    run: async (fixture) => {
      const { out, into } = await openLink(fixture)
      let arrived = 0
      let closing = false
      const reader = probeRead(into.read, (chunk) => {
        arrived += chunk.length
        if (closing) into.read.close()
        else into.read.pause()
      })
      // Each has time to arrive on its own, so that several chunks wait and not one large one.
      for (let m = 0; m < 4; m++) {
        assert.equal(await send(out.write, message(m, 10)), true)
        await otherTraffic(fixture, 2)
      }
      const before = arrived
      closing = true
      into.read.resume()
      assert.equal((await reader.end).type, 'lost')
      assert.ok(before >= 10 && arrived > before)
      assert.ok(arrived < 40, `${arrived} bytes arrived`)
    },
  },
  {
    name: 'a reader that pauses and resumes at every chunk gets every byte in order',
    run: async (fixture) => {
      const { out, into } = await openLink(fixture)
      let paused = false
      let whilePaused = 0
      const got: number[] = []
      const end = new Promise<string>((resolve) => {
        into.read.start(
          (chunk) => {
            if (paused) whilePaused += 1
            for (let i = 0; i < chunk.length; i += 1000) got.push(chunk[i] ?? -1)
            paused = true
            into.read.pause()
            // Goes on when something else has happened: a promise job of this very chunk.
            queueMicrotask(() => {
              paused = false
              into.read.resume()
            })
          },
          (how) => resolve(how.type)
        )
      })
      assert.equal(await pour(out.write, 1_000_000, (block, at) => block.fill(at >> 16), 2), true)
      out.write.end()
      assert.equal(await end, 'ended')
      assert.equal(whilePaused, 0)
      assert.ok(got.every((byte, i) => i === 0 || byte >= (got[i - 1] ?? 0)))
    },
  },
  {
    name: "onSent is called once for each write, in order, outside the writer's stack",
    run: async (fixture) => {
      const { out, into } = await openLink(fixture)
      const reader = probeRead(into.read, () => {})
      const order: number[] = []
      let inside = true
      const all = new Promise<void>((resolve) => {
        for (let m = 0; m < 300; m++) {
          out.write.write(message(m, m * 17), (sent) => {
            assert.equal(sent, true)
            assert.equal(inside, false)
            order.push(m)
            if (m === 299) resolve()
          })
        }
      })
      inside = false
      await all
      out.write.end()
      await reader.end
      assert.deepEqual(
        order,
        Array.from({ length: 300 }, (_, m) => m)
      )
    },
  },
  {
    name: 'writes that were held back when the stream is dropped get false, once each and in order',
    run: async (fixture) => {
      const { out } = await openLink(fixture)
      const answers: (readonly [number, boolean])[] = []
      const slab = new Uint8Array(tooMuch / 4)
      const last = new Promise<void>((resolve) => {
        for (let m = 0; m < 5; m++) {
          out.write.write(slab, (sent) => {
            answers.push([m, sent])
            if (m === 4) resolve()
          })
        }
      })
      const end = closed(out.write)
      out.write.close()
      const late = send(out.write, slab.subarray(0, 10))
      await last
      assert.equal((await end).type, 'lost')
      assert.equal(await late, false)
      assert.deepEqual(
        answers.map(([m]) => m),
        [0, 1, 2, 3, 4]
      )
      assert.deepEqual(answers.at(-1), [4, false])
    },
  },
  {
    name: 'a write after end gets false, after the answers to those before it, and what was ended still arrives',
    run: async (fixture) => {
      const { out, into } = await openLink(fixture)
      const answers: string[] = []
      out.write.write(new Uint8Array(2_000_000), (sent) => answers.push(`before ${sent}`))
      out.write.end()
      const late = send(out.write, Uint8Array.of(1)).then((sent) => answers.push(`after ${sent}`))
      const reader = probeRead(into.read, () => {})
      assert.equal((await reader.end).type, 'ended')
      await late
      assert.equal(reader.arrived, 2_000_000)
      assert.deepEqual(answers, ['before true', 'after false'])
    },
  },
]
