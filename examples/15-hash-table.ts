/**
 * A hash table: records lie with the peers nearest to their key, and are found there when whoever put them is gone. Nobody is connected to everybody.
 *
 * Run: node examples/dist/15-hash-table.js
 * Prints:
 *   asked 3, acknowledged 3
 *   without its publisher: hello
 *   from two holders at least: hello
 *   provided by the second node: true
 */
import { createNode, type Node } from 'mydht'
import { kv } from 'mydht/apps/kv'
import { kademlia } from 'mydht/routes/kademlia'
import { memory } from 'mydht/transports/memory'

const apps = { kv: kv({ replicas: 3 }) }
const nodes: Node<typeof apps>[] = []
for (let i = 0; i < 8; i++) {
  // Whoever joins needs the address of any one node.
  const join = nodes.slice(-1).map(({ address }) => address)
  nodes.push(await createNode({ transport: memory(), route: kademlia(), apps, join }))
}
const [first, second, third] = nodes
if (!first || !second || !third) throw new Error('eight nodes were made')

const { key, holders } = await first.kv.put('hello')
console.log(`asked ${holders?.asked}, acknowledged ${holders?.acknowledged}`)
await first.close()
console.log('without its publisher:', await third.kv.getText(key))
// The newest of what several holders have; whoever is behind is given it.
console.log('from two holders at least:', await third.kv.getText(key, { quorum: 2 }))

// Large things stay where they are: others find out who has them.
await second.kv.provide(key)
for await (const { provider } of third.kv.providers(key)) {
  console.log('provided by the second node:', provider === second.id)
  break
}
await Promise.all(nodes.map((node) => node.close()))
