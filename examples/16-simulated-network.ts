/**
 * A network on a virtual clock: twelve real nodes on a lossy simulated internet, two of them behind routers, one killed. A day passes in a
 * moment, and the same seed gives the same log of everything that happened, byte for byte. `testnet` is the same for the machine's own clock.
 *
 * Run: node examples/dist/16-simulated-network.js
 * Prints:
 *   found behind a router: hello
 *   found after a day: hello
 *   the same again: true
 *   on the machine's clock: hello
 */
import type { Node } from 'mydht'
import { kv, type KvApp } from 'mydht/apps/kv'
import { kademlia } from 'mydht/routes/kademlia'
import { simulation, testnet } from 'mydht/testing'

const apps = { kv: kv({ replicas: 5 }) }
const dayMs = 24 * 3_600_000

async function life(say: (text: string) => void): Promise<string> {
  return simulation({ seed: 7, network: { packetLoss: 0.01 } }, async (sim) => {
    const hosts = Array.from({ length: 12 }, (_, index) => sim.network.addHost({ dialable: index < 10 }))
    const nodes: Node<{ readonly kv: KvApp }>[] = []
    // Signs of life once in ten minutes are enough here: a day has fewer things to simulate then.
    const limits = { upkeepMs: 60_000, keepAliveIdleMs: 600_000, keepAliveDeadMs: 1_800_000 }
    for (const host of hosts) {
      const join = nodes.slice(0, 1).map((node) => node.address)
      nodes.push(await sim.run(sim.createNode({ apps, limits, join, route: kademlia() }, host)))
    }
    const [, publisher, , asker] = nodes
    const behindRouter = nodes.at(-1)
    if (!publisher || !asker || !behindRouter) throw new Error('there are twelve')
    const { key } = await sim.run(publisher.kv.put('hello', { ttlMs: 3 * dayMs }))
    say(`found behind a router: ${await sim.run(behindRouter.kv.getText(key))}`)
    hosts[1]?.down('silent')
    await sim.clock.advance(dayMs)
    say(`found after a day: ${await sim.run(asker.kv.getText(key))}`)
    await sim.run(Promise.all(nodes.map((node) => node.close())))
    return sim.digest()
  })
}

const digest = await life(console.log)
console.log(`the same again: ${digest === (await life(() => {}))}`)

const net = await testnet(4, { links: 'ring', apps: { kv: kv() } })
const { key } = await net.node(0).kv.put('hello')
console.log(`on the machine's clock: ${await net.node(2).kv.getText(key)}`)
await net.close()
