/** Links that carry bytes one way only: the answer comes on a link back, which nobody else may pass for. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MyDhtError } from '../../src/errors.ts'
import { concat } from '../../src/bytes.ts'
import { createMemory, memoryNetwork } from '../../src/transports/memory.ts'
import { createHandshake } from '../../src/peers/handshake.ts'
import { encodePreamble } from '../../src/peers/preamble.ts'
import { parseAddress } from '../../src/identity/address.ts'
import type { IncomingLink, OutgoingLink } from '../../src/transports/transport.ts'
import { rawParts, realTransport } from '../hostile/raw.ts'
import { failedWith, lever, makeNode, makePair, meeting, offline, value, watched } from './rig.ts'

const oneWay = () => {
  const network = memoryNetwork()
  return { network, transport: meeting(network, { links: 'one-way' }) }
}

test('nodes talk both ways over two links of one direction each, and end in order', async (t) => {
  const { transport } = oneWay()
  const [a, b] = await makePair(t, transport)
  assert.equal((await a.touch.touch(b.id)).count, 1)
  assert.equal((await b.touch.touch(a.id)).count, 1)
  const { key } = await a.kv.put('one way and back')
  assert.equal(await b.kv.getText(key), 'one way and back')
  const echoed = await Promise.all(
    Array.from({ length: 100 }, (_, i) => b.touch.echo(a.id, new Uint8Array(1000).fill(i)))
  )
  assert.deepEqual(
    echoed.map((bytes) => bytes[999]),
    Array.from({ length: 100 }, (_, i) => i)
  )
  await b.close()
  assert.deepEqual(await a.events.first(offline(b.id)), { type: 'peer-offline', peer: b.id, code: '' })
})

test('losing either of the two links loses the connection, at both sides, at once', async (t) => {
  for (const lost of ['there', 'back'] as const) {
    const network = memoryNetwork()
    const links: OutgoingLink[] = []
    const spied = (name: string) =>
      value((parts: Parameters<ReturnType<typeof createMemory>>[0]) => {
        const real = createMemory({ network, name, links: 'one-way' })(parts)
        return {
          ...real,
          connect: async (address: string, options: { readonly signal: AbortSignal }) => {
            const link = await real.connect(address, options)
            links.push(link)
            return link
          },
        }
      })
    const a = await makeNode(t, spied('a'), { limits: { probeDelayMs: 60_000 } })
    const b = await makeNode(t, spied('b'), { limits: { probeDelayMs: 60_000 } })
    await b.connect(a.address)
    assert.equal((await a.touch.touch(b.id)).count, 1)
    assert.equal(links.length, 2)
    const asked = assert.rejects(a.probe.never(), (error: unknown) => MyDhtError.is(error, 'MYDHT_CLOSED'))
    links[lost === 'there' ? 0 : 1]?.write.close()
    await Promise.all([a.events.first(offline(b.id)), b.events.first(offline(a.id))])
    await Promise.all([a.close(), b.close()])
    await asked
  }
})

test('a return address on another host than the link came from is not dialled', async (t) => {
  const { transport } = oneWay()
  const node = await makeNode(t, transport('node'))
  const victim = await makeNode(t, transport('victim'))
  const raw = realTransport(transport('raw'))
  t.after(() => raw.close())
  const { parts, record } = rawParts()
  const handshake = createHandshake(parts, {
    role: 'initiator',
    record,
    duplex: false,
    returnAddress: parseAddress(victim.address).link,
  })
  const link = await raw.connect(parseAddress(node.address).link, { signal: new AbortController().signal })
  for (const output of handshake.start()) if (output.type === 'write') link.write.write(output.bytes, () => {})
  await node.events.first(failedWith('MYDHT_BAD_ADDRESS'))
  assert.equal((await node.stats()).connections, 0)
  assert.equal((await victim.stats()).counters.failedConnections, 0)
})

test('a link that says nothing of where to answer is refused', async (t) => {
  const { transport } = oneWay()
  const node = await makeNode(t, transport('node'))
  const raw = realTransport(transport('raw'))
  t.after(() => raw.close())
  const { parts, record } = rawParts()
  const handshake = createHandshake(parts, { role: 'initiator', record, duplex: true })
  const link = await raw.connect(parseAddress(node.address).link, { signal: new AbortController().signal })
  for (const output of handshake.start()) if (output.type === 'write') link.write.write(output.bytes, () => {})
  await node.events.first(failedWith('MYDHT_BAD_ADDRESS'))
})

test('a return link that nobody waits for is refused: made up, or used a second time', async (t) => {
  const { transport } = oneWay()
  const node = await makeNode(t, transport('node'))
  const raw = realTransport(transport('raw'))
  t.after(() => raw.close())
  const incoming = watched<IncomingLink>()
  await raw.listen((link) => incoming.push(link))
  const { parts, record } = rawParts({ address: 'memory://raw' })

  // Made up.
  const signal = new AbortController().signal
  const made = await raw.connect(parseAddress(node.address).link, { signal })
  made.write.write(encodePreamble(parts.facts, new Uint8Array(32).fill(1)), () => {})
  await node.events.first(failedWith('MYDHT_REFUSED'))

  // The node dials us; we answer on a link back, then use its proof once more.
  const connecting = node.connect('memory://raw')
  connecting.catch(() => {})
  const link = await incoming.first(() => true)
  const handshake = createHandshake(parts, { role: 'responder', record, duplex: false })
  handshake.start()
  let proof: Uint8Array | undefined
  const answer: Uint8Array[] = []
  const asked = lever()
  const proven = lever()
  link.read.start(
    (bytes) => {
      for (const output of handshake.bytes(bytes)) {
        if (output.type === 'need-return') {
          proof = output.proof
          assert.equal(output.address, parseAddress(node.address).link)
        } else if (output.type === 'write') answer.push(output.bytes)
        else if (output.type === 'proven') proven.resolve()
      }
      if (proof) asked.resolve()
    },
    () => {}
  )
  await asked.promise
  const back = await raw.connect(parseAddress(node.address).link, { signal })
  back.write.write(concat(answer), () => {})
  await proven.promise
  const again = await raw.connect(parseAddress(node.address).link, { signal })
  again.write.write(concat(answer), () => {})
  await node.events.atLeast(2, failedWith('MYDHT_REFUSED'))
  // The waiting handshake did not notice: it went on to prove itself. Then we stop to listen, though we could go on talking.
  assert.equal(node.events.all.filter(({ type }) => type === 'connection-failed').length, 2)
  link.read.close()
  await node.events.first(failedWith('MYDHT_CONNECTION_CLOSED'))
})
