/** A program that the test of closing runs: nodes over TCP that talk, one that fails to start, one that hangs in a handshake; then it closes them and must end. */
import { createServer } from 'node:net'
import { kv } from '../../src/apps/kv/kv.ts'
import { createNode } from '../../src/node/node.ts'
import { tcp } from '../../src/transports/tcp.ts'

const silent = createServer((socket) => socket.on('error', () => {}).unref()).listen(0, '127.0.0.1')
silent.unref()
await new Promise((resolve) => silent.once('listening', resolve))
const address = silent.address()
const port = typeof address === 'object' && address ? address.port : 0

const a = await createNode({ transport: tcp(), apps: { kv: kv() }, wantedConnections: 4 })
const b = await createNode({ transport: tcp(), apps: { kv: kv() }, join: [a.address] })
const { key } = await a.kv.put('hello')
if ((await b.kv.getText(key)) !== 'hello') throw new Error('not found')
void b.connect(`tcp://127.0.0.1:${port}`).catch(() => {})
void b.kv.get(key, { local: false, timeoutMs: 60_000 }).catch(() => {})
await createNode({ transport: tcp(), join: ['tcp://127.0.0.1:1'] }).catch(() => {})
await Promise.all([a.close(), b.close()])
console.log('closed')
