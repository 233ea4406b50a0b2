/**
 * A question that several peers can answer: how many answers are wanted, how far it may go, and which way the answers come back.
 *
 * Run: node examples/dist/04-find-several.js
 * Prints:
 *   proxied: 3 answers, 2 hops away each
 *   direct: 3 answers, 2 hops away each
 *   mixed: 3 answers, 2 hops away each
 *   one answer is enough: 1
 *   within one hop: 0
 */
import { createNode } from 'mydht'
import { kv, type FindOptions } from 'mydht/apps/kv'
import { memory } from 'mydht/transports/memory'

const hub = await createNode({ transport: memory(), apps: { kv: kv() } })
const leaf = () => createNode({ transport: memory(), apps: { kv: kv() }, join: [hub.address] })
const [asker, ...holders] = await Promise.all([leaf(), leaf(), leaf(), leaf()])

// The same value has the same key wherever it is put.
const [stored] = await Promise.all(holders.map((node) => node.kv.put('bread')))
if (!stored) throw new Error('there are three holders')
const { key } = stored

async function ask(options: FindOptions): Promise<readonly number[]> {
  const hops: number[] = []
  for await (const hit of asker.kv.find(key, options)) hops.push(hit.hops)
  return hops
}

// `proxied`: back along the path. `direct`: straight to the asker. `mixed`: proxied for some hops, then direct to where it turned.
// A neighbour passes a `direct` question on when it has dialled its asker back, a second after it came; until then it proxies it.
const modes = { proxied: 'proxied', direct: 'direct', mixed: { type: 'mixed', proxiedHops: 1 } } as const
for (const [name, mode] of Object.entries(modes)) {
  const hops = await ask({ mode, results: 10 })
  console.log(`${name}: ${hops.length} answers, ${[...new Set(hops)].join()} hops away each`)
}
console.log(`one answer is enough: ${(await ask({ results: 1 })).length}`)
console.log(`within one hop: ${(await ask({ results: 10, hops: 1 })).length}`)

await Promise.all([hub, asker, ...holders].map((node) => node.close()))
