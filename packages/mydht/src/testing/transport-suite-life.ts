/**
 * @module testing/transport-suite-life
 * Cases of `transportSuite`: addresses, listening, aborting and closing.
 */
import assert from 'node:assert/strict'
import { MyDhtError } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'
import { listenOn, probeRead, send } from './transport-probe.ts'
import { message, never, openLink } from './transport-suite-exchange.ts'
import type { TransportCase } from './transport-suite.ts'

const fails = (code: ErrorCode) => (error: unknown) => MyDhtError.is(error, code)

/** Cases about the life of a transport. */
export const lifeCases: readonly TransportCase[] = [
  {
    name: 'connect to nobody fails with MYDHT_CONNECT_FAILED, and the transport goes on',
    run: async (fixture) => {
      const transport = fixture.make()
      const nobody = await fixture.nobody()
      await assert.rejects(transport.connect(nobody, { signal: never }), fails('MYDHT_CONNECT_FAILED'))
      const { address } = await listenOn(fixture.make())
      await transport.connect(address, { signal: never })
    },
  },
  {
    name: 'bad addresses fail with MYDHT_BAD_ADDRESS',
    run: async (fixture) => {
      const transport = fixture.make()
      const bad = ['', 'nonsense', 'other://name:1', `${transport.scheme}://`, ...fixture.badAddresses]
      for (const address of bad) {
        await assert.rejects(transport.connect(address, { signal: never }), fails('MYDHT_BAD_ADDRESS'), address)
      }
    },
  },
  {
    name: 'connect with an aborted signal rejects with its reason and opens nothing',
    run: async (fixture) => {
      const listener = fixture.make()
      let links = 0
      const [address = ''] = await listener.listen(() => {
        links += 1
      })
      const dialer = fixture.make()
      const reason = new Error('no more')
      const signal = AbortSignal.abort(reason)
      await assert.rejects(dialer.connect(address, { signal }), (error) => error === reason)
      await Promise.all([dialer.close(), listener.close()])
      assert.equal(links, 0)
    },
  },
  {
    name: 'abort while connecting rejects with the reason and leaves nothing open',
    run: async (fixture) => {
      const listening = await listenOn(fixture.make())
      const dialer = fixture.make()
      const aborting = new AbortController()
      const reason = new Error('changed my mind')
      const connecting = dialer.connect(listening.address, { signal: aborting.signal })
      aborting.abort(reason)
      await assert.rejects(connecting, (error) => error === reason)
      // The listener may have seen the link for a moment. The next link is another one, or the first ends without a byte.
      const out = await dialer.connect(listening.address, { signal: never })
      void send(out.write, message(1, 4))
      for (;;) {
        const reader = probeRead((await listening.next()).read)
        const got = await reader.take(4).catch(() => undefined)
        if (got === undefined) continue
        assert.deepEqual(got, message(1, 4))
        return
      }
    },
  },
  {
    name: 'abort after connecting changes nothing',
    run: async (fixture) => {
      const listening = await listenOn(fixture.make())
      const aborting = new AbortController()
      const [out, into] = await Promise.all([
        fixture.make().connect(listening.address, { signal: aborting.signal }),
        listening.next(),
      ])
      aborting.abort()
      assert.equal(await send(out.write, message(0, 8)), true)
      assert.deepEqual(await probeRead(into.read).take(8), message(0, 8))
    },
  },
  {
    name: 'a second listen is refused with TypeError, and the first goes on',
    run: async (fixture) => {
      const transport = fixture.make()
      const { address } = await listenOn(transport)
      await assert.rejects(
        transport.listen(() => {}),
        TypeError
      )
      await fixture.make().connect(address, { signal: never })
    },
  },
  {
    name: 'a second start is refused with TypeError, and the first goes on',
    run: async (fixture) => {
      const { out, into } = await openLink(fixture)
      const reader = probeRead(into.read)
      assert.throws(
        () =>
          into.read.start(
            () => {},
            () => {}
          ),
        TypeError
      )
      void send(out.write, message(0, 3))
      assert.deepEqual(await reader.take(3), message(0, 3))
    },
  },
  {
    name: 'after close, listen and connect reject with MYDHT_CLOSED and writes get false',
    run: async (fixture) => {
      const { out, dialer } = await openLink(fixture)
      const { address } = await listenOn(fixture.make())
      await dialer.close()
      await assert.rejects(dialer.connect(address, { signal: never }), fails('MYDHT_CLOSED'))
      await assert.rejects(
        dialer.listen(() => {}),
        fails('MYDHT_CLOSED')
      )
      assert.equal(await send(out.write, message(0, 3)), false)
      out.write.end()
      out.write.close()
    },
  },
  {
    name: 'close twice is close once, and nobody is there afterwards',
    run: async (fixture) => {
      const transport = fixture.make()
      const { address } = await listenOn(transport)
      await Promise.all([transport.close(), transport.close()])
      await transport.close()
      await assert.rejects(fixture.make().connect(address, { signal: never }), fails('MYDHT_CONNECT_FAILED'))
    },
  },
  {
    name: 'close while connecting rejects the connect with MYDHT_CLOSED',
    run: async (fixture) => {
      const { address } = await listenOn(fixture.make())
      const dialer = fixture.make()
      const connecting = dialer.connect(address, { signal: never })
      const [outcome] = await Promise.allSettled([connecting, dialer.close()])
      assert.ok(outcome.status === 'rejected' && MyDhtError.is(outcome.reason, 'MYDHT_CLOSED'))
    },
  },
  {
    name: 'close of a transport that never did anything settles',
    run: async (fixture) => {
      await fixture.make().close()
    },
  },
]
