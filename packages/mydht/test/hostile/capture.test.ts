/** What somebody on the line sees of two nodes that use `noise`: three messages, then records. No name, no address, no value. */
import assert from 'node:assert/strict'
import { connect, createServer, type AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { kv } from '../../src/apps/kv/kv.ts'
import { binary } from '../../src/encodings/binary.ts'
import { peerIdToBytes } from '../../src/identity/peer-id.ts'
import { createNode } from '../../src/node/node.ts'
import { realise } from '../../src/part.ts'
import { encodePreamble, networkTag } from '../../src/peers/preamble.ts'
import { tcp } from '../../src/transports/tcp.ts'

interface Piece {
  readonly from: 'dialler' | 'listener'
  readonly bytes: Buffer
}

/** Listens in between: what goes to its port goes on to `port`. */
async function tap(
  t: TestContext,
  port: number
): Promise<{ readonly port: number; readonly pieces: readonly Piece[]; readonly over: Promise<void> }> {
  const pieces: Piece[] = []
  let links = 0
  let done: () => void = () => {}
  const over = new Promise<void>((resolve) => {
    done = resolve
  })
  const server = createServer({ allowHalfOpen: true }, (dialler) => {
    assert.equal(++links, 1)
    const listener = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    const pass = (from: Piece['from'], source: typeof dialler, target: typeof dialler): void => {
      source.on('data', (bytes: Buffer) => {
        pieces.push({ from, bytes })
        target.write(bytes)
      })
      source.on('end', () => target.end())
      source.on('error', () => target.destroy())
    }
    pass('dialler', dialler, listener)
    pass('listener', listener, dialler)
    dialler.on('close', done)
  })
  t.after(() => server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, pieces, over }
}

/** Cuts frames with a length of two bytes; all bytes must belong to one. */
function frames(bytes: Buffer): Buffer[] {
  const found: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    const end = at + 2 + bytes.readUInt16BE(at)
    assert.ok(end <= bytes.length, 'a frame is cut off')
    found.push(bytes.subarray(at + 2, end))
    at = end
  }
  return found
}

test('on the line there is nothing to read', async (t) => {
  const network = 'the-name-of-our-network'
  const app = 'an-app-with-a-name'
  const said = 'a value that is nobody else’s business'
  const config = { network, transport: tcp(), apps: { [app]: kv({ open: true }) }, limits: { probeDelayMs: 3_600_000 } }
  const a = await createNode(config)
  const b = await createNode(config)
  t.after(() => Promise.all([a.close(), b.close()]))
  const tapped = await tap(t, Number(new URL(a.address).port))
  await b.connect(`tcp://${a.id}@127.0.0.1:${tapped.port}`)
  const [one, two] = [a[app], b[app]]
  assert.ok(one && two)
  const { key } = await one.put(said)
  assert.equal(await two.getText(key), said)
  await one.publish('a-name-of-a-value', said)
  assert.ok(await two.resolve(a.id, 'a-name-of-a-value'))
  assert.equal(await two.getText(key, { mode: 'direct', local: false }), said)
  await b.close()
  await a.close()
  await tapped.over

  const all = Buffer.concat(tapped.pieces.map(({ bytes }) => bytes))
  assert.ok(all.length > 1_500)
  const secrets: Record<string, Uint8Array | string> = {
    [`${network}`]: network,
    [`${app}`]: app,
    [said]: said,
    'a-name-of-a-value': 'a-name-of-a-value',
    key,
    'tcp:': 'tcp:',
    '127.0.0.1': '127.0.0.1',
    'port of a': new URL(a.address).port,
    'port of b': new URL(b.address).port,
  }
  for (const { id } of [a, b]) {
    secrets[`id ${id}`] = id
    secrets[`bytes of ${id}`] = peerIdToBytes(id)
    secrets[`half of ${id}`] = peerIdToBytes(id).slice(0, 12)
  }
  for (const [name, secret] of Object.entries(secrets)) assert.equal(all.indexOf(secret), -1, `${name} is on the line`)

  const from = (side: Piece['from']): Buffer =>
    Buffer.concat(tapped.pieces.filter((piece) => piece.from === side).map(({ bytes }) => bytes))
  const preamble = encodePreamble({
    shadowId: 1,
    encodingId: realise(binary()).id,
    mode: 'public',
    networkTag: networkTag(network),
  })
  const dialler = from('dialler')
  assert.deepEqual([...dialler.subarray(0, preamble.length)], [...preamble])
  const [message1, message3, ...fromDialler] = frames(dialler.subarray(preamble.length))
  const [message2, ...fromListener] = frames(from('listener'))
  assert.ok(message1 && message2 && message3)
  // An ephemeral key, and nothing else.
  assert.equal(message1.length, 32)

  // Who had said how much when: nothing of the dialler's own before message 2, nothing of the listener's behind it before message 3.
  let saidByDialler = 0
  let saidByListener = 0
  const opening = preamble.length + 2 + message1.length
  for (const { from: side, bytes } of tapped.pieces) {
    if (side === 'dialler' && saidByListener < 2 + message2.length) assert.ok(saidByDialler + bytes.length <= opening)
    if (side === 'listener' && saidByDialler < opening + 2 + message3.length)
      assert.ok(saidByListener + bytes.length <= 2 + message2.length)
    if (side === 'dialler') saidByDialler += bytes.length
    else saidByListener += bytes.length
  }

  // Records from there on. The first of each direction has just the length of a `ready`.
  const encoding = realise(binary())
  const ready = { type: 'ready', accepted: true, code: '', maxMessageBytes: 131_072, apps: ['peers', app] } as const
  const readyBytes = 1 + encoding.encode(ready, new Uint8Array(encoding.sizeBound(ready)), 0)
  assert.deepEqual([fromDialler[0]?.length, fromListener[0]?.length], [readyBytes + 16, readyBytes + 16])
  for (const record of [...fromDialler, ...fromListener]) assert.ok(record.length >= 1 + 16)
  // The last is an `end`: its length, type, an empty code, and the tag.
  assert.deepEqual([fromDialler.at(-1)?.length, fromListener.at(-1)?.length], [3 + 16, 3 + 16])
})
