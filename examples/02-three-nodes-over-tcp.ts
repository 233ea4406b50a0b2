/**
 * Three nodes over real sockets, in a line: a – b – c. What a keeps reaches c through b; a and c never connect.
 *
 * Run: node examples/dist/02-three-nodes-over-tcp.js
 * Prints:
 *   c is connected to 1 node
 *   "hello" came from a, 2 hops away, by way of b
 */
import { createNode } from 'mydht'
import { kv } from 'mydht/apps/kv'
import { tcp } from 'mydht/transports/tcp'

// On one machine; `tcp({ host: '0.0.0.0', port: 4000 })` listens to others too.
const a = await createNode({ transport: tcp(), apps: { kv: kv() } })
const b = await createNode({ transport: tcp(), apps: { kv: kv() }, join: [a.address] })
const c = await createNode({ transport: tcp(), apps: { kv: kv() }, join: [b.address] })
const names = new Map([a, b, c].map((node, i) => [node.id, 'abc'[i]]))

const { key } = await a.kv.put('hello')
console.log(`c is connected to ${(await c.peers.connected()).length} node`)
for await (const hit of c.kv.find(key)) {
  const [from, via] = [hit.from, hit.via].map((id) => id && names.get(id))
  console.log(`"${Buffer.from(hit.value).toString()}" came from ${from}, ${hit.hops} hops away, by way of ${via}`)
}

await Promise.all([a, b, c].map((node) => node.close()))
