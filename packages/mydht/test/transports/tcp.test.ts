/** @module Tests of the TCP transport on loopback: the conformance suite, then addresses, ports, resets and limits. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { MyDhtError } from '../../src/errors.ts'
import { silent } from '../../src/log.ts'
import type { Log } from '../../src/log.ts'
import { realise } from '../../src/part.ts'
import { systemRandom } from '../../src/random.ts'
import { closed, listenOn, probeRead, send } from '../../src/testing/transport-probe.ts'
import { transportSuite } from '../../src/testing/transport-suite.ts'
import { hostsToAdvertise, parseTcpAddress, plainHost, tcpAddress } from '../../src/transports/tcp-address.ts'
import { createTcp, tcp } from '../../src/transports/tcp.ts'
import type { TcpOptions } from '../../src/transports/tcp.ts'
import type { Transport } from '../../src/transports/transport.ts'

const never = new AbortController().signal
const fails = (code: Parameters<typeof MyDhtError.is>[1]) => (error: unknown) => MyDhtError.is(error, code)
const make = (options: TcpOptions = {}, log: Log = silent) =>
  createTcp(options)({ clock: systemClock, random: systemRandom, log })
const hasIPv6 = Object.values(networkInterfaces()).some((each) => each?.some((one) => one.address === '::1'))
const needsIPv6 = hasIPv6 ? {} : { skip: 'this machine has no ::1' }

/** Runs with transports that are closed afterwards, whatever happens. */
async function using(transports: readonly Transport[], run: () => Promise<void>): Promise<void> {
  try {
    await run()
  } finally {
    await Promise.all(transports.map((each) => each.close()))
  }
}

/** Open sockets and servers of this process. A name being resolved is none: the system cannot call that off. */
function handles(): number {
  return process.getActiveResourcesInfo().filter((each) => each.startsWith('TCP')).length
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = portOf(server.address())
  server.close()
  await once(server, 'close')
  return port
}

function portOf(address: AddressInfo | string | null): AddressInfo {
  assert.ok(address !== null && typeof address !== 'string')
  return address
}

/** A plain socket connected to an address, with its errors ignored. */
async function plain(address: string): Promise<Socket> {
  const { host, port } = parseTcpAddress(address)
  const socket = connect({ host, port, allowHalfOpen: true })
  await once(socket, 'connect')
  socket.on('error', () => {})
  return socket
}

const badAddresses = [
  'tcp://127.0.0.1',
  'tcp://127.0.0.1:0',
  'tcp://127.0.0.1:65536',
  'tcp://127.0.0.1:80/path',
  'tcp://user@127.0.0.1:80',
  'tcp://127.1:80',
  'tcp://0x7f.0.0.1:80',
  'tcp://999.0.0.1:80',
  'tcp://0.0.0.0:80',
  'tcp://[::]:80',
  'tcp://[0:0:0:0:0:0:0:0]:80',
  'tcp://[fe80::1%eth0]:80',
  'tcp://::1:80',
  'tcp://[1.2.3.4]:80',
  'tcp://[::1]',
  'tcp://-bad-.example:80',
  'tcp://a..b:80',
  'tcp:// space:80',
  `tcp://${'a'.repeat(300)}:80`,
  'tcp://127.0.0.1:080',
]

const suites: readonly (readonly [name: string, options: TcpOptions, skip: { readonly skip?: string }])[] = [
  ['tcp, IPv4', {}, {}],
  ['tcp, IPv6', { host: '::1' }, needsIPv6],
]
for (const [name, options, { skip }] of suites) {
  if (skip !== undefined) {
    test(`${name}: the suite`, { skip })
    continue
  }
  transportSuite({
    test,
    name,
    supports: { duplex: true, blocking: false },
    create: () => ({
      make: () => make(options),
      nobody: async () => tcpAddress(options.host ?? '127.0.0.1', await freePort()),
      badAddresses,
    }),
  })
}

test('addresses are written as they are read', () => {
  for (const address of [
    'tcp://127.0.0.1:1',
    'tcp://[2001:db8::1]:65535',
    'tcp://node.example.org:4000',
    'tcp://localhost:80',
  ]) {
    const { host, port } = parseTcpAddress(address)
    assert.equal(tcpAddress(host, port), address)
  }
})

test('the host of the other end has no zone and no IPv4 wrapped in IPv6', () => {
  assert.equal(plainHost('::ffff:10.0.0.1'), '10.0.0.1')
  assert.equal(plainHost('fe80::1%eth0'), 'fe80::1')
  assert.equal(plainHost('2001:db8::1'), '2001:db8::1')
})

