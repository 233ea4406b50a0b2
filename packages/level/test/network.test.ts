/**
 * @module test/network: a network of processes over TCP that are killed and start again from their folders. Six of them; sixteen with
 * `MYDHT_WHOLE_LIST=1 npm test -- level/test/network`.
 */
import assert from 'node:assert/strict'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import type { PeerId } from 'mydht'
import type { Key } from 'mydht/apps/kv'
import { freshFolder } from './folder.ts'
import { endAll, startNode, type NodeProcess } from './network/processes.ts'
import type { Answer, Life } from './network/protocol.ts'

const whole = process.env['MYDHT_WHOLE_LIST'] === '1'
const count = whole ? 16 : 6
const values = whole ? 160 : 24
const killed = count / 2
/** More than are killed, though an acknowledgement or two be lost: somebody who holds a value lives on. */
const replicas = whole ? 10 : 5
const name = 'status'

/** Bytes of which no two are alike, some of them many. */
function bytesOf(index: number): Uint8Array {
  return Uint8Array.from({ length: 1 + ((index * 7919) % 3000) }, (_, at) => (at * 31 + index * 17) % 251)
}

function there<T>(value: T | undefined, what: string): T {
  assert.ok(value !== undefined, what)
  return value
}

const hasCode =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof Error && 'code' in error && error.code === code

function portOf({ address }: NodeProcess): number {
  return Number(there(/:(\d+)$/.exec(address)?.[1], address))
}

/** What is known to be in the network. */
interface Put extends Answer {
  readonly by: NodeProcess['id']
}

/** Every node gets every value from others, in both kinds of search. */
async function getAll(nodes: readonly NodeProcess[], puts: readonly Put[]): Promise<number> {
  let found = 0
  await Promise.all(
    nodes.map(async (node) => {
      for (const mode of ['iterative', 'proxied'] as const) {
        for (const { key, value, by } of puts) {
          const got = await node.ask({ type: 'get', key, mode, local: by === node.id })
          assert.deepEqual(got?.value, value, `node ${node.life.seed} asks ${mode} for ${key}`)
          found++
        }
      }
    })
  )
  return found
}

/** Which keys a node has in its own store. */
async function keptBy(node: NodeProcess, puts: readonly Put[]): Promise<ReadonlySet<Key>> {
  const kept = new Set<Key>()
  for (const { key, value } of puts) {
    const found = await node.ask({ type: 'kept', key })
    if (!found) continue
    assert.deepEqual(found.value, value)
    kept.add(key)
  }
  return kept
}

/** Starts nodes again from what lies in their folders; whom to join they are not told. Settles when each has met another. */
async function startAgain(gone: readonly NodeProcess[], port: (node: NodeProcess) => number): Promise<NodeProcess[]> {
  return Promise.all(
    gone.map(async (node) => {
      const again = await startNode({ ...node.life, join: [], port: port(node) })
      assert.equal(again.id, node.id)
      await again.event(({ type }) => type === 'peer-online')
      return again
    })
  )
}

const killAll = (nodes: readonly NodeProcess[]): Promise<unknown> => Promise.all(nodes.map((node) => node.kill()))

/** `count` nodes that joined through the first. */
async function network(t: TestContext): Promise<NodeProcess[]> {
  const folder = freshFolder()
  // Before the folder goes.
  t.after(endAll)
  const life = (index: number, join: readonly string[]): Life => {
    return { seed: index + 1, folder: path.join(folder, String(index)), port: 0, join, replicas }
  }
  const first = await startNode(life(0, []))
  const others = Array.from({ length: count - 1 }, (_, i) => startNode(life(i + 1, [first.address])))
  return [first, ...(await Promise.all(others))]
}

/** Each node puts its share, one after the other. */
async function putAll(nodes: readonly NodeProcess[]): Promise<Put[]> {
  const puts = nodes.map(async (node, at) => {
    const own: Put[] = []
    for (let i = at; i < values; i += nodes.length) {
      const put = there(await node.ask({ type: 'put', value: bytesOf(i) }), 'a put is answered')
      assert.ok((put.holders?.acknowledged ?? 0) >= killed, JSON.stringify(put.holders))
      own.push({ ...put, by: node.id })
    }
    return own
  })
  return (await Promise.all(puts)).flat()
}

