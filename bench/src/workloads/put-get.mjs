/**
 * 32 nodes in one process, over encrypted TCP connections: 200 values of 100 bytes are put by random nodes, then each is asked for once by another
 * random node, which has never had it, so every get is a query through the network. Gets run 16 at a time; each value is compared, and
 * one that the query's budget did not reach counts as an operation and lowers `% found`.
 */
import { randomBytes } from 'node:crypto'
import { createNode } from 'mydht'
import { kv } from 'mydht/apps/kv'
import { tcp } from 'mydht/transports/tcp'
import { seeded } from '../random.mjs'
import { percentile } from '../report.mjs'

const nodeCount = 32
const linksEach = 4
const valueCount = 200
const valueBytes = 100
const atOnce = 16

export const subjects = ['mydht']

export function variants() {
  return [{ values: valueCount }]
}

export function warmUp(variant) {
  return variant
}

/** The network: each node joins the one before it and some random earlier ones. */
export async function open() {
  const random = seeded(1)
  const nodes = []
  for (let i = 0; i < nodeCount; i++) {
    const join = new Set(i > 0 ? [nodes[i - 1].address] : [])
    while (join.size < Math.min(i, linksEach)) join.add(nodes[random(i)].address)
    nodes.push(await createNode({ transport: tcp({ host: '127.0.0.1' }), apps: { kv: kv() }, join: [...join] }))
  }
  return {
    async run({ values }) {
      const puts = await putAll(nodes, values, random)
      const gets = await getAll(nodes, puts.held, random)
      const settings = { nodes: nodeCount, values, valueBytes, atOnce }
      return [...figures('put', puts, settings), ...figures('get', gets, settings)]
    },
    async close() {
      await Promise.all(nodes.map((node) => node.close()))
    },
  }
}

async function putAll(nodes, count, random) {
  const jobs = Array.from({ length: count }, () => ({ holder: random(nodes.length), value: randomBytes(valueBytes) }))
  const held = []
  const timed = await timeAll(jobs, async ({ holder, value }) => {
    const { key } = await nodes[holder].kv.put(value)
    held.push({ key, holder, value })
  })
  return { ...timed, held }
}

async function getAll(nodes, held, random) {
  const jobs = held.map((one) => ({ ...one, asker: (one.holder + 1 + random(nodes.length - 1)) % nodes.length }))
  let found = 0
  const timed = await timeAll(jobs, async ({ key, value, asker }) => {
    const got = await nodes[asker].kv.get(key)
    if (got === undefined) return
    if (!value.equals(got)) throw new Error(`${key} came back with other bytes`)
    found++
  })
  return { ...timed, found }
}

/** Works through all jobs, some at a time, with the milliseconds of each. */
async function timeAll(jobs, work) {
  const waiting = [...jobs]
  const took = []
  const began = performance.now()
  const worker = async () => {
    for (let job = waiting.pop(); job !== undefined; job = waiting.pop()) {
      const start = performance.now()
      await work(job)
      took.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return { took, ms: performance.now() - began }
}

function figures(operation, { took, ms, found }, settings) {
  const share =
    found === undefined
      ? []
      : [{ unit: '% found', value: (100 * found) / took.length, settings: { operation, ...settings } }]
  return [
    ...share,
    { unit: 'operations/s', value: (took.length / ms) * 1000, settings: { operation, ...settings } },
    { unit: 'ms p50', value: percentile(took, 0.5), settings: { operation, ...settings } },
    { unit: 'ms p99', value: percentile(took, 0.99), settings: { operation, ...settings } },
  ]
}