test('an unspecified host advertises the addresses of the machine without link-local ones, loopback only for want of others', () => {
  const one = (address: string, internal = false) => {
    const family = address.includes(':') ? ({ family: 'IPv6', scopeid: 0 } as const) : ({ family: 'IPv4' } as const)
    return { address, internal, netmask: '', mac: '', cidr: null, ...family }
  }
  const lo = [one('127.0.0.1', true), one('::1', true)]
  const eth = [one('10.0.0.7'), one('fe80::7'), one('169.254.1.1'), one('2001:db8::7')]
  assert.deepEqual(hostsToAdvertise('0.0.0.0', { lo, eth }), ['10.0.0.7'])
  assert.deepEqual(hostsToAdvertise('::', { lo, eth }), ['10.0.0.7', '2001:db8::7'])
  assert.deepEqual(hostsToAdvertise('0.0.0.0', { lo }), ['127.0.0.1'])
  assert.deepEqual(hostsToAdvertise('192.0.2.1', { lo, eth }), ['192.0.2.1'])
})

test('bad options are refused with MYDHT_BAD_CONFIG', () => {
  const bad: readonly TcpOptions[] = [
    { port: -1 },
    { port: 65_536 },
    { port: 1.5 },
    { backlog: 0 },
    { maxConnections: 0 },
    { keepAliveMs: -1 },
    { advertise: ['203.0.113.5:4000'] },
    { advertise: ['tcp://0.0.0.0:4000'] },
  ]
  for (const options of bad) assert.throws(() => createTcp(options), fails('MYDHT_BAD_CONFIG'), JSON.stringify(options))
})

test('the part is real in the thread that made it, and its options are plain data', () => {
  const blueprint = tcp({ port: 4000 })
  assert.deepEqual(structuredClone(blueprint.options), { port: 4000 })
  assert.equal(realise(blueprint)({ clock: systemClock, random: systemRandom, log: silent }).scheme, 'tcp')
})

test('by default it listens on loopback only, on a free port that the address names', async () => {
  const transport = make()
  await using([transport], async () => {
    const { addresses } = await listenOn(transport)
    assert.equal(addresses.length, 1)
    assert.match(addresses[0] ?? '', /^tcp:\/\/127\.0\.0\.1:[1-9]\d*$/)
  })
})

test('0.0.0.0 gives addresses of this machine that can be connected to', async () => {
  const [listener, client] = [make({ host: '0.0.0.0' }), make({ listen: false })]
  await using([listener, client], async () => {
    const { addresses } = await listenOn(listener)
    assert.ok(addresses.length > 0)
    for (const address of addresses) {
      assert.doesNotMatch(address, /0\.0\.0\.0|:0$|169\.254/)
      await client.connect(address, { signal: never })
    }
  })
})

test('a host name is resolved, for listening and for connecting', async () => {
  const [listener, client] = [make({ host: 'localhost' }), make({ listen: false })]
  await using([listener, client], async () => {
    const { address } = await listenOn(listener)
    assert.match(address, /^tcp:\/\/(127\.0\.0\.1|\[::1\]):/)
    await client.connect(`tcp://localhost:${parseTcpAddress(address).port}`, { signal: never })
  })
})

test('a name that does not exist fails with MYDHT_CONNECT_FAILED, for connecting and for listening', async () => {
  const [client, listener] = [make({ listen: false }), make({ host: 'nobody.invalid' })]
  await using([client, listener], async () => {
    await assert.rejects(client.connect('tcp://nobody.invalid:80', { signal: never }), fails('MYDHT_CONNECT_FAILED'))
    await assert.rejects(
      listener.listen(() => {}),
      fails('MYDHT_CONNECT_FAILED')
    )
  })
})

test('close while the listening host is still being resolved leaves no port open', async () => {
  const transport = make({ host: 'localhost' })
  const listening = assert.rejects(
    transport.listen(() => {}),
    fails('MYDHT_CLOSED')
  )
  await transport.close()
  await listening
})

test('a client-only transport listens nowhere; advertised addresses replace the bound ones', async () => {
  const advertise = ['tcp://203.0.113.5:4000', 'tcp://[2001:db8::5]:4000']
  const [client, behindRouter] = [make({ listen: false }), make({ advertise })]
  await using([client, behindRouter], async () => {
    assert.deepEqual((await listenOn(client)).addresses, [])
    assert.deepEqual((await listenOn(behindRouter)).addresses, advertise)
  })
})

