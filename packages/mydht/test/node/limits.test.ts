import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MyDhtError } from '../../src/errors.ts'
import { createNode } from '../../src/node/node.ts'
import { defaultLimits, resolveLimits } from '../../src/node/limits.ts'
import { memory } from '../../src/transports/memory.ts'
import { memoryNetwork } from '../../src/transports/memory-network.ts'

test('a bound that is no whole number of at least 1 is refused, and so is a name that is no bound', () => {
  for (const [name, value] of [
    ['maxCalls', 0],
    ['maxCalls', -1],
    ['maxCalls', 1.5],
    ['maxCalls', Number.NaN],
    ['maxCalls', Number.POSITIVE_INFINITY],
    ['maxCallz', 5],
    ['constructor', 5],
    ['__proto__', 5],
  ] as const) {
    const given = Object.fromEntries([[name, value]])
    assert.throws(
      () => resolveLimits(given),
      (error) => MyDhtError.is(error, 'MYDHT_BAD_CONFIG') && error.message.includes(name),
      `${name}: ${value}`
    )
  }
})

test('what is left out, or given as undefined, is the default; nothing else changes', () => {
  assert.deepEqual(resolveLimits({}), defaultLimits)
  assert.deepEqual(resolveLimits({ acceptMs: 7, maxCalls: undefined }), { ...defaultLimits, acceptMs: 7 })
})

test('the accept hook has as long as limits.acceptMs says, and the refusal is counted by its code', async () => {
  const network = memoryNetwork()
  const never = (): Promise<boolean> => new Promise(() => {})
  const { part } = await import('../../src/part.ts')
  const slow = await createNode({
    transport: memory({ network }),
    accept: part(import.meta.url, 'never', undefined, () => never),
    limits: { acceptMs: 20 },
  })
  const node = await createNode({ transport: memory({ network }) })
  try {
    await assert.rejects(node.connect(slow.address), (error) => MyDhtError.is(error, 'MYDHT_REFUSED'))
    const { counters, phases } = await node.stats()
    assert.equal(counters.failedByCode['MYDHT_REFUSED'], 1)
    assert.equal(phases.online, 0)
  } finally {
    await Promise.all([slow.close(), node.close()])
  }
})

test('links past limits.maxConnections are refused and counted by the bound', async () => {
  const network = memoryNetwork()
  const full = await createNode({ transport: memory({ network }), limits: { maxConnections: 1 } })
  const nodes = await Promise.all([0, 1].map(() => createNode({ transport: memory({ network }) })))
  try {
    const [first, second] = nodes
    if (!first || !second) throw new TypeError('two nodes are needed')
    await first.connect(full.address)
    await assert.rejects(second.connect(full.address), (error) => MyDhtError.is(error))
    assert.deepEqual((await full.stats()).counters.refusedByBound, { total: 1 })
  } finally {
    await Promise.all([...nodes, full].map((node) => node.close()))
  }
})
