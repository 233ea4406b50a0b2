import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { after, before } from 'node:test'
import { mydht, start } from './mydht.ts'

let folder = ''
let shared = ''
let temporary = ''
const bytes = 5 + 0 + 600_000

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'mydht-cli-demo-'))
  shared = path.join(folder, 'shared')
  temporary = path.join(folder, 'tmp')
  await mkdir(temporary)
  await mkdir(path.join(shared, 'inner'), { recursive: true })
  await mkdir(path.join(shared, 'node_modules'))
  await writeFile(path.join(shared, 'a.txt'), 'hello')
  await writeFile(path.join(shared, 'empty'), '')
  // More than one chunk.
  await writeFile(path.join(shared, 'inner', 'large'), Buffer.alloc(600_000, 'mydht'))
  await writeFile(path.join(shared, '.hidden'), 'x')
  await writeFile(path.join(shared, 'node_modules', 'x.js'), 'x')
})

after(() => rm(folder, { recursive: true }))

const demo = (...args: readonly string[]) => ['demo', '--share', shared, ...args]

for (const [transport, topology, nodes, connections] of [
  ['memory', 'star', 4, 3],
  ['tcp', 'star', 4, 3],
  ['memory', 'line', 5, 4],
] as const) {
  test(`demo --json over ${transport}, ${topology}: all is fetched by strangers, verified, and counted`, async () => {
    const args = demo('--nodes', `${nodes}`, '--topology', topology, '--transport', transport, '--once', '--json')
    const ended = await mydht(args, '', { TMPDIR: temporary })
    assert.equal(ended.code, 0, ended.stderr)
    const { elapsedMs, hops, ...rest } = ended.json()
    assert.deepEqual(rest, {
      nodes,
      topology,
      connections,
      files: 3,
      bytes,
      fetched: 3,
      failed: 0,
      records: { published: 4, resolved: 4 },
    })
    assert.ok(typeof elapsedMs === 'number' && Number.isInteger(elapsedMs) && elapsedMs > 0)
    assert.ok(typeof hops === 'object' && hops !== null && 'min' in hops && 'mean' in hops && 'max' in hops)
    assert.deepEqual(Object.keys(hops), ['min', 'mean', 'max'])
    assert.ok(Number(hops.min) >= 2, `a stranger is at least 2 hops away: ${JSON.stringify(hops)}`)
    assert.deepEqual(await readdir(temporary), [])
    assert.deepEqual(ended.stdout.trimEnd().split('\n').length, 1)
  })
}

test('demo --once ends with a table, and its other parts swap in by an option', async () => {
  const args = demo(
    '--nodes',
    '6',
    '--topology',
    'random',
    '--seed',
    '5',
    '--transport',
    'memory',
    '--once',
    '--shadow',
    'secret',
    '--encoding',
    'json'
  )
  const { code, stdout, stderr } = await mydht(args)
  assert.equal(code, 0, stderr)
  assert.match(stdout, /^fetched by +files +bytes +hops +mean time +longest$/m)
  assert.match(stdout, /^all +3 +585\.9 KiB/m)
  assert.match(stdout, /6 nodes \(random\), 9 connections over memory, secret, json/)
  assert.match(stderr, /--seed 5/)
})

test('demo: one node fetches as many files as there are, however often it must dial the sharer for them', async () => {
  const many = path.join(folder, 'many')
  await mkdir(many)
  // More than one peer may make a node dial within a minute where nothing else is said.
  for (let file = 0; file < 40; file++) await writeFile(path.join(many, `${file}`), `${file}`)
  const ended = await mydht(['demo', '--share', many, '--nodes', '3', '--once', '--json'])
  assert.equal(ended.code, 0, ended.stderr)
  assert.equal(ended.json()['fetched'], 40)
})

test('demo stays until Ctrl-C and then ends with 0, its network open to others meanwhile', async () => {
  const running = start(demo('--nodes', '3'))
  try {
    const [, network = '', address = ''] = await running.line(/--network (\S+) --join (\S+)/)
    const found = await mydht(['find', 'large', '--network', network, '--join', address, '--json'])
    assert.equal(found.code, 0, found.stderr)
  } finally {
    const { code, stderr } = await running.interrupt()
    assert.equal(code, 0, stderr)
  }
})

test('demo interrupted in the middle ends with 130 and leaves nothing behind', async () => {
  const running = start(demo('--nodes', '64'), { TMPDIR: temporary })
  await running.line(/64 of 64 nodes run/)
  const { code, stdout, stderr } = await running.interrupt()
  assert.equal(code, 130, stderr)
  assert.doesNotMatch(stdout, /all is well/)
  assert.deepEqual(await readdir(temporary), [])
})
