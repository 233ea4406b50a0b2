/**
 * A hash table of real nodes over TCP on loopback in one process, half of which are cut off at once. Sixteen of them; sixty-four, in all modes, with
 * `MYDHT_WHOLE_LIST=1 npm test -- acceptance/loopback`. Processes of their own, killed and started again from disk: `packages/level/test/network.test.ts`.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kv, type Key } from '../../src/apps/kv/kv.ts'
import { part, realise } from '../../src/part.ts'
import type { QueryMode } from '../../src/queries/query.ts'
import { kademlia } from '../../src/routes/kademlia.ts'
import { testnet, type Testnet } from '../../src/testing/testnet.ts'
import { tcp } from '../../src/transports/tcp.ts'
import type { Transport, TransportPart } from '../../src/transports/transport.ts'

const whole = process.env['MYDHT_WHOLE_LIST'] === '1'
const count = whole ? 64 : 16
const modes: readonly QueryMode[] = whole
  ? ['iterative', 'proxied', 'direct', { type: 'mixed', proxiedHops: 1 }]
  : ['iterative', 'proxied']
/** Of sixteen more than are cut off; of sixty-four so many hold each value that not all of them are cut off but once in thousands of times. */
const replicas = whole ? 20 : 10

/** A busy machine may take its time: all these nodes share one thread. */
const limits = { callTimeoutMs: 120_000, connectTimeoutMs: 60_000, handshakeStepMs: 60_000, handshakeTotalMs: 60_000 }

interface Put {
  readonly key: Key
  readonly text: string
}

const apps = { kv: kv({ replicas }) }
type Net = Testnet<typeof apps>

/** TCP that the test can take away under a node: as when its machine dies, but for the reset that its peers see. */
function cuttable(): { readonly transport: (index: number) => TransportPart; readonly made: Transport[] } {
  const made: Transport[] = []
  const transport = (index: number): TransportPart =>
    part(import.meta.url, 'cuttable', undefined, () => (parts) => {
      const one = realise(tcp())(parts)
      made[index] = one
      return one
    })
  return { transport, made }
}

/** Waits until all have looked for themselves and for others: a search of a network that is being made finds a part of it. */
async function joined({ nodes }: Net): Promise<void> {
  for (const node of nodes) {
    for (;;) {
      const { asked, pending } = (await node.peers.stats()).engine
      if (asked > 0 && pending === 0) break
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

/** Runs something for each node, some at a time: all share one thread, and a call has a deadline. */
async function forEach(nodes: Net['nodes'], run: (node: Net['nodes'][number], index: number) => Promise<void>) {
  let next = 0
  const worker = async (): Promise<void> => {
    for (let node = nodes[next]; node; node = nodes[next]) await run(node, next++)
  }
  await Promise.all(Array.from({ length: 8 }, worker))
}

async function putAll({ nodes }: Net): Promise<readonly Put[]> {
  const puts: Put[] = []
  await forEach(nodes, async (node, index) => {
    const text = `value of ${index}`
    const { key, holders } = await node.kv.put(text)
    assert.ok((holders?.acknowledged ?? 0) >= Math.min(count / 2, 12), JSON.stringify(holders))
    puts.push({ key, text })
  })
  return puts
}

/** Each node gets each value from others. */
async function getAll(nodes: Net['nodes'], puts: readonly Put[]): Promise<number> {
  let found = 0
  for (const mode of modes) {
    await forEach(nodes, async (node, index) => {
      for (const { key, text } of puts) {
        const got = await node.kv.getText(key, { mode, local: false })
        assert.equal(got, text, `the ${index}th node, ${JSON.stringify(mode)}`)
        found++
      }
    })
  }
  return found
}

test(`of ${count} nodes over TCP half are cut off at once, and the others get all that anybody put`, async (t) => {
  const { transport, made } = cuttable()
  await using net = await testnet(count, { transport, route: kademlia(), links: 'random', apps, limits })
  await joined(net)
  const puts = await putAll(net)
  t.diagnostic(`got ${await getAll(net.nodes, puts)}`)
  await Promise.all(made.filter((_, index) => index % 2 === 0).map((one) => one.close()))
  t.diagnostic(
    `got ${await getAll(
      net.nodes.filter((_, index) => index % 2 === 1),
      puts
    )} from the other half`
  )
})