const publish = async (node: NodeProcess, text: string, ifSequence: number): Promise<Answer> => {
  const value = Buffer.from(text)
  return there(await node.ask({ type: 'publish', name, value, ifSequence }), 'a publication is answered')
}

/** All find this version, where all holders are asked: some of them were away. */
async function resolveAll(nodes: readonly NodeProcess[], publisher: PeerId, newest: Answer): Promise<void> {
  for (const node of nodes) {
    const found = await node.ask({ type: 'resolve', publisher, name, results: count })
    assert.equal(found?.sequence, newest.sequence, `node ${node.life.seed}`)
    assert.deepEqual(Buffer.from(found.value), Buffer.from(newest.value))
  }
}

test(`${count} processes over TCP, each with a folder of its own`, async (t) => {
  let nodes = await network(t)
  const puts = await putAll(nodes)
  // One that is never among the first half.
  const publisherAt = count - 1
  const publisher = (): NodeProcess => there(nodes[publisherAt], 'the publisher')
  const first = await publish(publisher(), 'first', 0)
  let second = first
  let held: readonly ReadonlySet<Key>[] = []

  await t.test('each gets what others put', async (here) => {
    here.diagnostic(`got ${await getAll(nodes, puts)}`)
    await resolveAll(nodes, publisher().id, first)
  })

  await t.test('half of them are killed, the one that all joined through too, and nothing is lost', async (here) => {
    held = await Promise.all(nodes.slice(0, killed).map((node) => keptBy(node, puts)))
    await killAll(nodes.slice(0, killed))
    const rest = nodes.slice(killed)
    here.diagnostic(`got ${await getAll(rest, puts)}`)
    second = await publish(publisher(), 'second', first.sequence)
    await assert.rejects(publish(publisher(), 'too late', first.sequence), hasCode('MYDHT_OUTDATED'))
    await resolveAll(rest, publisher().id, second)
  })

  await t.test('they start from disk alone, find the others, and have all that they held', async (here) => {
    const again = await startAgain(nodes.slice(0, killed), portOf)
    nodes = [...again, ...nodes.slice(killed)]
    for (const [index, node] of again.entries()) {
      const kept = await keptBy(node, puts)
      const before = there(held[index], 'what it held')
      assert.deepEqual(
        [...before].filter((key) => !kept.has(key)),
        [],
        `node ${node.life.seed} lost some`
      )
    }
    here.diagnostic(`got ${await getAll(again, puts)}`)
  })

  await t.test('the newest version wins over the older ones on the disks of those that were away', () =>
    resolveAll(nodes, publisher().id, second)
  )

  await t.test('all are killed while they put, and start again, every other one on a new port', async (here) => {
    const late = await killWhilePutting(nodes, here)
    nodes = await startAgain(nodes, (node) => (nodes.indexOf(node) % 2 === 0 ? portOf(node) : 0))
    for (const node of nodes) {
      const own = late.filter(({ by }) => by === node.id)
      assert.equal((await keptBy(node, own)).size, own.length, `node ${node.life.seed} has what it acknowledged`)
    }
    here.diagnostic(`got ${await getAll(nodes, [...puts, ...late])}`)
  })

  await t.test('a publisher that was killed knows its last version from its disk', async () => {
    await assert.rejects(publish(publisher(), 'too late', first.sequence), hasCode('MYDHT_OUTDATED'))
    await resolveAll(nodes, publisher().id, await publish(publisher(), 'third', second.sequence))
  })
})

/** Kills all while they put; gives what was acknowledged. */
async function killWhilePutting(nodes: readonly NodeProcess[], t: TestContext): Promise<readonly Put[]> {
  const puts: Put[] = []
  let index = values
  let enough: () => void = () => {}
  const some = new Promise<void>((resolve) => (enough = resolve))
  const writers = nodes.map(async (node) => {
    for (;;) {
      const put = there(await node.ask({ type: 'put', value: bytesOf(index++) }), 'a put is answered')
      puts.push({ ...put, by: node.id })
      if (puts.length >= values) enough()
    }
  })
  // Each ends with its process; what was answered until then counts.
  const ended = Promise.allSettled(writers)
  await some
  await killAll(nodes)
  await ended
  t.diagnostic(`${puts.length} of ${index - values} puts were acknowledged`)
  return puts
}
