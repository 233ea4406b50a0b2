/**
 * @module test/hostile/arena
 * A node under attack, with an honest peer that goes on exchanging with it all the while. Progress is counted, never timed.
 */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Key } from '../../src/apps/kv/kv.ts'
import type { NodeConfig } from '../../src/node/config.ts'
import type { Transport, TransportPart } from '../../src/transports/transport.ts'
import { makeNode, online, type TestNode } from '../node/rig.ts'
import { realTransport } from './raw.ts'

export interface Arena {
  readonly node: TestNode
  readonly honest: TestNode
  /** The attacker's own transport. */
  readonly raw: Transport
  /** Exchanges of the honest pair so far. */
  exchanges(): number
  /** Settles after so many more; rejects when one fails. */
  more(count: number): Promise<void>
  /** Settles when the honest peer's is the node's only connection. */
  alone(): Promise<void>
}

/** Builds it; the exchanges begin at once. */
export async function arena(
  t: TestContext,
  transport: (name?: string) => TransportPart,
  config: Partial<NodeConfig> = {}
): Promise<Arena> {
  let stopped = false
  let running = Promise.resolve()
  // Hooks run in the order of asking: this one before those that close the nodes.
  t.after(async () => {
    stopped = true
    await running
  })
  const limits = { probeDelayMs: 3_600_000, closeMs: 100, upkeepMs: 10, ...config.limits }
  const node = await makeNode(t, transport(), { ...config, limits })
  const honest = await makeNode(t, transport(), { limits })
  await honest.connect(node.address)
  await node.events.first(online(honest.id))
  const raw = realTransport(transport('attacker'))
  const { key } = await node.kv.put('what the honest ask for')
  let count = 0
  let waiting: { readonly at: number; readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = []
  const settle = (): void => {
    const due = waiting.filter((one) => count >= one.at)
    waiting = waiting.filter((one) => count < one.at)
    for (const one of due) one.resolve()
  }
  const exchange = async (wanted: Key): Promise<void> => {
    while (!stopped) {
      await honest.touch.touch(node.id)
      assert.equal(await honest.kv.getText(wanted, { local: false }), 'what the honest ask for')
      await node.touch.touch(honest.id)
      count++
      settle()
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  t.after(() => raw.close())
  running = exchange(key).catch((error: unknown) => {
    for (const one of waiting) one.reject(error)
    throw error
  })
  running.catch(() => {})
  return {
    node,
    honest,
    raw,
    exchanges: () => count,
    more: (more) =>
      Promise.race([
        new Promise<void>((resolve, reject) => waiting.push({ at: count + more, resolve, reject })),
        running,
      ]),
    alone: async () => {
      while ((await node.stats()).connections > 1) await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

setFlagsFromString('--expose-gc')
const gc: unknown = runInNewContext('gc')

/** Bytes that are alive now. */
export function aliveBytes(): number {
  if (typeof gc === 'function') gc()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
