/**
 * @module testing/transport-suite-ends
 * Cases of `transportSuite`: how streams end, and that both sides see it right and once.
 */
import assert from 'node:assert/strict'
import type { StreamEnd, WriteStream } from '../transports/transport.ts'
import { MyDhtError } from '../errors.ts'
import { closed, listenOn, probeRead, send } from './transport-probe.ts'
import { message, never, openLink } from './transport-suite-exchange.ts'
import type { TransportCase } from './transport-suite.ts'

/** Sends until the stream says it is lost: a writer may hear of it only when it writes. */
async function sendUntilLost(write: WriteStream): Promise<void> {
  while (await send(write, new Uint8Array(1000)));
}

/** Counts how often a write stream says that it is closed. */
function counted(write: WriteStream): { readonly ends: StreamEnd[]; readonly first: Promise<StreamEnd> } {
  const ends: StreamEnd[] = []
  const first = new Promise<StreamEnd>((resolve) => {
    write.onClosed((end) => {
      ends.push(end)
      resolve(end)
    })
  })
  return { ends, first }
}

/** Cases about ends. */
export const endCases: readonly TransportCase[] = [
  {
    name: 'end: all bytes arrive, the reader sees ended, the writer too, each once',
    run: async (fixture) => {
      const { out, into, dialer, listener } = await openLink(fixture)
      const reader = probeRead(into.read)
      const writer = counted(out.write)
      for (let m = 0; m < 50; m++) void send(out.write, message(m, 3000))
      out.write.end()
      out.write.end()
      assert.equal((await reader.end).type, 'ended')
      assert.equal(reader.arrived, 150_000)
      assert.equal((await writer.first).type, 'ended')
      out.write.close()
      into.read.close()
      await Promise.all([dialer.close(), listener.close()])
      assert.equal(reader.ends, 1)
      assert.equal(writer.ends.length, 1)
    },
  },
  {
    name: 'writer closes: the reader sees lost with the reason, the writer lost without one, each once',
    run: async (fixture) => {
      const { out, into, dialer, listener } = await openLink(fixture)
      const reader = probeRead(into.read)
      const writer = counted(out.write)
      assert.equal(await send(out.write, message(0, 10)), true)
      await reader.take(10)
      out.write.close()
      out.write.close()
      const end = await reader.end
      assert.ok(end.type === 'lost' && MyDhtError.is(end.error, 'MYDHT_CONNECTION_CLOSED'), String(end.type))
      assert.deepEqual(await writer.first, { type: 'lost', error: undefined })
      await Promise.all([dialer.close(), listener.close()])
      assert.equal(reader.ends, 1)
      assert.equal(writer.ends.length, 1)
    },
  },
  {
    name: 'reader closes: it gets lost and no more bytes, the writer sees lost when it writes again',
    run: async (fixture) => {
      const { out, into, dialer, listener } = await openLink(fixture)
      const writer = counted(out.write)
      let after = 0
      let closing = false
      const reader = probeRead(into.read, (chunk) => {
        if (closing) after += chunk.length
        closing = true
        into.read.close()
      })
      await sendUntilLost(out.write)
      assert.deepEqual(await reader.end, { type: 'lost', error: undefined })
      const end = await writer.first
      assert.ok(end.type === 'lost' && MyDhtError.is(end.error, 'MYDHT_CONNECTION_CLOSED'), String(end.type))
      await Promise.all([dialer.close(), listener.close()])
      assert.equal(after, 0)
      assert.equal(reader.ends, 1)
      assert.equal(writer.ends.length, 1)
    },
  },
  {
    name: 'a read stream closed before start tells its end when it is started',
    run: async (fixture) => {
      const { into } = await openLink(fixture)
      into.read.close()
      assert.deepEqual(await probeRead(into.read).end, { type: 'lost', error: undefined })
    },
  },
  {
    name: 'duplex: closing one direction drops the other, on both sides',
    duplexOnly: true,
    run: async (fixture) => {
      const { out, into } = await openLink(fixture)
      assert.ok(out.read && into.write)
      const [near, far] = [probeRead(out.read), probeRead(into.read)]
      const [nearWrite, farWrite] = [closed(out.write), closed(into.write)]
      into.write.close()
      const ends = await Promise.all([near.end, far.end, nearWrite, farWrite])
      assert.deepEqual(
        ends.map((end) => end.type),
        ['lost', 'lost', 'lost', 'lost']
      )
    },
  },
  {
    name: 'duplex: one direction ended, the other still flows, whichever side ended first',
    duplexOnly: true,
    run: async (fixture) => {
      const { out, into } = await openLink(fixture)
      assert.ok(out.read && into.write)
      const [near, far] = [probeRead(out.read), probeRead(into.read)]
      const [nearWrite, farWrite] = [closed(out.write), closed(into.write)]
      out.write.end()
      assert.equal((await far.end).type, 'ended')
      assert.equal((await nearWrite).type, 'ended')
      for (let m = 0; m < 3; m++) {
        assert.equal(await send(into.write, message(m, 70_000)), true)
        assert.deepEqual(await near.take(70_000), message(m, 70_000))
      }
      // These have ended in order: closing them now must not hurt the direction that flows.
      out.write.close()
      into.read.close()
      assert.equal(await send(into.write, message(9, 10)), true)
      into.write.end()
      assert.equal((await near.end).type, 'ended')
      assert.deepEqual(await near.take(10), message(9, 10))
      assert.equal((await farWrite).type, 'ended')
    },
  },
  {
    name: 'a listener for the closing of a writer that is set late is told all the same, outside its stack',
    run: async (fixture) => {
      const { out, into } = await openLink(fixture)
      const reader = probeRead(into.read)
      out.write.end()
      await reader.end
      let inside = true
      const end = new Promise<StreamEnd>((resolve) => {
        out.write.onClosed((how) => {
          assert.equal(inside, false)
          resolve(how)
        })
      })
      inside = false
      assert.equal((await end).type, 'ended')
      assert.throws(() => out.write.onClosed(() => {}), TypeError)
    },
  },
  {
    name: 'transport closes: its own ends give lost with MYDHT_CLOSED before close settles, the other side sees lost',
    run: async (fixture) => {
      const { out, into, dialer } = await openLink(fixture)
      const reader = probeRead(into.read)
      const writer = counted(out.write)
      void send(out.write, message(0, 10))
      await reader.take(10)
      await dialer.close()
      assert.equal(writer.ends.length, 1)
      const own = await writer.first
      assert.ok(own.type === 'lost' && MyDhtError.is(own.error, 'MYDHT_CLOSED'))
      const theirs = await reader.end
      assert.ok(theirs.type === 'lost' && MyDhtError.is(theirs.error, 'MYDHT_CONNECTION_CLOSED'))
    },
  },
  {
    name: 'end and close in one breath: both sides are told once, and nothing stays open',
    run: async (fixture) => {
      const { out, into, dialer, listener } = await openLink(fixture)
      const reader = probeRead(into.read)
      const writer = counted(out.write)
      assert.equal(await send(out.write, message(0, 10)), true)
      out.write.end()
      out.write.close()
      out.read?.close()
      await Promise.all([reader.end, writer.first])
      await Promise.all([dialer.close(), listener.close()])
      assert.equal(reader.ends, 1)
      assert.equal(writer.ends.length, 1)
    },
  },
  {
    name: 'what was ended in order still arrives when its transport closes at once',
    run: async (fixture) => {
      const listening = await listenOn(fixture.make())
      const dialer = fixture.make()
      const [out, into] = await Promise.all([dialer.connect(listening.address, { signal: never }), listening.next()])
      const writer = closed(out.write)
      void send(out.write, message(3, 1000))
      out.write.end()
      assert.equal((await writer).type, 'ended')
      await dialer.close()
      const reader = probeRead(into.read)
      assert.deepEqual(await reader.take(1000), message(3, 1000))
      assert.equal((await reader.end).type, 'ended')
    },
  },
]
