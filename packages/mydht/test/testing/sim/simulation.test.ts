/** @module Tests of simulations: the same seed is the same log, byte for byte, and a failure names its seed. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { kv } from '../../../src/apps/kv/kv.ts'
import { noise } from '../../../src/shadows/noise.ts'
import { createSimulation, simulation, SimulationError } from '../../../src/testing/sim/simulation.ts'
import { seededRandom } from '../../../src/random.ts'
import { draw } from '../../../src/testing/sim/distribution.ts'
import type { ShadowPart } from '../../../src/shadows/shadow.ts'

test('a seed that is none is a TypeError', () => {
  for (const seed of [-1, 0.5, 2 ** 32, Number.NaN]) assert.throws(() => createSimulation({ seed }), TypeError)
})

test('what fails names its seed and its time, and keeps its cause', async () => {
  const cause = new RangeError('too far')
  const failing = simulation({ seed: 77 }, async (sim) => {
    await sim.clock.advance(1500)
    throw cause
  })
  await assert.rejects(failing, (thrown) => {
    assert.ok(thrown instanceof SimulationError)
    assert.match(thrown.message, /seed 77 failed at 1500 ms.*too far/)
    return thrown.cause === cause
  })
})

test('waiting for what never comes fails instead of hanging', async () => {
  const sim = createSimulation({ seed: 1 })
  await assert.rejects(sim.run(new Promise(() => {})), /has not settled/)
})

/** A small life: nodes join each other, values are put and found, one node is killed, one leaves; over a lossy network. */
async function life(
  seed: number,
  shadow?: ShadowPart
): Promise<{ readonly digest: string; readonly lines: readonly string[] }> {
  const lines: string[] = []
  const sim = createSimulation({
    seed,
    network: { packetLoss: 0.01, resetChance: 0.001 },
    onLine: (line) => lines.push(line),
  })
  const apps = { kv: kv() }
  const hosts = Array.from({ length: 6 }, () => sim.network.addHost())
  const [first, ...rest] = hosts
  const nodes = [await sim.run(sim.createNode({ apps, shadow, wantedConnections: 3 }, first))]
  const join = [nodes[0]?.address ?? '']
  for (const host of rest) nodes.push(await sim.run(sim.createNode({ apps, shadow, join, wantedConnections: 3 }, host)))
  await sim.clock.advance(5000)
  const { key } = await sim.run(nodes[1]?.kv.put('a value') ?? assert.fail())
  const found = await Promise.all(nodes.map((node) => sim.run(node.kv.getText(key), {}).catch(String)).slice(0, 1))
  sim.note(`found ${found.join()}`)
  hosts[2]?.down('silent')
  await sim.run(nodes[3]?.close() ?? assert.fail())
  await sim.clock.advance(120_000)
  await sim.run(Promise.all(nodes.map((node) => node.close())))
  return { digest: sim.digest(), lines }
}

for (const [name, shadow] of [
  ['none', undefined],
  ['noise', noise()],
] as const) {
  test(`with shadow ${name}, the same seed gives the same log byte for byte, and another seed another`, async () => {
    const once = await life(5, shadow)
    const again = await life(5, shadow)
    assert.deepEqual(once.lines, again.lines)
    assert.equal(once.digest, again.digest)
    assert.ok(once.lines.length > 200, `${once.lines.length} lines`)
    assert.notEqual((await life(6, shadow)).digest, once.digest)
  })
}

test('the digest is SHA-256 of the log, each line with its line break', async () => {
  const { digest, lines } = await life(9)
  assert.equal(
    createHash('sha256')
      .update(lines.map((line) => `${line}\n`).join(''))
      .digest('hex'),
    digest
  )
  assert.ok(lines.some((line) => line.endsWith('note found a value')))
})

test('distributions have the median that they are given', () => {
  for (const distribution of [
    { kind: 'constant', value: 60 },
    { kind: 'uniform', from: 40, to: 80 },
    { kind: 'log-normal', median: 60, sigma: 1 },
    { kind: 'exponential', median: 60 },
    { kind: 'weibull', median: 60, shape: 0.6 },
  ] as const) {
    const random = seededRandom(1)
    const sample = Array.from({ length: 4001 }, () => draw(distribution, random)).toSorted((a, b) => a - b)
    const median = sample[2000] ?? 0
    assert.ok(median > 55 && median < 65, `${distribution.kind}: ${median}`)
  }
})