test('a port in use is refused with MYDHT_CONNECT_FAILED that names it, and its transport closes', async () => {
  const first = make()
  await using([first], async () => {
    const { port } = parseTcpAddress((await listenOn(first)).address)
    const second = make({ port })
    await assert.rejects(
      second.listen(() => {}),
      (error) => MyDhtError.is(error, 'MYDHT_CONNECT_FAILED') && error.message.includes(String(port))
    )
    await second.close()
  })
})

test('a port can be listened on again at once after close', async () => {
  const first = make()
  const client = make({ listen: false })
  const listening = await listenOn(first)
  const { port } = parseTcpAddress(listening.address)
  await Promise.all([client.connect(listening.address, { signal: never }), listening.next()])
  await Promise.all([first.close(), client.close()])
  const second = make({ port })
  await using([second], async () => {
    assert.equal((await listenOn(second)).address, listening.address)
  })
})

test('a reset is lost with ECONNRESET as its cause, on both streams, once, and harms nobody else', async () => {
  const transport = make()
  await using([transport], async () => {
    const listening = await listenOn(transport)
    const [victim, other] = [await plain(listening.address), await plain(listening.address)]
    const [hit, safe] = [await listening.next(), await listening.next()]
    assert.ok(hit.write && safe.write)
    const reader = probeRead(hit.read)
    const writer = closed(hit.write)
    victim.write('x')
    await reader.take(1)
    victim.resetAndDestroy()
    for (const end of await Promise.all([reader.end, writer])) {
      assert.ok(end.type === 'lost' && MyDhtError.is(end.error, 'MYDHT_CONNECTION_CLOSED'))
      assert.ok(end.error.cause instanceof Error && 'code' in end.error.cause && end.error.cause.code === 'ECONNRESET')
    }
    assert.equal(await send(hit.write, Uint8Array.of(1)), false)
    other.write('y')
    assert.deepEqual(await probeRead(safe.read).take(1), Uint8Array.of(121))
    other.destroy()
  })
})

test('a reset before anybody started to read harms nothing and is told later', async () => {
  const transport = make()
  await using([transport], async () => {
    const listening = await listenOn(transport)
    const socket = await plain(listening.address)
    const link = await listening.next()
    socket.resetAndDestroy()
    await once(socket, 'close')
    assert.equal((await probeRead(link.read).end).type, 'lost')
  })
})

test('a plain socket that ends its half still gets the answer', async () => {
  const transport = make()
  await using([transport], async () => {
    const listening = await listenOn(transport)
    const socket = await plain(listening.address)
    const link = await listening.next()
    socket.end('question')
    const reader = probeRead(link.read)
    assert.equal((await reader.end).type, 'ended')
    assert.deepEqual(await reader.take(8), new Uint8Array(Buffer.from('question')))
    assert.ok(link.write)
    void send(link.write, Buffer.from('answer'))
    link.write.end()
    const answer: Buffer[] = []
    for await (const chunk of socket) answer.push(chunk)
    assert.equal(Buffer.concat(answer).toString(), 'answer')
  })
})

test('connections above maxConnections are closed unread and logged; room is free again when one has gone', async () => {
  const logged: string[] = []
  const transport = make({ maxConnections: 2 }, (_level, event) => logged.push(event))
  await using([transport], async () => {
    const listening = await listenOn(transport)
    const [one, two] = [await plain(listening.address), await plain(listening.address)]
    const first = await listening.next()
    await listening.next()
    const three = await plain(listening.address)
    three.resume()
    await once(three, 'end')
    three.destroy()
    assert.deepEqual(logged, ['tcp-connection-dropped'])
    const end = probeRead(first.read).end
    first.read.close()
    await end
    const four = await plain(listening.address)
    await listening.next()
    for (const socket of [one, two, four]) socket.destroy()
  })
})

test('abort while a name is being resolved or a machine is silent leaves no socket behind', async () => {
  const client = make({ listen: false })
  const before = handles()
  await using([client], async () => {
    for (const address of ['tcp://localhost:9', 'tcp://192.0.2.77:9']) {
      const aborting = new AbortController()
      const connecting = client.connect(address, { signal: aborting.signal })
      aborting.abort(new Error('enough'))
      await assert.rejects(connecting, /enough/)
    }
    assert.ok(handles() <= before, `${handles()} handles, ${before} before`)
  })
})

test('after close no handle of the transport is left', async () => {
  const before = handles()
  const [a, b] = [make(), make()]
  const listening = await listenOn(a)
  for (let i = 0; i < 10; i++) await Promise.all([b.connect(listening.address, { signal: never }), listening.next()])
  assert.ok(handles() > before)
  await Promise.all([a.close(), b.close()])
  assert.ok(handles() <= before, `${handles()} handles, ${before} before`)
})
