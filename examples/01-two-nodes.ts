/**
 * Two nodes in one program: one keeps a value, the other finds it. The second joins by the first one's address, which names its PeerId.
 *
 * Run: node examples/dist/01-two-nodes.js   (once: npm run build)
 * Prints:
 *   hello from a
 *   online, version 1
 */
import { createNode } from 'mydht'
import { kv } from 'mydht/apps/kv'
import { memory } from 'mydht/transports/memory'

const a = await createNode({ transport: memory(), apps: { kv: kv() } })
const b = await createNode({ transport: memory(), apps: { kv: kv() }, join: [a.address] })

const { key } = await a.kv.put('hello from a')
console.log(await b.kv.getText(key))

await a.kv.publish('status', 'online', { sequence: 1 })
const status = await b.kv.resolve(a.id, 'status')
if (status) console.log(`${Buffer.from(status.value).toString()}, version ${status.sequence}`)

await Promise.all([a.close(), b.close()])
